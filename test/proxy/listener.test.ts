/** Limits of the listening server, and what malformed requests get. */
import { once } from 'node:events'
import { type IncomingMessage } from 'node:http'
import { type AddressInfo } from 'node:net'
import t from 'tap'
import {
  createFrontServer,
  frontServerOptions,
  isWebSocketRequest,
} from '../../src/proxy/listener.ts'
import { answering, dial as dialPort, eventually, get, startPair } from '../support/proxy.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'

t.test('a head that is too large gets 431, a smaller one passes', async (t) => {
  const { dial } = await startPair(t, answering(ok))
  const large = await dial()
  large.write(get('/user/ana/', `X: ${'y'.repeat(30_000)}\r\n`))
  t.match(await large.ended(), /^HTTP\/1\.1 431 [^]*Connection: close\r\n/)
  const path = await dial()
  path.write(get(`/user/ana/${'y'.repeat(30_000)}`))
  t.match(await path.ended(), /^HTTP\/1\.1 431 /)
  const fair = await dial()
  fair.write(get('/user/ana/', `Cookie: a=${'y'.repeat(12_000)}\r\n`))
  await fair.until('hi')
})

t.test('none of many header lines is left out, and too many get 431', async (t) => {
  const { dial, upstream } = await startPair(t, answering(ok))
  const client = await dial()
  client.write(get('/user/ana/', `${'a:\r\n'.repeat(250)}Last: 1\r\n`))
  await client.until('hi')
  t.match((await upstream.first()).text(), /\r\nLast: 1\r\n/)
  for (const more of ['', 'Connection: Upgrade\r\nUpgrade: websocket\r\n']) {
    const many = await dial()
    many.write(get('/user/ana/', `${more}${'a:\r\n'.repeat(300)}`))
    t.match(await many.ended(), /^HTTP\/1\.1 431 [^]*Connection: close\r\n/)
  }
  t.equal(upstream.peers.length, 1)
})

t.test('without a Host it is refused, and with it all that came behind', async (t) => {
  const { dial } = await startPair(t, answering(ok))
  const asked: string[] = []
  const server = createFrontServer((request, response) => {
    asked.push(request.httpVersion)
    response.end('ok')
  })
  server.listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = await dialPort(t, port)
  client.write('GET /user/ana/ HTTP/1.1\r\n\r\n'.repeat(100))
  t.same((await client.ended()).match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 400'])
  const old = await dialPort(t, port)
  old.write('GET / HTTP/1.0\r\n\r\n')
  t.match(await old.ended(), /^HTTP\/1\.1 200 /)
  t.same(asked, ['1.0'])
  const upgrade = await dial()
  upgrade.write('GET /user/ana/ HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  t.match(await upgrade.ended(), /^HTTP\/1\.1 400 /)
})

t.test('what else is expected is nobody’s concern, and takes its turn', async (t) => {
  const { dial, upstream } = await startPair(t, answering(ok))
  const client = await dial()
  client.write(get('/user/ana/', 'Expect: x\r\n'))
  await client.until('hi')
  t.notMatch((await upstream.first()).text(), /expect/i)
  const many = await dial()
  many.write(get('/user/ana/', 'Expect: x\r\n').repeat(200))
  t.equal(await many.ended(), '', 'more than may wait')
})

t.test('a head that is too slow gets 408, and so does silence', async (t) => {
  const server = { headersTimeout: 200, connectionsCheckingInterval: 50 }
  const { dial } = await startPair(t, answering(ok), { server })
  const slow = await dial()
  slow.write('GET /user/ana/ HTTP/1.1\r\nHost: h\r\n')
  const drip = setInterval(() => slow.write('X: y\r\n'), 60)
  t.match(await slow.ended(), /^HTTP\/1\.1 408 /)
  clearInterval(drip)
  const silent = await dial()
  t.match(await silent.ended(), /^(?:HTTP\/1\.1 408 [^]*)?$/)
})

t.test('an upload may take as long as it takes', async (t) => {
  t.equal(frontServerOptions.requestTimeout, 0)
  const server = { headersTimeout: 200, connectionsCheckingInterval: 50 }
  const { dial, upstream } = await startPair(t, undefined, { server })
  const client = await dial()
  client.write('PUT /user/ana/ HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n')
  for (let byte = 0; byte < 10; byte++) {
    await new Promise((resolve) => setTimeout(resolve, 60))
    client.write('x')
  }
  const peer = await upstream.first()
  await peer.until('x'.repeat(10))
  peer.write(ok)
  await client.until('hi')
})

t.test('nothing malformed is answered into the middle of an answer', async (t) => {
  const { dial, upstream } = await startPair(
    t,
    answering('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
    { nodeOnly: true },
  )
  for (const waiting of ['', get()]) {
    const client = await dial()
    client.write(get() + waiting)
    await client.until('half')
    client.write('\u0000garbage\r\n\r\n')
    t.notMatch(await client.ended(), /400/)
    await upstream.peers.at(-1)?.ended()
  }
})

t.test('CONNECT and asterisk are no ways to a server', async (t) => {
  const { dial, upstream } = await startPair(t, answering(ok))
  const tunnel = await dial()
  tunnel.write('CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n')
  t.match(await tunnel.ended(), /^HTTP\/1\.1 405 /)
  const asterisk = await dial()
  asterisk.write('OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n')
  t.match(await asterisk.until('none'), /^HTTP\/1\.1 404 /)
  t.equal(upstream.peers.length, 0)
})

t.test('a client that vanishes while it is refused harms nobody', async (t) => {
  const { dial, server } = await startPair(t, answering(ok))
  const rude = await Promise.all(Array.from({ length: 20 }, () => dial()))
  for (const client of rude) {
    client.write('\u0000\r\n\r\n')
    client.socket.resetAndDestroy()
  }
  await eventually(() => rude.every(({ socket }) => socket.closed))
  const polite = await dial()
  polite.write(get())
  await polite.until('hi')
  t.ok(server.listening)
})

t.test('a WebSocket is asked for in one form only', (t) => {
  const asks = (changes: object = {}, headers: object = {}) =>
    isWebSocketRequest({
      method: 'GET',
      httpVersion: '1.1',
      rawHeaders: [],
      headers: { host: 'h', upgrade: 'websocket', ...headers },
      ...changes,
    } as unknown as IncomingMessage)
  t.equal(asks(), true)
  t.equal(asks({}, { upgrade: 'WebSocket', 'content-length': '0' }), true)
  t.equal(asks({ method: 'POST' }), false)
  t.equal(asks({ httpVersion: '1.0' }), false)
  t.equal(asks({}, { upgrade: 'h2c' }), false)
  t.equal(asks({}, { host: undefined }), false)
  t.equal(asks({}, { upgrade: 'websocket, h2c' }), false)
  t.equal(asks({}, { upgrade: undefined }), false)
  t.equal(asks({}, { 'content-length': '5' }), false)
  t.equal(asks({}, { 'transfer-encoding': 'chunked' }), false)
  t.end()
})
