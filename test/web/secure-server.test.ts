/** TLS as it should be: nothing old, and a new certificate without a new connection. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { type Certificate } from '../../src/tls/certificate.ts'
import { guardServer } from '../../src/proxy/listener.ts'
import { createSecureServer } from '../../src/web/secure-server.ts'
import { createAuthority } from '../support/made-certificates.ts'

function prepare(t: Test) {
  const authority = createAuthority(t.testdir())
  const make = (name: string): Certificate => {
    const files = authority.sign(name, ['localhost'])
    const [cert, key] = [readFileSync(files.cert, 'utf8'), readFileSync(files.key, 'utf8')]
    return { cert, key, names: ['localhost'], validFrom: new Date(), validTo: new Date() }
  }
  let current: Certificate | undefined
  const listeners: (() => void)[] = []
  const certificates = {
    find: () => current,
    look: () => undefined,
    onChange: (listener: () => void) => void listeners.push(listener),
  }
  const server = createSecureServer(certificates, { challengeFor: () => undefined })
  server.on('request', (_, response) => response.end('here'))
  const use = (name: string): void => {
    current = make(name)
    for (const listener of listeners) listener()
  }
  return { server, use, ca: readFileSync(authority.root.cert, 'utf8') }
}

async function listen(t: Test, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const connect = (port: number, options: tls.ConnectionOptions): Promise<tls.TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ...options })
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', reject)
  })
const nameOf = (socket: tls.TLSSocket): string | string[] | undefined =>
  socket.getPeerCertificate().subject.CN

t.test('nothing older than TLS 1.2 is spoken, and nothing without forward secrecy', async (t) => {
  const { server, use, ca } = prepare(t)
  use('one')
  const port = await listen(t, server)
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await connect(port, { ca, minVersion: version, maxVersion: version })
    t.equal(socket.getProtocol(), version)
    socket.destroy()
  }
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const
  t.match(await connect(port, { ca, ...old }).catch((e: unknown) => e), { code: /SSL|ECONNRESET/ })
  const weak = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' } as const
  t.match(await connect(port, { ca, ...weak }).catch((e: unknown) => e), { code: /SSL/ })
})

t.test('a new certificate is shown to new connections, and open ones go on', async (t) => {
  const { server, use, ca } = prepare(t)
  const port = await listen(t, server)
  t.match(await connect(port, { ca }).catch((e: unknown) => e), { code: /UNSPECIFIED|SSL|SELF/ })
  const blind = await connect(port, { rejectUnauthorized: false })
  blind.end('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  t.same(await text(blind), '', 'nobody who looks away is answered either')
  use('one')
  const before = await connect(port, { ca })
  t.equal(nameOf(before), 'one')
  use('two')
  const after = await connect(port, { ca })
  t.equal(nameOf(after), 'two')
  before.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const [answer]: unknown[] = await once(before, 'data')
  t.match(String(answer), /^HTTP\/1\.1 200/)
  before.destroy()
  after.destroy()
})

t.test('who comes back resumes the session by its ticket', async (t) => {
  const { server, use, ca } = prepare(t)
  use('one')
  const port = await listen(t, server)
  const first = await connect(port, { ca, maxVersion: 'TLSv1.2' })
  const session = first.getSession()
  first.destroy()
  const second = await connect(port, { ca, maxVersion: 'TLSv1.2', ...(session ? { session } : {}) })
  t.ok(second.isSessionReused())
  second.destroy()
})

t.test('what is no TLS is let go of, and everybody else is answered', async (t) => {
  const { server, use, ca } = prepare(t)
  guardServer(server)
  use('one')
  const port = await listen(t, server)
  for (const bytes of [
    'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    '\x16\x03\x01\xff\xff\x01',
    'a'.repeat(70_000),
  ]) {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.end(bytes, 'latin1')
    socket.resume()
    await new Promise((resolve) => socket.once('close', resolve))
  }
  const socket = await connect(port, { ca })
  t.ok(socket.authorized)
  socket.destroy()
})
