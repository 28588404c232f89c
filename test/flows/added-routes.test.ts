/** A program that the hub is told of while it runs: added over the REST API of routes, used by everybody, there again after a restart. */
import t, { type Test } from 'tap'
import { startDoor, cookieOf, get, upgrade } from '../support/door.ts'
import { startHub } from '../support/hub.ts'
import { answering, dial, eventually, startRaw } from '../support/proxy.ts'
import { routesApiSettings } from '../support/routes-api.ts'
import { ask, token } from '../support/standalone.ts'

/** Opens WebSockets, and says `program` to everything else. */
const startProgram = (t: Test) =>
  startRaw(
    t,
    answering((head) =>
      /\r\nupgrade: websocket/i.test(head)
        ? 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nopen'
        : 'HTTP/1.1 200 OK\r\nSet-Cookie: littlehub-session=taken\r\nSet-Cookie: own=1; Path=/\r\nContent-Length: 7\r\n\r\nprogram',
    ),
  )

t.test('everybody uses it, and it learns nothing of who they are to the hub', async (t) => {
  const at = await routesApiSettings()
  const door = await startDoor(t, { users: ['ana'], settings: at.settings })
  const program = await startProgram(t)
  const seen = (): string => program.peers.map((peer) => peer.text()).join('')
  t.match(await door.ask(get('/wiki/')), /\r\nlocation: \/hub\/wiki\/\r\n/)
  t.match(await at.add('/wiki', `http://127.0.0.1:${program.port}/base/`), { status: 201 })

  t.match(await door.ask(get('/wiki/a%20b?q=%2F')), /^HTTP\/1\.1 200 OK[^]*program$/)
  t.match(seen(), 'GET /base/wiki/a%20b?q=%2F HTTP/1.1\r\n', 'without a login')
  const slash = await door.ask(get('/wiki?q', 'Service-Worker: script\r\n'))
  t.match(slash, / 302 [^]*\r\nlocation: \/wiki\/\?q\r\n/, 'no worker of the whole site')
  t.match(await door.ask(get('/wikipedia/')), /hub\/wikipedia/, 'segments are whole')

  const { secret } = door.hub.context.tokens.issue({ user: door.userOf('ana'), note: '' })
  const login = cookieOf(door.logIn('ana'))
  const answer = await door.ask(get('/wiki/own', `${login}Authorization: bearer ${secret}\r\n`))
  t.match(answer, /Set-Cookie: own=1; Path=\/wiki\/\r\n/)
  t.notMatch(answer, 'taken')
  const socket = await door.dial()
  socket.write(upgrade('/wiki/ws', `${login}Authorization: token ${secret}\r\n`))
  await socket.until('open')
  t.match(seen(), 'GET /base/wiki/ws HTTP/1.1\r\n')
  t.notMatch(seen(), secret)
  t.notMatch(seen(), 'littlehub')
  await door.ask(get('/wiki/', 'Authorization: Basic YTpi\r\n'))
  t.match(seen(), 'Authorization: Basic YTpi\r\n', 'a login of its own is its own affair')

  t.match(await at.remove('/wiki/'), { status: 204 })
  await socket.ended()
  t.match(await door.ask(get('/wiki/')), /hub\/wiki/, 'what is removed is gone, with what was open')
})

t.test('it is there after a restart, with when it was used last', async (t) => {
  const at = await routesApiSettings()
  const first = await startHub(t, { settings: at.settings })
  const program = await startProgram(t)
  const target = `http://127.0.0.1:${program.port}`
  await at.add('/wiki', target, { team: 'blue' })
  await at.add('/gone', target)
  await at.remove('/gone')
  await ask({ host: '127.0.0.1', port: Number(new URL(first.url).port), path: '/wiki/' })
  const before = await at.list()
  await first.hub.stop()

  const second = await startHub(t, { settings: at.settings, dataDir: first.dataDir })
  const after = await at.list()
  t.same(after['/wiki'], before['/wiki'])
  t.match(after['/wiki'], { target, team: 'blue' })
  t.notOk(after['/gone'])
  const client = await dial(t, Number(new URL(second.url).port))
  client.write(upgrade('/wiki/ws'))
  await client.until('open')
  await second.hub.stop()

  const settings = { ...at.settings, extra_routes: JSON.stringify({ '/wiki/': target }) }
  const third = await startHub(t, { settings, dataDir: first.dataDir })
  t.match((await at.list())['/wiki'], { extra: true, target }, 'the configuration goes first')
  await third.hub.stop()
  await startHub(t, { settings: at.settings, dataDir: first.dataDir })
  t.match((await at.list())['/wiki'], { team: 'blue' }, 'and takes nothing away')
})

t.test('what is open goes on over an upgrade, and ends with its route', async (t) => {
  const at = await routesApiSettings()
  const first = await startHub(t, { settings: at.settings })
  const program = await startProgram(t)
  await at.add('/wiki', `http://127.0.0.1:${program.port}`)
  const client = await dial(t, Number(new URL(first.url).port))
  client.write(upgrade('/wiki/ws'))
  await client.until('open')
  const keeper = await first.hub.stepAside()
  t.ok(keeper)

  await startHub(t, { settings: at.settings, dataDir: first.dataDir })
  client.write('still here')
  await eventually(() => program.peers.some((peer) => peer.text().endsWith('still here')))
  await at.remove('/wiki')
  await client.ended()
  await keeper?.ended
})

t.test('all routes are shown as the proxy of a JupyterHub shows them', async (t) => {
  const at = await routesApiSettings()
  const services = [{ name: 'grader', url: 'http://127.0.0.1:9', api_token: 'long-enough-token' }]
  const settings = {
    ...at.settings,
    services: JSON.stringify(services),
    extra_routes: '{"/docs/":"http://127.0.0.1:9/deep"}',
  }
  const door = await startDoor(t, { users: ['ana'], settings })
  const { port } = await door.startServer('ana')
  const routes = await at.list()
  const { origin } = new URL(door.url)
  const jupyterhub = true
  t.same(
    Object.fromEntries(
      Object.entries(routes).map(([path, { last_activity, ...rest }]) => {
        t.match(last_activity, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
        return [path, rest]
      }),
    ),
    {
      '/': { hub: true, jupyterhub, target: `${origin}/` },
      '/docs': { extra: true, jupyterhub, target: 'http://127.0.0.1:9/deep' },
      '/services/grader': { service: 'grader', jupyterhub, target: 'http://127.0.0.1:9' },
      '/user/ana': { user: 'ana', server_name: '', jupyterhub, target: `http://127.0.0.1:${port}` },
    },
  )
  t.same(Object.keys(await at.list('?inactiveSince=2001-01-01')), [])
  t.same(Object.keys(await at.list('?inactiveSince=2999-01-01')).length, 4)
  t.same(JSON.parse((await at.api({ path: '/api/routes/user/ana' })).text), routes['/user/ana'])
})

t.test('it is off unless it is asked for, and says which port it cannot have', async (t) => {
  const at = await routesApiSettings()
  await startHub(t, { settings: { ...at.settings, 'routes_api.enabled': 'false' } })
  await t.rejects(at.list())
  await startHub(t, { settings: at.settings })
  const refused: unknown = await startHub(t, { settings: at.settings }).catch((e: unknown) => e)
  t.match(refused, { problems: [{ key: 'routes_api.port', sentence: /in use/ }] })
  t.match(await at.api({ authorization: `token ${token}x` }), { status: 403 })
})
