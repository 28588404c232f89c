/** S-19, S-20, S-57 through a whole hub: nothing a client writes opens a server, or another address, or changes where it came from. */
import t from 'tap'
import { sessionCookie } from '../../src/model/session.ts'
import { connectionsOf, cookieOf, get, startDoor, upgrade } from '../support/door.ts'
import { startRaw } from '../support/proxy.ts'

const statusOf = (answer: string): number => Number(answer.slice(9, 12))

t.test('no byte reaches a server for nobody, for others, and for other sites', async (t) => {
  const door = await startDoor(t, { users: ['ana', 'ben'] })
  await door.startServer('ana')
  const [ana, ben] = [cookieOf(door.logIn('ana')), cookieOf(door.logIn('ben'))]
  const foreign = `${ana}Origin: http://evil.test\r\n`
  for (const path of ['/user/ana/ws', '/user/ana/api/kernels/1/channels', '/user/ana', '/hub/ws']) {
    t.equal(statusOf(await door.ask(upgrade(path))), 401, path)
    t.equal(statusOf(await door.ask(upgrade(path, 'Cookie: a=b\r\n'))), 401, path)
    t.equal(statusOf(await door.ask(upgrade(path, foreign))), 403, path)
    if (path !== '/hub/ws') t.equal(statusOf(await door.ask(upgrade(path, ben))), 403, path)
  }
  const events = 'Accept: text/event-stream\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n'
  t.equal(statusOf(await door.ask(get('/user/ana/events', events))), 401)
  t.equal(statusOf(await door.ask(get('/user/ana/events', events + ben))), 404)
  t.equal(statusOf(await door.ask(get('/user/ana/events', events + foreign))), 403)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND', 'QUERY'])
    for (const credential of ['', ben, foreign]) {
      const answer = await door.ask(get('/user/ana/x', credential).replace('GET', method))
      t.ok([302, 400, 401, 403, 404].includes(statusOf(answer)), `${method} ${statusOf(answer)}`)
    }
  t.equal(door.seenBy('ana'), '')
  t.match(await door.ask(get('/user/ana/x', ana)), /server of ana/)
})

t.test('servers see who came, and none of what opens the hub', async (t) => {
  const door = await startDoor(t, { users: ['ana'] })
  await door.startServer('ana')
  const login = door.logIn('ana')
  await door.ask(get('/user/ana/x', cookieOf(login)))
  const socket = await door.dial()
  socket.write(upgrade('/user/ana/ws', cookieOf(login)))
  await socket.until('open')
  t.match(door.seenBy('ana'), /GET \/user\/ana\/ws/)
  t.notMatch(door.seenBy('ana'), login.secret)
})

t.test('where a request goes is in the route table alone', async (t) => {
  const door = await startDoor(t, { users: ['ana'] })
  await door.startServer('ana')
  const victim = await startRaw(t)
  const at = `127.0.0.1:${victim.port}`
  const cookie = cookieOf(door.logIn('ana'))
  const requests = [
    `GET http://${at}/ HTTP/1.1\r\nHost: ${at}\r\n${cookie}\r\n`,
    `GET http://${at}/user/ana/ HTTP/1.1\r\nHost: ${at}\r\n${cookie}\r\n`,
    `GET http://ana@${at}/user/ana/ HTTP/1.1\r\nHost: x\r\n${cookie}\r\n`,
    `GET http://169.254.169.254/latest/meta-data/ HTTP/1.1\r\nHost: 169.254.169.254\r\n${cookie}\r\n`,
    `CONNECT ${at} HTTP/1.1\r\nHost: ${at}\r\n${cookie}\r\n`,
    `OPTIONS * HTTP/1.1\r\nHost: ${at}\r\n${cookie}\r\n`,
    get('/user/ana/', `${cookie}X-Forwarded-Host: ${at}\r\nForwarded: host=${at}\r\n`),
    get(`/user/ana@${at}/`, cookie),
    get(`/user/@${at}/`, cookie),
    get(`/user/ana/%2f%2f${at}/`, cookie),
    get(`/${at}/`, cookie),
    upgrade(`/user/@${at}/`, cookie),
    upgrade('/user/ana/ws', `${cookie}X-Forwarded-Host: ${at}\r\n`),
  ]
  for (const request of requests) {
    const peer = await door.dial()
    peer.write(request)
    const answer = await peer.until('\r\n\r\n')
    t.ok(statusOf(answer) < 500, request.slice(0, 50))
    t.notMatch(answer, /^location: (?!\/[^/\\])/im, 'a redirect stays here')
  }
  t.equal(victim.peers.length, 0)
  t.equal(await connectionsOf(victim.server), 0)
})

