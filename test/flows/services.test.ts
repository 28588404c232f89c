/** Programs written for JupyterHub, unmodified: services that the hub runs behind its front door, and what they call. */
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { pollUntil } from '../../src/lib/poll.ts'
import { createBrowser, type Browser, type Page } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'
import { jupyterSettings, serverOf, startHub, userEnvironment } from '../support/hub.ts'
import { logIn, wordsOf } from '../support/pages.ts'

const support = path.resolve(import.meta.dirname, '../support/services')
const clients = path.resolve(import.meta.dirname, '../../.littlehub/clients')
const python = path.join(userEnvironment, 'bin/python')

const tokens = { admin: 'token-of-an-admin-service', grader: 'token-of-the-grader' }

/** Names are what the tests are about; the programs are in `test/support/services/`. */
async function services() {
  const at = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`
  const run = (file: string): string[] => [python, path.join(support, file)]
  const people = { command: run('login-service.py'), oauth_client_allowed_scopes: ['read:users'] }
  return [
    { name: 'asks', url: await at(), ...people },
    { name: 'trusted', url: await at(), ...people, oauth_no_confirm: true },
    { name: 'public', url: await at(), command: run('token-service.py') },
    { name: 'members', url: await at(), command: run('token-service.py'), access: 'members' },
    {
      name: 'cull-idle',
      command: [
        path.join(clients, 'bin/python'),
        ...['-m', 'jupyterhub_idle_culler', '--timeout=3', '--cull-every=1'],
      ],
    },
    { name: 'operator', api_token: tokens.admin, admin: true },
    { name: 'grader', api_token: tokens.grader },
  ]
}

const roles = [
  {
    name: 'class',
    scopes: ['access:services!service=asks', 'access:services!service=trusted'],
    groups: ['class'],
  },
  {
    name: 'insiders',
    scopes: ['access:services!service=public', 'access:services!service=members'],
    groups: ['class'],
  },
  {
    name: 'idle-culler',
    scopes: ['list:users', 'read:users:activity', 'read:servers', 'delete:servers'],
    services: ['cull-idle'],
  },
  {
    name: 'formgrader',
    scopes: ['admin:groups', 'read:users', 'list:users', 'access:services!service=members'],
    services: ['grader'],
  },
]

const until = (ask: () => boolean | Promise<boolean>): Promise<boolean> =>
  pollUntil(async () => ask(), {
    timeoutMs: 90_000,
    firstMs: 50,
    maxMs: 500,
    signal: new AbortController().signal,
  })

async function setUp(t: Test) {
  const settings = {
    ...jupyterSettings,
    'cull.enabled': 'false',
    services: JSON.stringify(await services()),
    roles: JSON.stringify(roles),
    groups: JSON.stringify({ class: { users: ['ana'] } }),
    admin_users: 'admin',
  }
  const test = await startHub(t, { settings, users: ['ben'] })
  const { hub, url } = test
  const { users, store } = hub.context
  const passwords = new Map<string, string>()
  for (const name of ['ana', 'admin']) {
    passwords.set(name, `quite a long secret of ${name}`)
    await users.setPassword(store.users.getByName(name), passwords.get(name) ?? '')
  }
  const browserOf = async (name: string): Promise<Browser> => {
    const browser = createBrowser(url)
    await logIn(browser, name)
    return browser
  }
  const tokenOf = (name: string): string =>
    hub.context.tokens.issue({ user: store.users.getByName(name), note: 'test' }).secret
  const call = (address: string, secret?: string, init: RequestInit = {}) =>
    fetch(url + address, {
      redirect: 'manual',
      ...init,
      headers: {
        ...(secret === undefined ? {} : { authorization: `token ${secret}` }),
        ...(init.headers as Record<string, string> | undefined),
      },
    })
  return { ...test, browserOf, tokenOf, call }
}

const answerOf = (page: Page): { name?: string; scopes?: string[]; cookie?: string } =>
  JSON.parse(page.text) as ReturnType<typeof answerOf>

t.test('services of JupyterHub run behind the front door', async (t) => {
  const test = await setUp(t)
  const { hub, browserOf, tokenOf, call } = test
  const idle = hub.context.servers.start(serverOf(hub, 'ben'))
  const isUp = async (name: string) => (await call(`/services/${name}/`, tokens.admin)).status < 500
  for (const name of ['asks', 'trusted', 'public', 'members'])
    t.ok(await until(() => isUp(name)), `${name} answers`)

  await t.test('a person is asked once whether a service may know them (§9.105)', async (t) => {
    const ana = await browserOf('ana')
    const asked = await ana.open('/services/asks/')
    t.match(asked.address, /^\/hub\/api\/oauth2\/authorize\?/)
    t.match(wordsOf(asked), /Allow access\?.*asks asks to know who you are/)
    const inside = await ana.submit(asked, /Allow/)
    t.equal(inside.address, '/services/asks/')
    t.equal(answerOf(inside).name, 'ana')
    t.ok(answerOf(inside).scopes?.includes('access:services!service=asks'))
    t.match(answerOf(inside).cookie, /jupyterhub-session-id=.*service-asks=/)
    t.notMatch(answerOf(inside).cookie, /littlehub/, "the hub's login stays with the hub")

    ana.cookies.delete('/services/asks/ service-asks')
    t.equal((await ana.open('/services/asks/')).address, '/services/asks/', 'not a second time')
  })

  await t.test('a logout of the hub is one of its services (§9.112)', async (t) => {
    const ana = await browserOf('ana')
    t.equal(answerOf(await ana.open('/services/trusted/')).name, 'ana')
    const cookie = '/services/trusted/ service-trusted'
    const kept = ana.cookies.get(cookie)
    t.ok(kept)
    await ana.submit(await ana.open('/hub/home'), /logout/)
    t.same(ana.cookies.get(cookie), kept, 'its cookie stays')
    t.match((await ana.open('/services/trusted/')).address, /^\/hub\/login\?next=/)
  })

  await t.test('nobody is asked about a service that an operator trusts (§9.106)', async (t) => {
    const ana = await browserOf('ana')
    const inside = await ana.open('/services/trusted/')
    t.equal(inside.address, '/services/trusted/')
    t.equal(answerOf(inside).name, 'ana')
  })

  await t.test('two tabs log in side by side (§9.108, §9.109)', async (t) => {
    const ana = await browserOf('ana')
    const stay = { stay: true }
    const redirects: string[] = []
    for (const tab of ['one', 'two'])
      redirects.push((await ana.send(`/services/trusted/?${tab}`, stay)).headers.location ?? '')
    const states = [...ana.cookies].filter(([name]) => name.includes('-oauth-state'))
    t.equal(states.length, 2, 'each tab has a state of its own')
    for (const [, { path, attributes }] of states) {
      t.equal(path, '/services/trusted/')
      t.match(attributes, /max-age=600|expires=/i)
    }
    t.equal((await ana.open(redirects[1] ?? '')).address, '/services/trusted/?two')
    t.same(
      [...ana.cookies.keys()].filter((name) => name.includes('-oauth-state')),
      [],
    )
    t.equal((await ana.open(redirects[0] ?? '')).address, '/services/trusted/?one')
  })

  await t.test('who may not use a service is turned away by the hub (§9.104)', async (t) => {
    const ben = await browserOf('ben')
    const page = await ben.open('/services/trusted/')
    t.equal(page.status, 403)
    t.match(page.address, /^\/hub\/api\/oauth2\/authorize\?/, 'and never comes back to it')
  })

  await t.test('programs come with tokens, and get no cookie (§9.113)', async (t) => {
    const known = await call('/services/public/', tokenOf('ana'))
    t.same(await known.json(), { name: 'ana', kind: 'user' })
    t.same(known.headers.getSetCookie(), [])
    const service = await call('/services/members/', tokens.grader)
    t.same(await service.json(), { name: 'grader', kind: 'service' })
    t.equal((await call('/services/public/', tokenOf('ben'))).status, 403, 'without the right')
    t.equal((await call('/services/public/')).status, 403, 'without a token')
  })

  await t.test('a service sees no login of the hub, and can set none', async (t) => {
    const ana = await browserOf('ana')
    const login = ana.cookies.get('littlehub-session')
    const seen = await ana.send('/services/public/seen', {
      headers: { 'x-forwarded-for': '6.6.6.6', te: 'trailers', 'keep-alive': 'timeout=5' },
    })
    t.equal(seen.status, 200)
    t.notMatch(seen.text, /littlehub|6\.6\.6\.6|trailers/)
    t.match(JSON.parse(seen.text), { 'X-Forwarded-Proto': 'http', 'X-Forwarded-For': '127.0.0.1' })
    t.same(ana.cookies.get('littlehub-session'), login)
    t.equal(ana.cookies.get('/services/public/ own')?.path, '/services/public/')
  })

  await t.test('a large upload that waits to be asked for arrives', async (t) => {
    const status = await new Promise((resolve, reject) => {
      const headers = { expect: '100-continue', 'content-length': '2000000' }
      const address = `${test.url}/services/public/seen`
      const request = http.request(address, { method: 'POST', headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('continue', () => request.end(Buffer.alloc(2_000_000, 'x')))
      request.on('error', reject)
    })
    t.equal(status, 200)
  })

  await t.test('a service for members admits nobody else', async (t) => {
    t.match((await createBrowser(test.url).open('/services/members/seen')).address, /^\/hub\/login/)
    t.equal((await call('/services/members/seen', undefined, { method: 'POST' })).status, 401)
    t.equal((await (await browserOf('ben')).open('/services/members/seen')).status, 404)
    t.equal((await (await browserOf('ana')).open('/services/members/seen')).status, 200)
    t.equal((await createBrowser(test.url).open('/services/public/seen')).status, 200)
    const echo = `${test.url.replace('http', 'ws')}/services/members/echo`
    t.equal(await firstOf(echo, {}), 'closed')
    t.equal(await firstOf(echo, { authorization: `token ${tokenOf('ben')}` }), 'closed')
    t.equal(await firstOf(echo, { authorization: `token ${tokenOf('ana')}` }), 'open')
    t.equal(await firstOf(echo.replace('members', 'public'), {}), 'open')
  })

  await t.test('a right that is taken away ends what it opened', async (t) => {
    const ana = await browserOf('ana')
    t.equal((await ana.open('/services/trusted/')).status, 200)
    const echo = `${test.url.replace('http', 'ws')}/services/members/echo`
    const socket = new WebSocket(echo, { headers: { authorization: `token ${tokenOf('ana')}` } })
    await new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }))
    let isClosed = false
    socket.addEventListener('close', () => (isClosed = true))

    const { groups, store } = hub.context
    groups.removeUsers(store.groups.getByName('class'), ['ana'])
    t.ok(await until(() => isClosed), 'the WebSocket ends')
    t.equal((await ana.open('/services/members/seen')).status, 404)
    const isOut = async () => (await ana.open('/services/trusted/')).status === 403
    t.ok(await until(isOut), 'and the service itself hears of it')
    groups.addUsers(store.groups.getByName('class'), ['ana'])
    t.equal((await ana.open('/services/members/seen')).status, 200)
  })

  await t.test('a service is there while it is registered (§9.130)', async (t) => {
    const program = http.createServer((request, response) => response.end(request.url))
    await new Promise<void>((resolve) => program.listen(0, '127.0.0.1', resolve))
    t.teardown(() => program.close())
    const body = JSON.stringify({
      url: `http://127.0.0.1:${(program.address() as AddressInfo).port}`,
    })
    const add = { method: 'POST', body }
    const address = '/hub/api/services/passing'
    t.equal((await call('/services/passing/')).status, 302)
    t.equal((await call(address, tokenOf('ana'), add)).status, 403)
    t.equal((await call(address, tokens.admin, add)).status, 201)
    t.equal((await call(address, tokens.admin, add)).status, 409)
    t.equal(await (await call('/services/passing/a%2fb?c')).text(), '/services/passing/a%2fb?c')
    const proxied = await (await call('/hub/api/proxy', tokens.admin)).json()
    t.match(proxied, { '/services/passing/': { data: { service: 'passing' } } })
    t.equal((await call(address, tokens.admin, { method: 'DELETE' })).status, 200)
    t.equal((await call('/services/passing/')).status, 302)
    const declared = await call('/hub/api/services/asks', tokens.admin, { method: 'DELETE' })
    t.equal(declared.status, 405)
  })

  await t.test('nbgrader keeps its students (contract §1.12)', async (t) => {
    const api = async (method: string, address: string, body?: unknown): Promise<unknown> => {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) }
      const answer = await call(`/hub/api${address}`, tokens.grader, { method, ...sent })
      t.ok(answer.ok, `${method} ${address}: ${answer.status}`)
      return answer.json()
    }
    await api('POST', '/groups/nbgrader-course')
    await api('POST', '/groups/nbgrader-course/users', { users: ['ana', 'ben'] })
    t.match(await api('GET', '/users/ben'), { groups: ['nbgrader-course'] })
    const groups = (await api('GET', '/groups')) as { name: string; users: string[] }[]
    t.match(groups.find(({ name }) => name === 'nbgrader-course')?.users.sort(), ['ana', 'ben'])
    await api('DELETE', '/groups/nbgrader-course/users', { users: ['ben'] })
    t.match(await api('GET', '/users/ben'), { groups: [] })
  })

  await t.test('jupyterhub-idle-culler stops an idle server', async (t) => {
    await idle
    t.ok(await until(() => serverOf(hub, 'ben').state === 'stopped'))
  })
})

/** The first message of a WebSocket, or that it was closed before. */
function firstOf(address: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const socket = new WebSocket(address, { headers })
  return new Promise((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      resolve(String(data))
      socket.close()
    })
    socket.addEventListener('error', () => resolve('closed'))
    socket.addEventListener('close', () => resolve('closed'))
  })
}
