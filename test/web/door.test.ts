/** The front door: who you are is known before a byte goes to a server, for requests and upgrades alike. */
import { once } from 'node:events'
import http, { type RequestListener } from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { HubError } from '../../src/lib/errors.ts'
import { createLog } from '../../src/lib/log.ts'
import { sessionCookie } from '../../src/model/session.ts'
import { escapeName } from '../../src/model/server.ts'
import { serveDirectly } from '../../src/proxy/direct-front.ts'
import { createForwarder } from '../../src/proxy/forward.ts'
import { frontServerOptions, guardServer } from '../../src/proxy/listener.ts'
import { createUpgrader } from '../../src/proxy/upgrade.ts'
import { createAdmissions } from '../../src/web/admissions.ts'
import { createDoor, type DoorNeeds } from '../../src/web/door.ts'
import { createOrigins } from '../../src/web/origin.ts'
import { createCore } from '../support/core.ts'
import {
  connectionsOf,
  cookieOf,
  get,
  startDoor as startDoorWithServers,
  upgrade,
} from '../support/door.ts'
import { answering, dial, eventually, startRaw, type Peer } from '../support/proxy.ts'

const answer = (head: string): string =>
  /\r\nupgrade: websocket/i.test(head)
    ? 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nopen'
    : 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nserver'

/** A door with ana's server behind it, and a hub that says so. */
async function startDoor(t: Test, changes: Partial<DoorNeeds> = {}, trustedProxies = ['']) {
  const core = createCore(t)
  const { access, routes, exchange } = core.context
  const [ana, ben] = [core.addUser('ana'), core.addUser('ben')]
  const upstream = await startRaw(t, answering(answer))
  const { id } = core.serverOf(ana)
  const owner = { user: 'ana', server: '', serverId: id, userId: ana.id }
  routes.add('/user/ana/', upstream, owner)
  const forwarder = createForwarder({ routes, onFailure: (_, response) => response.destroy() })
  const upgrader = createUpgrader({ routes })
  const log = createLog({ level: 'silent' })
  const origins = createOrigins({ trustedProxies: trustedProxies.filter(Boolean), publicUrl: '' })
  const admissions = createAdmissions({ access })
  const parts = { baseUrl: '/', access, admissions, routes, forwarder, upgrader, exchange, log }
  const door = createDoor({ ...parts, originOf: origins.of, ...changes })
  const seen: http.IncomingHttpHeaders[] = []
  const hub: RequestListener = (request, response) => {
    seen.push(request.headers)
    response.writeHead(200, { 'content-length': 3 }).end('hub')
  }
  const server = http.createServer(frontServerOptions, (request, response) =>
    door.request(request, response, hub),
  )
  serveDirectly(server, { forwarder, admit: door.admit })
  guardServer(server)
  server.on('upgrade', door.upgrade)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    forwarder.close()
    upgrader.close()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const cookie = (name: 'ana' | 'ben', prefix = ''): string =>
    `Cookie: ${prefix}${sessionCookie.plain}=${core.logIn(name === 'ana' ? ana : ben).secret}\r\n`
  const send = async (bytes: string): Promise<Peer> => {
    const peer = await dial(t, port)
    peer.write(bytes)
    return peer
  }
  /** The status and the body that come back. */
  const ask = async (bytes: string): Promise<string> => {
    const text = await (await send(bytes)).until(/\r\n\r\n(?:hub|server|open|.*\n)?/)
    return `${text.slice(9, 12)} ${text.split('\r\n\r\n')[1] ?? ''}`.trim()
  }
  return {
    ...core,
    ana,
    ben,
    upstream,
    server,
    seen,
    cookie,
    send,
    ask,
    admissions,
    forwarder,
    upgrader,
  }
}

t.test('a server answers whoever may use it, and everybody else the hub', async (t) => {
  const { ask, cookie, upstream } = await startDoor(t)
  t.equal(await ask(get('/user/ana/x', cookie('ana'))), '200 server')
  t.equal(upstream.peers.length, 1)
  t.equal(await ask(get('/user/ana/x')), '200 hub')
  t.equal(await ask(get('/user/ana/x', cookie('ben'))), '200 hub')
  t.equal(await ask(get('/user/ben/x', cookie('ben'))), '200 hub', 'nothing runs there')
  t.equal(await ask(get('/hub/home', cookie('ana'))), '200 hub')
  t.equal(upstream.peers.length, 1)
})

