/** Challenges over TLS are answered beside everybody else's connections, at the same port. */
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { createProtocolChoice, placeholderCertificate } from '../../src/tls/acme-alpn.ts'
import { type Challenge } from '../../src/tls/acme-order.ts'

const challenge: Challenge = {
  ...{ type: 'tls-alpn-01', name: 'hub.example.org' },
  ...{ token: 'token', keyAuthorization: 'token.thumbprint' },
}

async function listen(t: Test): Promise<number> {
  const ALPNCallback = createProtocolChoice((name) => name === challenge.name ? challenge : undefined) // prettier-ignore
  const server = tls.createServer({ ...placeholderCertificate(), ALPNCallback })
  server.on('tlsClientError', () => undefined)
  server.on('secureConnection', (socket) => {
    socket.on('error', () => undefined)
    socket.end('usual')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

async function connect(port: number, servername: string, ALPNProtocols?: string[]) {
  const offer = ALPNProtocols === undefined ? {} : { ALPNProtocols }
  const socket = tls.connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false, ...offer }) // prettier-ignore
  await once(socket, 'secureConnect')
  const seen = { protocol: socket.alpnProtocol, certificate: socket.getPeerX509Certificate() }
  socket.destroy()
  return seen
}

t.test('who asks for it sees a certificate that answers the challenge', async (t) => {
  const port = await listen(t)
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = tls.connect({ port, host: '127.0.0.1', servername: challenge.name, rejectUnauthorized: false, ALPNProtocols: ['acme-tls/1'], maxVersion: version }) // prettier-ignore
    await once(socket, 'secureConnect')
    t.equal(socket.alpnProtocol, 'acme-tls/1', version)
    const shown = socket.getPeerX509Certificate() ?? new X509Certificate('')
    t.equal(shown.subjectAltName, 'DNS:hub.example.org')
    t.ok(shown.raw.includes(createHash('sha256').update(challenge.keyAuthorization).digest()))
    socket.destroy()
  }
})

t.test('everybody else sees the usual one', async (t) => {
  const port = await listen(t)
  for (const offer of [['http/1.1'], ['h2', 'http/1.1'], undefined]) {
    const seen = await connect(port, challenge.name, offer)
    t.equal(seen.certificate?.subjectAltName, 'DNS:invalid')
    t.equal(seen.protocol, offer ? 'http/1.1' : false)
  }
})

t.test('a name without a challenge, and a protocol that is not spoken, are refused', async (t) => {
  const port = await listen(t)
  for (const [name, offer] of [
    ['other.example.org', ['acme-tls/1']],
    [challenge.name, ['h2']],
  ] as const)
    // prettier-ignore
    t.match(await connect(port, name, [...offer]).catch((e: unknown) => e), { code: /SSL|RESET/ })
})
