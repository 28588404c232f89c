/** `littlehub proxy`, and the routes of a hub, beside the real configurable-http-proxy: the same calls, the same answers. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { startProgram, watchProgram, type Program } from '../support/command-line.ts'
import { freePort } from '../support/free-port.ts'
import { startHub } from '../support/hub.ts'
import { answering, dial, get, startRaw } from '../support/proxy.ts'
import { routesApiSettings } from '../support/routes-api.ts'
import { ask, callApi, token, type ApiCall } from '../support/standalone.ts'

const peer = path.resolve(
  import.meta.dirname,
  '../../.littlehub/peer/node_modules/configurable-http-proxy/bin/configurable-http-proxy',
)
const environment = { CONFIGPROXY_AUTH_TOKEN: token }

type Running = { readonly port: number; readonly apiPort: number; readonly metricsPort: number }

type Start = (t: Test, words: string[]) => Program

const starters: Record<'theirs' | 'ours', Start> = {
  theirs: (t, words) => {
    const env = { PATH: process.env['PATH'], ...environment } as NodeJS.ProcessEnv
    // It cannot be loaded through what tap has every child of Node load.
    const program = ['-u', 'NODE_OPTIONS', process.execPath, peer, ...words]
    return watchProgram(t, spawn('env', program, { env, stdio: 'pipe' }))
  },
  ours: (t, words) => startProgram(t, ['proxy', ...words], environment),
}

/** Without metrics ours forwards past the server of Node. */
async function startPlain(
  t: Test,
  which: keyof typeof starters,
  words: string[],
): Promise<Running> {
  const [port, apiPort] = [await freePort(), await freePort()]
  const places = [
    ...['--ip', '127.0.0.1', '--port', String(port)],
    ...['--api-ip', '127.0.0.1', '--api-port', String(apiPort)],
  ]
  await starters[which](t, [...places, ...words]).waitFor(/\/api\/routes/)
  return { port, apiPort, metricsPort: 0 }
}

async function start(t: Test, which: keyof typeof starters, words: string[]): Promise<Running> {
  const [port, apiPort, metricsPort] = [await freePort(), await freePort(), await freePort()]
  const places = [
    ...['--ip', '127.0.0.1', '--port', String(port)],
    ...['--api-ip', '127.0.0.1', '--api-port', String(apiPort)],
    ...['--metrics-ip', '127.0.0.1', '--metrics-port', String(metricsPort)],
  ]
  await starters[which](t, [...places, ...words]).waitFor(/\/metrics/)
  return { port, apiPort, metricsPort }
}

const both = async (t: Test, ...words: string[]) => ({
  theirs: await start(t, 'theirs', words),
  ours: await start(t, 'ours', words),
})

const skip = existsSync(peer) ? false : 'scripts/test installs the peer'

const target = 'http://127.0.0.1:9'

/** In this order, since each leaves something behind. */
const calls: readonly ApiCall[] = [
  {},
  { authorization: '' },
  { authorization: 'token wrong' },
  {
    method: 'POST',
    path: '/api/routes/user/a%40x',
    body: { target, user: 'a@x', n: { deep: [1] } },
  },
  { method: 'POST', path: '/api/routes/user/b/', body: { target } },
  { method: 'POST', path: '/api/routes', body: { target } },
  { method: 'POST', path: '/api/routes/user/b', body: { target: 'http://127.0.0.1:10' } },
  {},
  { path: '/api/routes/' },
  { path: '/api/routes/user/a@x' },
  { path: '/api/routes/user/a%40x/' },
  { path: '/api/routes/user/none' },
  { path: '/api/routes?inactiveSince=2001-01-01' },
  { path: '/api/routes?inactiveSince=2999-01-01T00:00:00.000Z' },
  { path: '/api/routes?inactive_since=2001-01-01' },
  { path: '/api/routes?inactiveSince=' },
  { path: '/api/routes?inactiveSince=never' },
  { method: 'POST', path: '/api/routes/c', body: {} },
  { method: 'POST', path: '/api/routes/c', body: { target: 5 } },
  { method: 'POST', path: '/api/routes/c', body: 'null' },
  { method: 'POST', path: '/api/routes/c', body: '{"target"' },
  { method: 'PUT', path: '/api/routes/c' },
  { method: 'HEAD' },
  { path: '/api' },
  { path: '/' },
  { method: 'DELETE', path: '/api/routes/user/a%40x' },
  { method: 'DELETE', path: '/api/routes/user/a%40x' },
  { method: 'DELETE', path: '/api/routes/user/b' },
  { method: 'DELETE', path: '/api/routes/' },
  {},
]

t.test('the API of routes answers every call as the peer does', { skip }, async (t) => {
  const { theirs, ours } = await both(t)
  for (const call of calls) {
    const [expected, found] = [
      await callApi(theirs.apiPort, call),
      await callApi(ours.apiPort, call),
    ]
    const name = JSON.stringify(call)
    t.same(
      [found.status, comparable(found.text)],
      [expected.status, comparable(expected.text)],
      name,
    )
    if (expected.type !== '') t.equal(found.type, expected.type, name)
  }
})

/** The same at paths that are not the hub's own. */
const elsewhere = (call: ApiCall): ApiCall => ({
  ...call,
  path: (call.path ?? '/api/routes').replace('/user/', '/team/').replace(/a(?:%40|@)x/, 'a'),
})