t.test('an upgrade is decided before a byte goes to the server', async (t) => {
  const { ask, cookie, upstream } = await startDoor(t)
  t.match(await ask(upgrade('/user/ana/ws')), /^401/)
  t.match(await ask(upgrade('/hub/home')), /^401/)
  t.match(await ask(upgrade('/user/ana/ws', cookie('ben'))), /^403/)
  t.match(await ask(upgrade('/user/ben/ws', cookie('ben'))), /^424/)
  t.match(await ask(upgrade('/user/ana/%2e%2e/ws', cookie('ana'))), /^400/)
  t.equal(upstream.peers.length, 0)
  t.equal(await ask(upgrade('/user/ana/ws', cookie('ana'))), '101 open')
})

t.test('a page of another origin uses no server with the login of its visitor', async (t) => {
  const { ask, cookie, upstream, context, ana } = await startDoor(t)
  const foreign = [
    'http://evil.test', 'null', 'https://hub.test', 'http://hub.test:81', 'http://hub.test.evil.test', 'http://xhub.test',
    'http://hub.test@evil.test', 'http://hub.test, http://hub.test', 'http://evil.test\r\nOrigin: http://hub.test', '',
  ] // prettier-ignore
  for (const origin of foreign) {
    const lines = `${cookie('ana')}Origin: ${origin}\r\n`
    t.match(await ask(get('/user/ana/events', lines)), /^403 Pages of other sites/, origin)
    t.match(await ask(upgrade('/user/ana/ws', lines)), /^403/, origin)
  }
  t.equal(upstream.peers.length, 0)
  const own = `${cookie('ana')}Origin: http://HUB.test\r\n`
  t.equal(await ask(get('/user/ana/', own)), '200 server')
  t.equal(await ask(upgrade('/user/ana/', own)), '101 open')
  const { secret } = context.tokens.issue({ user: ana, note: '' })
  const token = `Authorization: token ${secret}\r\nOrigin: http://evil.test\r\n`
  t.equal(await ask(upgrade('/user/ana/', token)), '101 open', 'no browser sends a token unasked')
})

t.test('a token counts before a cookie, and a cookie when the token is none', async (t) => {
  const { ask, cookie, context, ben } = await startDoor(t)
  const { secret } = context.tokens.issue({ user: ben, note: '' })
  const both = `${cookie('ana')}Authorization: token ${secret}\r\n`
  t.equal(await ask(get('/user/ana/', both)), '200 hub')
  t.match(await ask(upgrade('/user/ana/', both)), /^403/)
  const none = `${cookie('ana')}Authorization: token ${'x'.repeat(43)}\r\n`
  t.equal(await ask(get('/user/ana/', none)), '200 server')
})

t.test('what a token began does not go on by a cookie that came along', async (t) => {
  const { send, cookie, context, ana } = await startDoor(t)
  const { token, secret } = context.tokens.issue({ user: ana, note: '' })
  const both = `${cookie('ana')}Authorization: token ${secret}\r\n`
  const socket = await send(upgrade('/user/ana/', both))
  await socket.until('open')
  context.tokens.revoke(token)
  await socket.ended()
  t.pass('closed')
})

t.test('over TLS the plain cookie opens nothing, in requests as in upgrades', async (t) => {
  const { ask, cookie, seen } = await startDoor(t, {}, ['127.0.0.1'])
  const tls = 'X-Forwarded-Proto: https\r\n'
  t.equal(await ask(get('/user/ana/', tls + cookie('ana'))), '200 hub')
  t.match(await ask(upgrade('/user/ana/', tls + cookie('ana'))), /^401/)
  t.equal(await ask(get('/hub/home', `${tls}${cookie('ana').trim()}; a=1\r\n`)), '200 hub')
  t.equal(seen.at(-1)?.cookie, 'a=1')
  t.equal(await ask(get('/user/ana/', tls + cookie('ana', '__Host-'))), '200 server')
  t.equal(await ask(upgrade('/user/ana/', tls + cookie('ana', '__Host-'))), '101 open')
  const tossed = cookie('ben').replace(/^Cookie: |\r\n$/g, '')
  const two = `${cookie('ana', '__Host-').trim()}; ${tossed}\r\n`
  t.equal(await ask(get('/user/ana/', tls + two)), '200 server', 'a tossed one changes nothing')
})