t.test('a client that is no trusted proxy says nothing about itself', async (t) => {
  const door = await startDoor(t, { users: ['ana'] })
  await door.startServer('ana')
  const lies = 'X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.test\r\nX-Real-IP: 192.0.2.9\r\n'
  const page = await door.ask(get('/hub/login', lies))
  t.notMatch(page, /evil\.test|; ?secure|strict-transport/i)
  await door.ask(get('/user/ana/x', lies + cookieOf(door.logIn('ana'))))
  t.notMatch(door.seenBy('ana'), /192\.0\.2\.9|evil\.test/)
  t.match(door.seenBy('ana'), /x-forwarded-for: 127\.0\.0\.1\r\n/i)
  t.match(door.seenBy('ana'), /x-forwarded-proto: http\r\n/i)
}) // prettier-ignore

t.test('over TLS a login is in the __Host- cookie, and the plain one is nothing', async (t) => {
  const settings = { trusted_proxies: '127.0.0.1' }
  const door = await startDoor(t, { users: ['ana'], settings })
  const login = door.logIn('ana')
  const tls = 'X-Forwarded-Proto: https\r\nX-Forwarded-Host: hub.test\r\n'
  const secure = `Cookie: ${sessionCookie.secure}=${login.secret}\r\n`
  t.equal(statusOf(await door.ask(get('/hub/home', tls + secure))), 200)
  t.equal(statusOf(await door.ask(get('/hub/home', tls + cookieOf(login)))), 302)
  t.equal(statusOf(await door.ask(get('/hub/api/user', tls + cookieOf(login)))), 403)
  const two = `Cookie: ${sessionCookie.secure}=${login.secret}; ${sessionCookie.secure}=tossed\r\n`
  t.equal(statusOf(await door.ask(get('/hub/home', tls + two))), 302)
  const cookies = (await door.ask(get('/hub/login', tls))).match(/^set-cookie: .*$/gim) ?? []
  t.ok(cookies.length > 0)
  for (const cookie of cookies) t.match(cookie, /; Secure/i)
})

t.test('with an https public address the plain cookie is nothing either', async (t) => {
  const settings = { public_url: 'https://hub.test' }
  const door = await startDoor(t, { users: ['ana'], settings })
  t.equal(statusOf(await door.ask(get('/hub/home', cookieOf(door.logIn('ana'))))), 302)
})

t.test('HEAD is answered like GET without a body, by the hub and by servers', async (t) => {
  const door = await startDoor(t, { users: ['ana'] })
  await door.startServer('ana')
  const cookie = cookieOf(door.logIn('ana'))
  for (const path of ['/hub/login', '/hub/home', '/hub/health', '/user/ana/x']) {
    const lines = path === '/hub/login' ? '' : cookie
    const answer = await door.ask(get(path, lines).replace('GET', 'HEAD'))
    t.match(answer, /^HTTP\/1\.1 200 [^]*\r\n\r\n$/, path)
  }
  for (const method of ['PROPFIND', 'PURGE', 'TRACE', 'SOURCE'])
    t.match(
      await door.ask(get('/hub/home', cookie).replace('GET', method)),
      /^HTTP\/1\.1 40[0345] /,
    )
})
