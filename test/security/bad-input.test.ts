/** What is broken, too large or hostile gets an honest answer from a whole hub, and nobody else notices (S-08, S-58). */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createLog } from '../../src/lib/log.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createBrowser } from '../support/browser.ts'
import { cookieOf, get, startDoor, upgrade } from '../support/door.ts'
import { passwordOf, temporaryFolder } from '../support/hub.ts'
import { logIn, wordsOf } from '../support/pages.ts'
import { eventually } from '../support/proxy.ts'

const badNames = ['a/b', 'a\u0000b', '   ', 'x'.repeat(300), 'ana\r\nlogged in', '\u001b[31mana']

t.test('a name that nobody can have is 400 with a sentence, at the login and in the API', async (t) => {
  const lines: string[] = []
  const log = createLog({ level: 'info' }, { write: (line) => void lines.push(line) })
  const door = await startDoor(t, { users: ['admin'], log })
  const stranger = createBrowser(door.url)
  await stranger.open('/hub/login')
  const from = lines.length
  for (const name of badNames) {
    const { status } = await logIn(stranger, name, 'a password')
    t.equal(status, 400, JSON.stringify(name.slice(0, 9)))
  }
  t.equal(lines.length - from, badNames.length, 'one line each')
  t.ok(lines.slice(from).every((line) => line.length < 200))

  const { secret } = door.hub.context.tokens.issue({ user: door.userOf('admin'), note: '' })
  for (const name of badNames) {
    const body = JSON.stringify({ usernames: [name] })
    const headers = { authorization: `token ${secret}`, 'content-type': 'application/json' }
    const sent = { method: 'POST', headers, body }
    const answer = await fetch(`${door.url}/hub/api/users`, sent)
    t.equal(answer.status, 400, JSON.stringify(name.slice(0, 9)))
    const { message } = (await answer.json()) as { message: string }
    t.match(message, /^[A-Z][^\u0000-\u001f]{10,200}$/)
  }
  t.equal(door.hub.context.store.users.count(), 1)
}) // prettier-ignore

t.test('a body over the limit is 413 for strangers too, and is not read to its end', async (t) => {
  const lines: string[] = []
  const log = createLog({ level: 'info' }, { write: (line) => void lines.push(line) })
  const door = await startDoor(t, { users: ['ana'], log })
  const stranger = createBrowser(door.url)
  await stranger.open('/hub/login')
  const from = lines.length
  const page = await logIn(stranger, 'x'.repeat(2_000_000), 'a password')
  t.equal(page.status, 413)
  t.match(wordsOf(page), /larger than this hub takes/)
  t.ok(lines.slice(from).join('').length < 300, 'a short line at most')
  const endless = await door.dial()
  endless.write(
    'POST /hub/api/users HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999\r\nContent-Type: application/json\r\n\r\n{',
  )
  t.match(await endless.until('\r\n\r\n'), /^HTTP\/1\.1 4(?:03|13) /)
})

t.test('on a full disk a login is an honest 503, the rest goes on, and nothing is lost', async (t) => {
  const dataDir = path.join(temporaryFolder(t), 'data')
  mkdirSync(dataDir, { mode: 0o700 })
  const log = createLog({ level: 'silent' })
  const database = openDatabase(path.join(dataDir, 'littlehub.db'), { log })
  const door = await startDoor(t, { users: ['ana', 'ben'], dataDir, database, log })
  await door.startServer('ben')
  const ben = cookieOf(door.logIn('ben'))
  const socket = await door.dial()
  socket.write(upgrade('/user/ben/ws', ben))
  await socket.until('open')
  const browser = createBrowser(door.url)
  await browser.open('/hub/login')

  database.pragma('query_only = on')
  const page = await logIn(browser, 'ana')
  t.equal(page.status, 503)
  t.match(wordsOf(page), /disk of this hub is full/)
  t.equal((await logIn(browser, 'ana')).status, 503, 'and again: it lives')
  t.match(await door.ask(get('/user/ben/x', ben)), /server of ben/)
  t.match(await door.ask(get('/hub/home', ben)), /^HTTP\/1\.1 200 /)
  t.equal(socket.socket.readyState, 'open')

  database.pragma('query_only = off')
  t.equal((await logIn(browser, 'ana')).status, 302)
  t.match(await door.ask(get('/hub/home', ben)), /^HTTP\/1\.1 200 /)
}) // prettier-ignore

