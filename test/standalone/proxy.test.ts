/** A proxy by itself: what it opens, and that nothing of it is left. */
import { existsSync, readFileSync } from 'node:fs'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import { connect as connectTls } from 'node:tls'
import { once } from 'node:events'
import t from 'tap'
import { startProxy } from '../../src/standalone/proxy.ts'
import { certificate, privateKey } from '../support/certificate.ts'
import { temporaryFolder } from '../support/hub.ts'
import { dial, get, startServer } from '../support/proxy.ts'
import { ask, logLines, portOf, standaloneOptions, startStandalone } from '../support/standalone.ts'

t.test('the default target is a route like any other', async (t) => {
  const { api } = await startStandalone(t, { defaultTarget: 'http://127.0.0.1:9' })
  t.match(JSON.parse((await api({})).text), { '/': { target: 'http://127.0.0.1:9' } })
})

t.test('stopping ends everything at once and leaves nothing', async (t) => {
  const pidFile = path.join(temporaryFolder(t), 'pid')
  const proxy = await startStandalone(t, { pidFile })
  t.equal(readFileSync(pidFile, 'utf8'), String(process.pid))
  const upstream = net.createServer()
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => upstream.close())
  proxy.table.add('/', { target: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` })
  const client = await dial(t, proxy.port)
  client.write(get('/waits'))
  await once(upstream, 'connection')
  await proxy.stop()
  await client.ended()
  t.equal(existsSync(pidFile), false)
  const again = await startProxy(
    standaloneOptions({ proxy: { host: '127.0.0.1', port: proxy.port } }),
    logLines().log,
  )
  await again.stop()
})

t.test('a port that is taken is told, and what was opened before is closed', async (t) => {
  const { port } = await startStandalone(t)
  const free = net.createServer()
  free.listen(0, '127.0.0.1')
  await once(free, 'listening')
  const first = (free.address() as AddressInfo).port
  free.close()
  const options = standaloneOptions({
    proxy: { host: '127.0.0.1', port: first },
    api: { host: '127.0.0.1', port },
  })
  const thrown: unknown = await startProxy(options, logLines().log).catch((e: unknown) => e)
  t.match(thrown, { name: 'ConfigError' })
  const one = net.createServer()
  one.listen(first, '127.0.0.1')
  await once(one, 'listening')
  one.close()
})

t.test('routes come back with the proxy', async (t) => {
  const storageFile = path.join(temporaryFolder(t), 'routes.json')
  const before = await startStandalone(t, { storageFile })
  await before.api({
    method: 'POST',
    path: '/api/routes/user/ana',
    body: { target: 'http://127.0.0.1:9', user: 'ana' },
  })
  const shown = (await before.api({})).text
  await before.stop()
  const after = await startStandalone(t, { storageFile })
  t.equal((await after.api({})).text, shown, 'with their last use')
})

t.test(
  'it speaks TLS in front and behind, and demands certificates of those who call its API',
  async (t) => {
    const server = https.createServer(
      { key: privateKey, cert: certificate, ca: certificate, requestCert: true },
      (request, response) => response.end(String(request.headers['x-forwarded-proto'])),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const own = { key: privateKey, cert: certificate }
    const trusting = { ...own, ca: certificate }
    const proxy = await startStandalone(t, {
      tls: own,
      apiTls: { ...trusting, requestCert: true },
      clientTls: trusting,
    })
    const target = `https://localhost:${(server.address() as AddressInfo).port}`
    proxy.table.add('/', { target })
    const asked = await fetchTls(proxy.port, trusting)
    t.match(asked, /^HTTP\/1\.1 200 [^]*\r\n\r\n5\r\nhttps\r\n|https$/)
    await t.rejects(fetchTls(proxy.apiPort, { ca: certificate }), 'nobody without a certificate')
    t.match(await fetchTls(proxy.apiPort, trusting), /^HTTP\/1\.1 404 /)
    const distrusting = await startStandalone(t, {})
    distrusting.table.add('/', { target })
    t.match(await ask({ host: '127.0.0.1', port: distrusting.port, path: '/' }), { status: 503 })
  },
)

async function fetchTls(port: number, options: object): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port, servername: 'localhost', ...options })
  socket.setEncoding('utf8')
  let text = ''
  socket.on('data', (part: string) => (text += part))
  await once(socket, 'secureConnect')
  socket.write(get('/x', 'Connection: close\r\n'))
  await once(socket, 'close')
  if (text === '') throw new Error('cut')
  return text
}

t.test('the plain port leads to the one that speaks TLS', async (t) => {
  const redirect = { place: { host: '127.0.0.1', port: 0 }, toPort: 443 }
  const tls = { key: privateKey, cert: certificate }
  const { places } = await startStandalone(t, { tls, redirect })
  t.match(await ask({ host: '127.0.0.1', port: portOf(places.redirect), path: '/a' }), {
    status: 301,
  })
})

t.test('a client on which nothing moves is cut, when that is asked for', async (t) => {
  const { port } = await startStandalone(t, { timeoutMs: 50 })
  await (await dial(t, port)).ended()
  t.pass('it was')
})

t.test('an upload of many chunks arrives as it was, over a Unix socket', async (t) => {
  const folder = temporaryFolder(t)
  const { server } = await startServer(t, (request, response) => void request.pipe(response))
  const socket = path.join(folder, 'server.sock')
  server.close()
  server.listen(socket)
  await once(server, 'listening')
  const front = path.join(folder, 'front.sock')
  const { table } = await startStandalone(t, { proxy: { path: front } })
  table.add('/', { target: `http+unix://${encodeURIComponent(socket)}` })
  const body = 'x'.repeat(200_000)
  const { text } = await ask({ socketPath: front, method: 'POST', path: '/' }, body)
  t.equal(text, body)
})
