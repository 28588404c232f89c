/** A start, watched (contract §3.8, §9.65–9.66). */
import { once } from 'node:events'
import http from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { startApi } from '../support/api.ts'
import { eventually } from '../support/core.ts'

const path = '/hub/api/users/ana/server'
const eventsIn = (text: string): unknown[] =>
  text
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => JSON.parse(frame.replace(/^data: /, '')) as unknown)

// §9.65
t.test('nobody, a wrong user, a narrower token, and what is not there', async (t) => {
  const { nobody, as, addUser } = await startApi(t)
  const [ana, bob, admin] = [addUser('ana'), addUser('bob'), addUser('admin')]
  t.equal((await nobody('GET', `${path}/progress`)).status, 403)
  t.equal((await as(bob)('GET', `${path}/progress`)).status, 404)
  t.equal((await as(ana, ['start:servers!user'])('GET', `${path}/progress`)).status, 403)
  t.equal((await as(admin)('GET', '/hub/api/users/ghost/server/progress')).status, 404)
  t.equal((await as(ana)('GET', '/hub/api/users/ana/servers/lab/progress')).status, 404)
  t.match(await as(ana)('GET', `${path}/progress`), {
    status: 400,
    json: { message: 'ana is not starting...' },
  })
})

t.test('whoever comes late sees the whole start', async (t) => {
  const { as, addUser, spawner } = await startApi(t, {
    settings: { 'spawner.slow_spawn_timeout': '20ms' },
  })
  const ana = as(addUser('ana'))
  spawner.behaviour = 'hangs'
  t.equal((await ana('POST', path)).status, 202)
  const watching = [ana('GET', `${path}/progress`), ana('GET', `${path}/progress`)]
  spawner.release()
  for (const { status, headers, text } of await Promise.all(watching)) {
    t.equal(status, 200)
    t.equal(headers.get('content-type'), 'text/event-stream')
    t.match(headers.get('cache-control'), /no-cache/)
    const events = eventsIn(text)
    t.match(events[0], { progress: 0, message: 'Server requested' })
    t.same(events.at(-1), {
      progress: 100,
      ready: true,
      message: 'Server ready at /user/ana/',
      html_message: 'Server ready at <a href="/user/ana/">/user/ana/</a>',
      url: '/user/ana/',
    })
  }
})

// §9.66
t.test('a ready server says so, once', async (t) => {
  const { as, addUser, context, serverOf } = await startApi(t)
  const ana = addUser('ana')
  await context.servers.start(serverOf(ana))
  const events = eventsIn((await as(ana)('GET', `${path}/progress`)).text)
  t.match(events.at(-1), { progress: 100, ready: true, url: '/user/ana/' })
})

// §9.66
t.test('a start that failed says why', async (t) => {
  const { as, addUser, spawner } = await startApi(t)
  const ana = as(addUser('ana'))
  spawner.behaviour = 'fails'
  await ana('POST', path)
  const events = eventsIn((await ana('GET', `${path}/progress`)).text)
  t.match(events.at(-1), {
    progress: 100,
    failed: true,
    message: 'Spawn failed: There is no room for it.',
  })
})

t.test('a page may watch with its cookie, when it shows its token', async (t) => {
  const { inBrowser, addUser, logIn, context, serverOf, xsrfOf } = await startApi(t)
  const ana = addUser('ana')
  const session = logIn(ana)
  await context.servers.start(serverOf(ana))
  const headers = { 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-origin' }
  const bare = inBrowser(session, '')
  t.equal((await bare('GET', `${path}/progress`, undefined, headers)).status, 403)
  const argument = `?_xsrf=${encodeURIComponent(xsrfOf(session))}`
  t.equal((await bare('GET', `${path}/progress${argument}`, undefined, headers)).status, 200)
})

t.test('who watches does not keep the hub from stopping', async (t) => {
  const { addUser, spawner, as, origin, context, close } = await startApi(t, {
    settings: { 'spawner.slow_spawn_timeout': '20ms' },
  })
  const user = addUser('ana')
  spawner.behaviour = 'stays silent'
  await as(user)('POST', path)
  const { secret } = context.tokens.issue({ user, note: '' })
  const headers = { authorization: `token ${secret}` }
  const request = http.get(`${origin}${path}/progress`, { headers })
  request.on('error', () => undefined)
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  response.resume()
  response.on('error', () => undefined)
  const ended = new Promise((resolve) => response.once('close', resolve))
  await close()
  await ended
  t.pass('closed')
})

t.test(
  'a stream ends, whole, when the hub begins to stop, and its connection with it',
  async (t) => {
    const { as, addUser, spawner, beginToStop } = await startApi(t, {
      settings: { 'spawner.slow_spawn_timeout': '20ms' },
    })
    const ana = as(addUser('ana'))
    spawner.behaviour = 'hangs'
    t.equal((await ana('POST', path)).status, 202)
    const watching = ana('GET', `${path}/progress`)
    const later = setTimeout(beginToStop, 100)
    const { status, headers, text } = await watching
    clearTimeout(later)
    t.equal(status, 200)
    t.equal(headers.get('connection'), 'close')
    t.match(text, /Server requested/)
    t.notMatch(text, /"ready":true|"failed":true/)
    spawner.release()
  },
)

t.test(
  'a client that never reads costs a bounded amount, however much there is to tell',
  async (t) => {
    const { addUser, context, origin } = await startApi(t)
    const ana = addUser('ana')
    const { secret } = context.tokens.issue({ user: ana, note: 'test' })
    let told = 0
    context.servers.progress = async function* (_server, signal) {
      for (; !signal.aborted; told++) {
        await new Promise((resolve) => setImmediate(resolve))
        yield { progress: 50, message: 'x'.repeat(10_000) }
      }
    }
    const socket = connect(Number(new URL(origin).port), '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.pause()
    socket.write(
      `GET /hub/api/users/ana/server/progress HTTP/1.1\r\nHost: hub\r\nAuthorization: token ${secret}\r\n\r\n`,
    )
    t.ok(await eventually(() => told > 10), 'it is told something')
    // What the kernel takes for a connection is some megabytes; a hub that kept on would soon be far beyond.
    for (let before = -1; before !== told && told < 5000;) {
      before = told
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    t.ok(told < 5000, `${told} events and no more`)
  },
)
