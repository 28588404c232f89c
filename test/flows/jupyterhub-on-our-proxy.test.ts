/** The real, unmodified JupyterHub with `littlehub proxy` in the place of its own. */
import path from 'node:path'
import { type Page } from 'playwright-core'
import t from 'tap'
import { startChromium } from '../support/chromium.ts'
import { startProgram } from '../support/command-line.ts'
import { openNotebook, runCell, waitForIdleKernel } from '../support/jupyterlab.ts'
import { prepareJupyterHub, type JupyterHub } from '../support/jupyterhub.ts'
import { callApi, token } from '../support/standalone.ts'

const environment = { CONFIGPROXY_AUTH_TOKEN: token }

/** Log in, get a server, compute. */
async function compute(page: Page, { url }: JupyterHub): Promise<void> {
  await page.goto(`${url}/hub/login`)
  await page.fill('#username_input', 'ana')
  await page.fill('#password_input', 'a long enough password')
  await page.click('#login_submit')
  await page.waitForURL(`${url}/user/ana/lab**`)
  await openNotebook(page)
  await runCell(page, 'kept = 6 * 7; kept', '42')
}

type Shown = Readonly<Record<string, { target: string; user?: string; last_activity: string }>>

async function routesOf({ ports }: JupyterHub): Promise<Shown> {
  return JSON.parse((await callApi(ports.api, {})).text) as Shown
}

t.test('JupyterHub starts our proxy, people compute, a killed hub loses nothing', async (t) => {
  const hub = await prepareJupyterHub(t, { environment })
  await hub.start()
  const newPerson = await startChromium(t)
  const page = await (await newPerson()).newPage()
  await compute(page, hub)
  const before = await routesOf(hub)
  t.match(before, { '/': { hub: true }, '/user/ana': { user: 'ana', server_name: '' } })

  await hub.kill()
  t.same(Object.keys(await routesOf(hub)), ['/', '/user/ana'], 'the proxy outlives it')
  await runCell(page, 'kept + 1', '43')
  const gone = await fetch(`${hub.url}/hub/home`)
  t.equal(gone.status, 503, 'without a hub, its pages are what does not answer')

  await hub.start()
  const after = await routesOf(hub)
  t.equal(after['/user/ana']?.target, before['/user/ana']?.target)
  await page.reload()
  await waitForIdleKernel(page)
  await runCell(page, 'kept + 2', '44')
  t.pass('the server, its kernel and the login are still there')

  const lost = await fetch(`${hub.url}/user/nobody/`)
  t.match(await lost.text(), /jupyterhub/i, 'what has no route is a page of the hub')
  t.notMatch(hub.output(), token)
})

t.test('a proxy that runs by itself keeps its routes over every restart', async (t) => {
  const hub = await prepareJupyterHub(t, {
    environment,
    lines: ['c.ConfigurableHTTPProxy.should_start = False'],
  })
  const words = [
    ...['proxy', '--ip', '127.0.0.1', '--port', String(hub.ports.proxy)],
    ...['--api-ip', '127.0.0.1', '--api-port', String(hub.ports.api)],
    ...['--storage-file', path.join(hub.folder, 'routes.json')],
    ...['--error-target', `http://127.0.0.1:${hub.ports.hub}/hub/error`],
  ]
  const start = async () => {
    const program = startProgram(t, words, environment)
    await program.waitFor(/api\/routes/)
    return program
  }
  const first = await start()
  await hub.start()
  const target = `http://127.0.0.1:${hub.ports.hub}`
  t.match(await hub.api('/proxy'), { '/': { target } }, 'the hub reads back what it wrote')
  await hub.kill()
  const before = await routesOf(hub)
  t.match(before, { '/': { target, hub: true } })
  first.send('SIGTERM')
  await first.ended
  await start()
  t.same(await routesOf(hub), before, 'with when they were used')
  await hub.start()
  t.match(await hub.api('/proxy'), { '/': { target } })
})
