/** Unmodified servers of JupyterHub 5 and 6: their owner is logged in by OAuth, computes, and is reported as active. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { pollUntil } from '../../src/lib/poll.ts'
import { createBrowser } from '../support/browser.ts'
import { jupyterSettings, serverOf, startHub, userEnvironment } from '../support/hub.ts'
import { compute } from '../support/kernel.ts'
import { ask } from '../spawn/support.ts'
import { logIn } from '../support/pages.ts'

/** The second user environment that `scripts/test` makes. */
const olderEnvironment = `${userEnvironment}-5`
const olderSettings = {
  'spawner.cmd': path.join(olderEnvironment, 'bin/jupyterhub-singleuser'),
  'spawner.path': `${path.join(olderEnvironment, 'bin')}:/usr/bin:/bin`,
}

const patient = { timeoutMs: 60_000, firstMs: 50, maxMs: 500, signal: new AbortController().signal }

/** The server wrapped as JupyterHub did before there was its extension; Notebook 7 has no other notebook mode. */
const wrappedSettings = {
  ...jupyterSettings,
  'spawner.environment.JUPYTERHUB_SINGLEUSER_EXTENSION': '0',
  'spawner.default_url': '/tree',
}

for (const [version, mode, settings] of [
  ['5', '', olderSettings],
  ['6', '', jupyterSettings],
  ['6', ' in notebook mode', wrappedSettings],
] as const)
  t.test(`a server of JupyterHub ${version}${mode} works with this hub`, async (t) => {
    const { hub, url, dataDir } = await startHub(t, { settings, users: ['ana'] })
    const { servers, activity } = hub.context
    const server = await servers.start(serverOf(hub, 'ana'))
    t.match(server.url, /^unix:/)
    const { headers: said } = await ask(server.url ?? '', '/user/ana/api')
    t.match(said['x-jupyterhub-version'], new RegExp(`^${version}\\.`))

    const startedMs = server.startedAt?.getTime() ?? 0
    const isReported = async () =>
      (activity.ofServer(serverOf(hub, 'ana'))?.getTime() ?? 0) > startedMs
    t.ok(await pollUntil(isReported, patient), 'its report of activity is accepted')

    const ana = createBrowser(url)
    await logIn(ana, 'ana')
    t.equal((await ana.send('/user/ana/api/kernels', { stay: true })).status, 403, 'no login yet')
    // Not the front page: without JupyterLab that is open to everybody.
    writeFileSync(path.join(dataDir, 'homes/ana/mine.txt'), 'my own file')
    const file = await ana.open('/user/ana/files/mine.txt')
    t.equal(file.text, 'my own file', 'logged in without being asked')

    const kernels = '/user/ana/api/kernels'
    const xsrf = ana.cookies.get('/user/ana/ _xsrf')?.value ?? ''
    const headers = { 'content-type': 'application/json', 'x-xsrftoken': xsrf }
    const made = await ana.send(kernels, { method: 'POST', headers, body: '{}' })
    t.equal(made.status, 201)
    const { id } = JSON.parse(made.text) as { id: string }
    const kernel = {
      channels: `${url.replace('http', 'ws')}${kernels}/${id}/channels`,
      headers: { cookie: ana.cookieHeader(kernels), origin: url },
    }
    t.equal(await compute(kernel, '6*7'), '42')

    // §9.141: each side's token is good on its own side only.
    const ofHub = ana.cookies.get('_xsrf')?.value ?? ''
    t.not(ofHub, xsrf)
    const withToken = (token: string) => ({ ...headers, 'x-xsrftoken': token })
    const makeWith = (token: string) =>
      ana.send(kernels, { method: 'POST', headers: withToken(token), body: '{}' })
    t.equal((await makeWith(ofHub)).status, 403)
    const askHub = (token: string) =>
      ana.send('/hub/api/users/ana/activity', {
        method: 'POST',
        headers: withToken(token),
        body: JSON.stringify({ last_activity: new Date().toISOString() }),
      })
    t.equal((await askHub(xsrf)).status, 403)
    t.equal((await askHub(ofHub)).status, 200)
  })
