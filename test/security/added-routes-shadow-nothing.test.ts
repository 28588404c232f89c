/** S-19, S-20, S-38, S-55: a route that is added opens its own program, and nothing else to anybody. */
import t from 'tap'
import { cookieOf, get, startDoor, upgrade } from '../support/door.ts'
import { answering, startRaw } from '../support/proxy.ts'
import { routesApiSettings } from '../support/routes-api.ts'
import { ask } from '../support/standalone.ts'

const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'

t.test(
  'no spelling of a path puts a program where the hub, a server or a service answers',
  async (t) => {
    const at = await routesApiSettings()
    const services = JSON.stringify([{ name: 'grader', url: 'http://127.0.0.1:9' }])
    const door = await startDoor(t, { users: ['ana'], settings: { ...at.settings, services } })
    const program = await startRaw(t, answering(evil))
    await door.startServer('ana')
    const target = `http://127.0.0.1:${program.port}`
    const taken = ['', '/', '/hub', '/hub/', '/hub/login', '/HUB', '/user', '/user/', '/user/ana', '/user/ana/', '/user/ana/deep', '/User/ana', '/user/nobody', '/services', '/services/grader', '/services/new', '/.well-known/acme-challenge'] // prettier-ignore
    const spelled = ['/%68ub/', '/h%75b/login', '/%2Fhub', '/%252e%252e/hub', '/x/%2e%2e/hub', '/x%2f..%2fhub', '//hub', '/hub%2Flogin', '/hub%00', '/hub%20', '/hub;x', '/.%2Fhub', '/%75ser/ana', '/user%2Fana', '/user/an%61', '/us%65r%2fana', '/hub%5c', '/%EF%BD%88ub', '/a%0d%0ab', '/*', '/:x'] // prettier-ignore
    const before = await at.list()
    for (const path of [...taken, ...spelled])
      for (const { status, text } of [await at.add(path, target), await at.remove(path)])
        t.ok([400, 404, 409].includes(status), `${path}: ${status} ${text}`)
    t.same(Object.keys(await at.list()), Object.keys(before))

    t.match(await at.add('/wiki', target), { status: 201 })
    const login = cookieOf(door.logIn('ana'))
    const asked = ['/', '/hub/login', '/hub', '/user/ana/', '/user/ana', '/services/grader/', '/%68ub/login', '/wiki/../hub/login', '/wiki/%2e%2e/hub/', '/wiki%2f..%2fhub/', '/wiki%2Fx', '/wiki;/x', '//wiki/', '/wiki//x', '/wiki/%00', '/Wiki/', '/wiki\\x', '/x/../wiki/'] // prettier-ignore
    for (const path of asked)
      for (const lines of ['', login]) {
        const head = path === '/wiki//x' ? get('/wiki/%00', lines) : get(path, lines)
        t.notMatch(await door.ask(head), 'evil', path)
      }
    t.equal(program.peers.length, 0, 'nobody came there')
    t.match(await door.ask(get('/wiki/x')), 'evil')
  },
)

t.test(
  'whoever has no token changes nothing and is told nothing, whatever else they have',
  async (t) => {
    const at = await routesApiSettings()
    const door = await startDoor(t, { users: ['admin'], settings: at.settings })
    const { secret } = door.hub.context.tokens.issue({ user: door.userOf('admin'), note: '' })
    const login = cookieOf(door.logIn('admin')).replace('Cookie: ', '').trim()
    for (const headers of [{}, { authorization: `token ${secret}` }, { cookie: login }])
      for (const method of ['GET', 'POST', 'DELETE']) {
        const call = { host: '127.0.0.1', port: at.port, method, path: '/api/routes/wiki', headers }
        t.match(
          await ask(call, method === 'POST' ? '{"target":"http://127.0.0.1:9"}' : ''),
          { status: 403, text: '' },
          method,
        )
      }
    t.same(Object.keys(await at.list()), ['/'])
    t.match(
      await door.ask(get('/api/routes')),
      /location: \/hub\/api\/routes/,
      'it is on no other port',
    )
  },
)

t.test('no program stands for a server, so that anybody would get there unasked', async (t) => {
  const at = await routesApiSettings()
  const door = await startDoor(t, { users: ['ana'], settings: at.settings })
  const { port } = await door.startServer('ana')
  const hubPort = new URL(door.url).port
  for (const host of ['127.0.0.1', 'localhost', '127.1', '[::ffff:7f00:1]', '0.0.0.0'])
    for (const one of [port, hubPort, at.port])
      t.match(await at.add('/wiki', `http://${host}:${one}`), { status: 400 }, `${host}:${one}`)
  for (const path of ['/wiki/', '/wiki/user/ana/']) {
    t.notMatch(await door.ask(get(path)), 'server of ana')
    t.notMatch(await door.ask(upgrade(path)), '101 Switching')
  }
})
