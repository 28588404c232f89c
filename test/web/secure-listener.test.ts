/** HTTPS is switched on and off while people are there. */
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { placeholderCertificate } from '../../src/tls/acme-alpn.ts'
import { createSecureListener } from '../../src/web/secure-listener.ts'
import { secureRequest } from '../support/secure-client.ts'

function prepare(t: Test, port = 0) {
  const https = { enabled: false, port, tls: { cert: '', key: '' } }
  const letsencrypt = { email: '', domains: [], staging: false }
  const acme = { directory: '', trial: '', ca: '' }
  const config = { host: '127.0.0.1', https: { ...https, letsencrypt, acme } }
  const server = http.createServer((_, response) => response.end('here'))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, config }
}

const connect = async (port: number): Promise<net.Socket> => {
  const socket = net.connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  return socket
}

t.test('it listens while it is wanted, and what is open goes on', async (t) => {
  const { server, config } = prepare(t)
  const listener = createSecureListener({ server, config, socket: undefined })
  await listener.follow()
  t.equal(listener.port, undefined)
  config.https.enabled = true
  await listener.follow()
  const { port = 0 } = listener
  const open = await connect(port)
  t.teardown(() => open.destroy())
  open.write('GET / HTTP/1.1\r\nhost: x\r\n')
  config.https.enabled = false
  await listener.follow()
  t.equal(listener.port, undefined)
  t.match(await connect(port).catch((e: unknown) => e), { code: 'ECONNREFUSED' })
  open.write('\r\n')
  t.match(String((await once(open, 'data'))[0]), /^HTTP\/1\.1 200/)
  config.https.enabled = true
  config.https.port = port
  await listener.follow()
  await listener.follow()
  t.equal(listener.port, port, 'and again, while that one is open')
})

t.test('a socket that systemd holds stays, and turns people away meanwhile', async (t) => {
  const { config } = prepare(t)
  const { cert, key } = placeholderCertificate()
  const server = https.createServer({ cert, key }, (_, response) => response.end('here'))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  config.https.enabled = true
  // Only whether there is one counts: this process cannot take over a socket of its own.
  const listener = createSecureListener({ server, config, socket: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  config.https.enabled = false
  await listener.follow()
  t.ok(server.listening)
  t.equal(listener.port, undefined)
  const come = () => secureRequest(`https://127.0.0.1:${port}/`, undefined)
  t.match(await come().catch((e: unknown) => e), { code: 'ECONNRESET' })
  config.https.enabled = true
  t.match(await come(), { status: 200, body: 'here' })
})

t.test('a port that cannot be had is told with its setting', async (t) => {
  const holder = net.createServer()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  t.teardown(() => holder.close())
  const { server, config } = prepare(t, (holder.address() as AddressInfo).port)
  config.https.enabled = true
  const listener = createSecureListener({ server, config, socket: undefined })
  t.match(await listener.follow().catch((e: unknown) => e), { name: 'ConfigError', message: /is in use by another program/ }) // prettier-ignore
})