/** Of the route that the hub keeps at the root: the peer lets anybody change it. */
const isOfRoot = ({ method, path = '/api/routes' }: ApiCall): boolean =>
  (method === 'POST' || method === 'DELETE') && /^\/api\/routes\/?$/.test(path)

t.test(
  'a hub answers every call as the peer does, but keeps its own route',
  { skip },
  async (t) => {
    const theirs = await start(t, 'theirs', [])
    const at = await routesApiSettings()
    const { hub } = await startHub(t, { settings: at.settings })
    const root = { hub: true, jupyterhub: true, target: hub.url }
    await callApi(theirs.apiPort, { method: 'POST', body: root })
    for (const call of calls.map(elsewhere)) {
      const name = JSON.stringify(call)
      const found = await at.api(call)
      if (isOfRoot(call)) {
        t.match(found, { status: 409, text: /^The hub itself keeps / }, name)
        continue
      }
      const expected = await callApi(theirs.apiPort, call)
      t.equal(found.status, expected.status, name)
      t.same(ordered(found.text), ordered(expected.text), name)
      if (expected.type !== '') t.equal(found.type, expected.type, name)
    }
  },
)

/** What is no JSON stays text. */
function ordered(text: string): unknown {
  try {
    return JSON.parse(comparable(text)) as unknown
  } catch {
    return text
  }
}

/** Two programs do not act in the same millisecond. */
const comparable = (text: string): string => text.replace(/"\d{4}-[^"]+Z"/g, '"…"')

/** Each with the options it is asked with, and what a server then sees and a client gets. */
const requests: readonly [string[], string][] = [
  [[], get('/user/ana/x?y=%2F')],
  [
    [],
    get(
      '/user/%61na/',
      'Cookie: a=b\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n',
    ),
  ],
  [[], 'POST /user/ana HTTP/1.1\r\nHost: h:80\r\nContent-Length: 2\r\n\r\nhi'],
  [['--no-x-forward'], get('/user/ana/')],
  [['--no-include-prefix'], get('/user/ana/x?y')],
  [['--no-prepend-path'], get('/deep/x')],
  [[], get('/deep/x?y')],
  [['--custom-header', 'X-Team: a:b', '--custom-header', 'x-other:1'], get('/user/ana/')],
  [['--change-origin'], get('/user/ana/')],
  [
    ['--auto-rewrite', '--protocol-rewrite', 'https'],
    'GET /user/ana/redirect HTTP/1.1\r\nHost: h:81\r\n\r\n',
  ],
  [['--host-routing'], get('/user/ana/x')],
]

t.test('a server sees the same request, and a client the same answer', { skip }, async (t) => {
  for (const [words, bytes] of requests) {
    const theirs = await startPlain(t, 'theirs', words)
    const ours = await startPlain(t, 'ours', words)
    const [expected, found] = [await exchange(t, theirs, bytes), await exchange(t, ours, bytes)]
    t.same(found, expected, `${words.join(' ')} ${bytes.split('\r\n')[0] ?? ''}`)
  }
})

async function exchange(t: Test, { port, apiPort }: Running, bytes: string) {
  let seen = ''
  const server = await startRaw(
    t,
    answering((head) => {
      seen = head
      const where = head.includes('redirect')
        ? `Location: http://127.0.0.1:${server.port}/there\r\n`
        : ''
      const status = where === '' ? '200 OK' : '302 Found'
      return `HTTP/1.1 ${status}\r\n${where}Set-Cookie: a=b; Path=/\r\nX-Own: 1\r\nContent-Length: 2\r\n\r\nhi`
    }),
  )
  const base = `http://127.0.0.1:${server.port}`
  for (const [where, target] of [
    ['/user/ana', base],
    ['/deep', `${base}/base/`],
    ['/hub.example.org', base],
  ])
    await callApi(apiPort, { method: 'POST', path: `/api/routes${where ?? ''}`, body: { target } })
  const client = await dial(t, port)
  client.write(bytes)
  const answer = await client.until(/hi$/)
  const plain = (text: string) => text.replaceAll(String(server.port), 'PORT')
  return { seen: fieldsOf(plain(seen)), answer: fieldsOf(plain(answer.split('\r\n\r\n')[0] ?? '')) }
}

/** Without what belongs to one hop, and in any order and case of names. */
function fieldsOf(head: string): string[] {
  const [start = '', ...lines] = head.trim().split('\r\n')
  const fields = lines
    .map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()).replace(': ', ':'))
    .filter((line) => !/^(connection|keep-alive|date|content-length):/.test(line))
  return [start, ...fields.sort()]
}

t.test('metrics have the same names and types', { skip }, async (t) => {
  const { theirs, ours } = await both(t)
  const typesOf = async ({ port, metricsPort }: Running): Promise<string[]> => {
    await ask({ host: '127.0.0.1', port, path: '/none' })
    const { text } = await ask({ host: '127.0.0.1', port: metricsPort, path: '/metrics' })
    return text.match(/^# TYPE (?!nodejs_|process_).+$/gm)?.sort() ?? []
  }
  const expected = await typesOf(theirs)
  t.ok(expected.length > 5)
  t.same(await typesOf(ours), expected)
})