t.test('whoever is not a trusted proxy cannot say that it was TLS', async (t) => {
  const { ask, cookie } = await startDoor(t)
  t.equal(await ask(get('/user/ana/', `X-Forwarded-Proto: https\r\n${cookie('ana')}`)), '200 server')
}) // prettier-ignore

t.test('two sessions in one request are none', async (t) => {
  const { ask, cookie } = await startDoor(t)
  const two = `${cookie('ana').trim()}; ${cookie('ben').slice('Cookie: '.length)}`
  t.equal(await ask(get('/user/ana/', two)), '200 hub')
  t.equal(await ask(get('/user/ana/', cookie('ana') + cookie('ben'))), '200 hub')
  t.match(await ask(upgrade('/user/ana/', two)), /^401/)
})

t.test('an added route is open to everybody, and leads away from nothing of the hub', async (t) => {
  const { ask, cookie, context, upstream } = await startDoor(t)
  const target = { host: '127.0.0.1', port: upstream.port }
  const add = (prefix: string): void =>
    context.routes.add(prefix, target, { added: prefix, basePath: '/deep' })
  for (const prefix of ['/wiki/', '/hub/', '/hub/login/']) add(prefix)
  for (const lines of ['', cookie('ana'), cookie('ben')]) {
    t.equal(await ask(get('/wiki/x', lines)), '200 server')
    t.match(await ask(upgrade('/%77iki/x', lines)), /^101/)
    for (const path of [
      '/hub/',
      '/hub/login',
      '/hub/login/x',
      '/hub/api/users',
      '/wiki%2Fx',
      '/%75ser/ana/',
      '/',
    ])
      t.equal(await ask(get(path, lines)), '200 hub', path)
  }
  t.match(upstream.peers.at(-1)?.text(), /^GET \/deep\/%77iki\/x HTTP/)
  t.equal(
    upstream.peers.some((peer) => /cookie/i.test(peer.text())),
    false,
  )
})

t.test('an upgrade that is turned away leaves no socket, whatever its client does', async (t) => {
  const { send, server, cookie } = await startDoor(t)
  for (const lines of ['', cookie('ben'), `${cookie('ana')}Origin: http://evil.test\r\n`])
    for (let count = 0; count < 5; count++) {
      const peer = await send(upgrade('/user/ana/', lines) + 'x'.repeat(100_000))
      if (count % 2 === 0) peer.socket.pause()
    }
  let open = Infinity
  await eventually(() => {
    void connectionsOf(server).then((count) => (open = count))
    return open === 0
  })
  t.pass('all are closed')
})

t.test('a door that cannot decide says so, and stands for everybody else', async (t) => {
  const failing = {
    authorizationFor: () => undefined as string | undefined,
    authorizationForProgram: () => undefined,
  }
  const test = await startDoor(t, { exchange: failing })
  const { ask, cookie, upstream, forwarder, upgrader, admissions } = test
  failing.authorizationFor = () => {
    throw new HubError('Unavailable', 'The disk is full.')
  }
  t.match(await ask(get('/user/ana/', cookie('ana'))), /^503 The hub cannot do this/)
  t.match(await ask(upgrade('/user/ana/', cookie('ana'))), /^503/)
  failing.authorizationFor = () => {
    throw new TypeError('secret internals')
  }
  t.match(await ask(get('/user/ana/', cookie('ana'))), /^500 Something went wrong/)
  t.match(await ask(upgrade('/user/ana/', cookie('ana'))), /^500/)
  t.equal(upstream.peers.length, 0)
  await eventually(() => admissions.list().length === 0)
  failing.authorizationFor = () => undefined
  t.equal(await ask(get('/user/ana/', cookie('ana'))), '200 server')
  t.equal(forwarder.counts.exchanges, 0)
  t.equal(upgrader.size, 0)
})

