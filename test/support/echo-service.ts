/** A service that tells the headers it gets, and says back what comes over a WebSocket. */
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import { type Test } from 'tap'

/** @returns its port */
export async function startEcho(t: Test): Promise<number> {
  const server = http.createServer(({ headers }, response) => response.end(JSON.stringify(headers)))
  server.on('upgrade', (_, socket) => {
    socket.on('error', () => undefined)
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n') // prettier-ignore
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