t.test('a key that cannot be written down costs one request, not the hub', async (t) => {
  const dataDir = path.join(temporaryFolder(t), 'data')
  mkdirSync(dataDir, { mode: 0o700 })
  const log = createLog({ level: 'silent' })
  const database = openDatabase(path.join(dataDir, 'littlehub.db'), { log })
  const door = await startDoor(t, { users: ['ana', 'admin'], dataDir, database, log })
  await door.startServer('ana')
  const { secret } = door.hub.context.tokens.issue({ user: door.userOf('admin'), note: '' })
  const token = `Authorization: token ${secret}\r\n`
  database.pragma('query_only = on')
  t.match(await door.ask(get('/user/ana/x', token)), /^HTTP\/1\.1 503 /)
  t.match(await door.ask(upgrade('/user/ana/ws', token)), /^HTTP\/1\.1 503 /)
  database.pragma('query_only = off')
  t.match(await door.ask(get('/user/ana/x', token)), /server of ana/)
})

t.test('malformed HTTP is 400 and closed, while a neighbour is served', async (t) => {
  const door = await startDoor(t, { users: ['ana'] })
  await door.startServer('ana')
  const cookie = cookieOf(door.logIn('ana'))
  const neighbour = await door.dial()
  const garbage = [
    'GARBAGE\r\n\r\n',
    'GET / HTTP/9.9\r\nHost: h\r\n\r\n',
    'GET /hub/login HTTP/1.1\r\n\r\n',
    'GET /hub/\u0000 HTTP/1.1\r\nHost: h\r\n\r\n',
    'GET /user/ana/x HTTP/1.1\r\nHost: h\r\nX y: z\r\n\r\n',
    `POST /user/ana/x HTTP/1.1\r\nHost: h\r\n${cookie}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `POST /hub/login HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
  ]
  for (const bytes of garbage) {
    const stranger = await door.dial()
    stranger.write(bytes)
    neighbour.clear()
    neighbour.write(get('/user/ana/x', cookie))
    await neighbour.until('server of ana')
    t.match(await stranger.ended(), /^HTTP\/1\.1 400 /, JSON.stringify(bytes.slice(0, 40)))
  }
  t.match(await door.ask(get('/hub/health')), /^HTTP\/1\.1 200 /)
})

t.test('a server killed under its requests: an honest answer, the reason, and then 424', async (t) => {
  const door = await startDoor(t, { users: ['ana'] })
  await door.startServer('ana')
  const cookie = `${cookieOf(door.logIn('ana'))}Accept: application/json\r\n`
  const [waiting, socket] = [await door.dial(), await door.dial()]
  waiting.write(get('/user/ana/silence', cookie))
  socket.write(upgrade('/user/ana/ws', cookie))
  await socket.until('open')
  await eventually(() => door.seenBy('ana').includes('/silence'))
  door.kill('ana')
  t.match(await waiting.until('\r\n\r\n'), /^HTTP\/1\.1 (?:424|503) /)
  await socket.ended()
  await eventually(() => door.serverOf('ana').state === 'stopped')
  t.match(door.serverOf('ana').failure, { exitCode: 137 })
  t.match(await door.ask(get('/user/ana/x', cookie)), /^HTTP\/1\.1 424 /)
  const browser = createBrowser(door.url)
  await logIn(browser, 'ana', passwordOf('ana'))
  t.match(wordsOf(await browser.open('/hub/home')), /137/)
}) // prettier-ignore
