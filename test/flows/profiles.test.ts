/** Profiles, from the configuration to the process: by the form, remembered, by URL, by the API, and for members only. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { createBrowser } from '../support/browser.ts'
import { passwordOf, startHub, temporaryFolder } from '../support/hub.ts'
import { logIn } from '../support/pages.ts'

/** A server that only tells what it was started with. */
const program = `#!${process.execPath}
const { createServer } = require('node:http')
const { JUPYTERHUB_SERVICE_URL, WHAT, CARD, HOOKED, MEM_LIMIT, CPU_LIMIT, JUPYTERHUB_DEFAULT_URL: PAGE } = process.env
const seen = JSON.stringify({ args: process.argv.slice(2), WHAT, CARD, HOOKED, MEM_LIMIT, CPU_LIMIT, PAGE })
createServer((_, response) => response.end(seen)).listen(new URL(JUPYTERHUB_SERVICE_URL).port, '127.0.0.1')
process.on('SIGINT', () => process.exit(0))
`

const choices = {
  none: { display_name: 'None' },
  one: { display_name: 'One', environment: { CARD: '1' } },
}
const profiles = [
  {
    slug: 'small',
    display_name: 'Small',
    memory: '1G',
    environment: { WHAT: 'small' },
    args: ['--a'],
  },
  {
    slug: 'big',
    display_name: 'Big',
    groups: ['staff'],
    memory: 'none',
    default_url: '/tree',
    options: { card: { display_name: 'Card', choices } },
  },
]

const hooks = (folder: string): string => `
import { appendFileSync } from 'node:fs'
export async function preSpawn({ user, options }) {
  if (options.profile === 'small' && user.name === 'cleo')
    throw Object.assign(new Error('Not for cleo today.'), { status: 403 })
  return { environment: { HOOKED: user.name } }
}
export function postStop({ user, server }) {
  appendFileSync('${folder}/stopped', user.name + '/' + server.name + '\\n')
}
`

async function startWithProfiles(t: Test) {
  const folder = temporaryFolder(t)
  const file = path.join(folder, 'server')
  writeFileSync(file, program)
  chmodSync(file, 0o755)
  writeFileSync(path.join(folder, 'hooks.mjs'), hooks(folder))
  const { hub, url } = await startHub(t, {
    settings: {
      'spawner.cmd': file,
      'limits.memory': '2G',
      'limits.cpu': '0.5',
      hooks: path.join(folder, 'hooks.mjs'),
      profiles: JSON.stringify(profiles),
      group_overrides: JSON.stringify([{ groups: ['staff'], cpu: '4' }]),
    },
    users: ['ana', 'ben', 'cleo'],
  })
  hub.context.groups.createMany(['staff'], ['ben'])
  const browserOf = async (name: string) => {
    const browser = createBrowser(url)
    await logIn(browser, name, passwordOf(name))
    return browser
  }
  const tokenOf = (name: string): string =>
    hub.context.tokens.issue({ user: hub.context.store.users.getByName(name), note: 'test' }).secret
  const api = (name: string, method: string, body?: unknown) =>
    fetch(`${url}/hub/api/users/${name}/server`, {
      method,
      headers: { authorization: `token ${tokenOf(name)}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const stoppedLines = () => readFileSync(path.join(folder, 'stopped'), 'utf8')
  return { hub, browserOf, api, stoppedLines }
}

type Seen = Readonly<Record<string, unknown>>

t.test('by the form, remembered, by URL, for members only, and by the API', async (t) => {
  const { hub, browserOf, api, stoppedLines } = await startWithProfiles(t)
  const ana = await browserOf('ana')
  const ben = await browserOf('ben')
  const seenBy = async (browser: typeof ana, address: string): Promise<Seen> =>
    JSON.parse((await browser.open(address)).text) as Seen
  const stop = (name: string) => api(name, 'DELETE')

  // Ana may choose one profile only, without options: nothing is asked.
  await ana.open('/hub/spawn')
  const small = { args: ['--a'], WHAT: 'small', MEM_LIMIT: String(1024 ** 3), CPU_LIMIT: '0.5' }
  t.match(await seenBy(ana, '/user/ana/'), { ...small, HOOKED: 'ana' })
  t.equal((await stop('ana')).status, 204)
  t.equal(stoppedLines(), 'ana/\n')
  const refused = await ana.open('/hub/spawn?profile=big')
  t.equal(refused.status, 400)
  t.match(refused.text, /no profile &#39;big&#39;/)

  const form = await ben.open('/hub/spawn')
  t.match(form.text, /value="small" checked/)
  await ben.submit(form, /profiles/, { profile: 'big', 'big.card': 'one' })
  const big = { args: [], CARD: '1', CPU_LIMIT: '4', PAGE: '/tree', HOOKED: 'ben' }
  const seen = await seenBy(ben, '/user/ben/')
  t.match(seen, big)
  t.notHas(seen, { MEM_LIMIT: '' }, 'none takes the limit away')
  await stop('ben')
  t.equal((await api('ben', 'POST')).status, 201)
  t.match(await seenBy(ben, '/user/ben/'), big, 'the API starts it as it was (§9.41)')
  await stop('ben')
  await ben.open('/hub/spawn?profile=big&card=none')
  t.notHas(await seenBy(ben, '/user/ben/'), { CARD: '1' })
  await stop('ben')

  const user_options = { profile: 'small', lab: 7 }
  t.equal((await api('ben', 'POST', { user_options })).status, 201)
  const model = (await (await api('ben', 'GET')).json()) as Seen
  t.match(model, { user_options }, 'what is of somebody else is kept')
  t.match(await (await api('ana', 'POST', { user_options: { profile: 'big' } })).json(), {
    status: 400,
    message: "There is no profile 'big'; there are: small.",
  })
  t.equal(hub.context.store.servers.listActive().length, 1, 'of ana nothing was started')
})

t.test('a hook that refuses says so, with its status (§9.49)', async (t) => {
  const { browserOf, api, stoppedLines } = await startWithProfiles(t)
  const answer = await api('cleo', 'POST', { profile: 'small' })
  t.same(
    [answer.status, await answer.json()],
    [403, { status: 403, message: 'Not for cleo today.' }],
  )
  const page = await (await browserOf('cleo')).open('/hub/spawn?profile=small')
  t.match(page.text, /Not for cleo today\./)
  t.throws(stoppedLines, { code: 'ENOENT' }, 'nothing had begun that could end')
})

t.test(
  'a file of hooks that cannot be used keeps the hub from starting, and is named',
  async (t) => {
    const file = path.join(temporaryFolder(t), 'hooks.mjs')
    writeFileSync(file, 'export const other = 1')
    const refused = await startHub(t, { settings: { hooks: file } }).catch((e: unknown) => e)
    t.match(refused, { name: 'ConfigError', problems: [{ source: file, key: 'hooks' }] })
  },
)
