/** What a probe makes of answers: of the hub's own, and of everything that may stand in its place. */
import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { probeUpload, probeWebSocket, uploadBytes } from '../../src/cli/front-probe.ts'
import { freePort } from '../support/free-port.ts'
import { startHub } from '../support/hub.ts'

t.test('the hub tells what it saw', async (t) => {
  const { hub, url } = await startHub(t, { users: ['admin'] })
  const user = hub.context.store.users.getByName('admin')
  const { secret } = hub.context.tokens.issue({ user, note: 'test' })
  const probed = await probeWebSocket(new URL(`${url}/hub/health`), secret)
  t.match(probed, { seen: { host: new URL(url).host, trusted: false, forwarded_for: '' } })
})

async function startServer(t: Test, prepare: (server: http.Server) => void): Promise<URL> {
  const server = http.createServer()
  prepare(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}

t.test('an answer without a WebSocket is told as it is', async (t) => {
  const url = await startServer(t, (server) =>
    server.on('request', (_, response) => response.writeHead(502, { server: 'front' }).end()),
  )
  t.match(await probeWebSocket(url, 'x'), { answer: { status: 502, headers: { server: 'front' } } })
})

t.test('a WebSocket through which nothing comes is told', async (t) => {
  const url = await startServer(t, (server) =>
    server.on('upgrade', (_, socket) =>
      socket.end(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      ),
    ),
  )
  t.match(await probeWebSocket(url, 'x'), { why: /nothing came through/ })
})

t.test('where nobody listens, why is told', async (t) => {
  const url = new URL(`http://127.0.0.1:${await freePort()}/`)
  t.match(await probeWebSocket(url, 'x'), { why: /ECONNREFUSED/ })
  t.match(await probeUpload(url, 'x'), { why: /ECONNREFUSED/ })
})

t.test('an upload is sent whole, and an early refusal is an answer', async (t) => {
  let bytes = 0
  const taking = await startServer(t, (server) =>
    server.on('request', (request, response) => {
      request.on('data', (chunk: Buffer) => (bytes += chunk.length))
      request.on('end', () => response.writeHead(405).end())
    }),
  )
  t.match(await probeUpload(taking, 'x'), { status: 405 })
  t.equal(bytes, uploadBytes)
  const refusing = await startServer(t, (server) =>
    server.on('request', (_, response) => response.writeHead(413, { connection: 'close' }).end()),
  )
  t.match(await probeUpload(refusing, 'x'), { status: 413 })
})