t.test('an ambiguous address is refused for everybody, in a page that repeats nothing', async (t) => {
  const { ask, cookie, seen } = await startDoor(t)
  for (const path of ['//user/ana/', '/user/ana/../ben/', '/hub/%2e%2e/user/ana/', '/hub;x/home'])
    for (const lines of ['', cookie('ana')])
      t.match(await ask(get(path, lines)), /^400 This address is ambiguous/, path)
  const program = await ask(get('/hub/api/users/%2e%2e'))
  t.match(program, /^400 \{"status":400,"message":"This address is ambiguous/, 'JSON in the API')
  t.equal(seen.length, 0)
}) // prettier-ignore

t.test('whoever names two hosts is refused everywhere, by the hub itself too', async (t) => {
  const { ask, cookie, seen } = await startDoor(t)
  for (const path of ['/', '/hub/login', '/user/ana/'])
    for (const host of ['hub.test', 'other.test'])
      t.match(await ask(get(path, `Host: ${host}\r\n${cookie('ana')}`)), /^400 This address/, path)
  t.match(await ask(upgrade('/user/ana/', `Host: a\r\n${cookie('ana')}`)), /^400/)
  t.equal(seen.length, 0)
})

t.test('the absolute form is answered by its path alone', async (t) => {
  const { ask, cookie } = await startDoor(t)
  const lines = `Host: hub.test\r\n${cookie('ana')}\r\n`
  const asked = (target: string): Promise<string> => ask(`GET ${target} HTTP/1.1\r\n${lines}`)
  t.equal(await asked('http://169.254.169.254/user/ana/'), '200 server')
  t.equal(await asked('http://169.254.169.254/latest/meta-data'), '200 hub')
  t.equal(await asked('http://hub.test'), '200 hub')
  t.equal(await asked('http://hub.test?x=/user/ana/'), '200 hub')
  t.match(await asked('ftp://hub.test/user/ana/'), /^400/)
})

t.test('a service opens the servers that its scopes name, and its token goes no further', async (t) => {
  const { ask, context, cookie, upstream, ana, serverOf } = await startDoor(t)
  context.tokens.issueForServer(serverOf(ana))
  const [grader, other] = ['token-of-the-grader', 'token-of-another']
  context.services.declare([
    { name: 'grader', apiToken: grader, command: [] },
    { name: 'other', apiToken: other, command: [] },
  ])
  context.roles.declare(
    [{ name: 'grader', scopes: ['access:servers!server=ana/'], services: ['grader'] }],
    [],
  )
  const as = (token: string) => `Authorization: token ${token}\r\n`
  t.equal(await ask(get('/user/ana/x', as(other))), '200 hub')
  t.match(await ask(upgrade('/user/ana/ws', as(other))), /^403/)
  t.match(await ask(upgrade('/user/ana/ws', as('made-up-token'))), /^401/)
  t.equal(upstream.peers.length, 0)
  t.equal(await ask(get('/user/ana/x', as(grader))), '200 server')
  t.match(await ask(upgrade('/user/ana/ws', as(grader))), /^101/)
  t.equal(await ask(get('/user/ana/x', as(grader) + cookie('ana'))), '200 server')
  const sent = upstream.peers.map((peer) => peer.text()).join('')
  t.notMatch(sent, grader)
  t.match(sent, /authorization: token [\w-]{43}\r\n/i)
}) // prettier-ignore

t.test(
  '§9.63 whatever a name holds, its server sees the path as the browser wrote it',
  async (t) => {
    const names = ['has@x', 'has~x', 'has%x', 'has%40x', 'has space', '秀樹']
    const door = await startDoorWithServers(t, { users: names })
    for (const name of names) {
      await door.startServer(name)
      for (const written of [encodeURIComponent(name), escapeName(name)]) {
        const path = `/user/${written}/files/a%20b?q=%40%25`
        const lines = cookieOf(door.logIn(name))
        t.match(await door.ask(get(path, lines)), /server of /, written)
        t.ok(door.seenBy(name).includes(`GET ${path} HTTP/1.1`), `${path} as it was`)
      }
    }
  },
)
