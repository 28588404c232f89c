/** HTTPS by itself: names in the configuration are all that a hub needs. A real authority (pebble) looks from outside. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { DAY, sleep } from '../../src/lib/time.ts'
import { openWebSocket, prepareAcmeHub, untilProblem, untilShown } from '../support/acme-hub.ts'
import { createBrowser } from '../support/browser.ts'
import { startEcho } from '../support/echo-service.ts'
import { addUser, passwordOf } from '../support/hub.ts'
import { startPebble } from '../support/pebble.ts'
import { secureRequest } from '../support/secure-client.ts'

t.test('a hub gets a certificate for all its names, and people are led to it', async (t) => {
  const domains = ['hub.test.example', 'jupyter.test.example']
  const pebble = await startPebble(t, { names: domains })
  const prepared = prepareAcmeHub(t, pebble, { domains, email: 'teacher@test.example' })
  const hub = await prepared.start()
  const plain = (name: string) =>
    fetch(`${hub.url}${name}`, { redirect: 'manual', headers: { connection: 'close' } })
  t.equal((await plain('hub/login')).status, 200, 'plain HTTP goes on meanwhile')
  t.same((await untilShown(hub)).names, domains)
  t.equal((await plain('hub/login')).status, 200, 'nobody has come in yet')
  const ca = await pebble.root()
  const servername = 'jupyter.test.example'
  const headers = { host: servername }
  const login = await secureRequest(`${hub.secureUrl}hub/login`, ca, { servername, headers })
  t.match(login, { status: 200, headers: { 'strict-transport-security': /max-age=31536000/ } })
  t.equal((await plain('hub/login')).status, 301)
  t.equal(hub.context.acme.problem, undefined)
  const dir = path.join(prepared.dataDir, 'acme')
  for (const name of ['.', ...readdirSync(dir)]) {
    const { mode } = statSync(path.join(dir, name))
    t.equal(mode & 0o077, 0, `nobody else reads ${name}`)
  }
})

t.test('where port 80 is not its own, a hub shows over TLS whose name it is', async (t) => {
  const pebble = await startPebble(t)
  const prepared = prepareAcmeHub(t, pebble, { port: 0 })
  const hub = await prepared.start()
  t.same((await untilShown(hub)).names, ['hub.test.example'])
  const servername = 'hub.test.example'
  const ca = await pebble.root()
  t.match(await secureRequest(`${hub.secureUrl}hub/health`, ca, { servername }), { status: 200 })
})

t.test('a renewal cuts nobody off, and a restart asks for nothing', async (t) => {
  const pebble = await startPebble(t)
  const echo = await startEcho(t)
  const more = `services: [{ name: echo, url: 'http://127.0.0.1:${echo}', access: public }]`
  const prepared = prepareAcmeHub(t, pebble, { more })
  let hub = await prepared.start()
  const first = await untilShown(hub)
  const socket = await openWebSocket(hub, '/services/echo/')
  t.teardown(() => socket.destroy())
  prepared.advance(((first.validTo.getTime() - Date.now()) * 2) / 3 + DAY)
  await hub.reload()
  const second = await untilShown(hub, ({ serial }) => serial !== first.serial)
  socket.write('still here')
  t.match(await once(socket, 'data'), ['still here'])
  socket.destroy()
  await hub.stop()
  const orders = (): number => pebble.output().match(/order-plz/g)?.length ?? 0
  const before = orders()
  hub = await prepared.start()
  t.equal((await untilShown(hub)).serial, second.serial)
  t.equal(orders(), before)
})

t.test('names change while everybody goes on', async (t) => {
  const pebble = await startPebble(t, { names: ['hub.test.example', 'b.test.example'] })
  const prepared = prepareAcmeHub(t, pebble)
  const hub = await prepared.start()
  await untilShown(hub)
  prepared.write({ domains: ['hub.test.example', 'b.test.example'] })
  t.match(await hub.reload(), { applied: ['https.letsencrypt.domains'], needsRestart: [] })
  t.same((await untilShown(hub, ({ names }) => names.length === 2)).names.toSorted(), ['b.test.example', 'hub.test.example']) // prettier-ignore
})

t.test('HTTPS is switched on and off while everybody goes on', async (t) => {
  const pebble = await startPebble(t)
  const more = `services: [{ name: echo, url: 'http://127.0.0.1:${await startEcho(t)}', access: public }]`
  const prepared = prepareAcmeHub(t, pebble, { enabled: false, more })
  const hub = await prepared.start()
  t.equal(hub.secureUrl, '')
  prepared.write({ enabled: true })
  t.match(await hub.reload(), { applied: ['https.enabled'], needsRestart: [] })
  const first = await untilShown(hub)
  const socket = await openWebSocket(hub, '/services/echo/')
  t.teardown(() => socket.destroy())
  const plain = () =>
    fetch(`${hub.url}hub/login`, { redirect: 'manual', headers: { connection: 'close' } })
  const headers = { host: 'hub.test.example' }
  await secureRequest(`${hub.secureUrl}hub/login`, undefined, { headers })
  t.equal((await plain()).status, 301, 'somebody has come in over HTTPS')
  prepared.write({ enabled: false })
  t.match(await hub.reload(), { applied: ['https.enabled'], needsRestart: [] })
  t.equal(hub.secureUrl, '')
  t.equal((await plain()).status, 200)
  socket.write('still here')
  t.match(await once(socket, 'data'), ['still here'])
  prepared.write({ enabled: true })
  await hub.reload()
  t.equal((await untilShown(hub)).serial, first.serial, 'nothing new is asked for')
})

t.test('a name that leads nowhere is told, and plain HTTP goes on', async (t) => {
  const pebble = await startPebble(t)
  const prepared = prepareAcmeHub(t, pebble, { domains: ['gone.test.example'] })
  const hub = await prepared.start()
  t.match(await untilProblem(hub), /gone\.test\.example does not resolve: add an A record/)
  t.match(prepared.lines(), /no certificate could be obtained/)
  await addUser(hub, 'admin')
  const browser = createBrowser(hub.url.replace(/\/$/, ''))
  const form = await browser.open('/hub/login')
  await browser.submit(form, /login/, { username: 'admin', password: passwordOf('admin') })
  t.match((await browser.open('/hub/admin')).text, /gone\.test\.example does not resolve/)
})

t.test('a hub that is killed in the middle of an order gets its certificate later', async (t) => {
  const pebble = await startPebble(t, { sleepSeconds: 3 })
  const prepared = prepareAcmeHub(t, pebble)
  const { httpPort, tlsPort } = pebble.network
  const words = [path.join(import.meta.dirname, 'inside/acme-hub.ts'), prepared.file, httpPort, tlsPort].map(String) // prettier-ignore
  const child = spawn(process.execPath, words, { stdio: 'ignore' })
  const ended = once(child, 'exit')
  for (const end = Date.now() + 30_000; Date.now() < end && !pebble.output().includes('/chalZ/');)
    await sleep(50)
  t.match(pebble.output(), /chalZ/, 'it is in the middle')
  child.kill('SIGKILL')
  await ended
  const hub = await prepared.start()
  t.same((await untilShown(hub)).names, ['hub.test.example'])
  t.match(pebble.output().match(/There are now \d+ accounts/g), ['There are now 1 accounts'])
})
