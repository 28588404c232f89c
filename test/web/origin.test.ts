/** What is believed of where a request comes from (S-57). */
import { type IncomingMessage } from 'node:http'
import t from 'tap'
import { createOrigins } from '../../src/web/origin.ts'

const requestFrom = (
  remoteAddress: string,
  headers: Record<string, string> = {},
): IncomingMessage => ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage

t.test('what a stranger says in forwarded headers is not believed', (t) => {
  const origins = createOrigins({ trustedProxies: [], publicUrl: '' })
  const origin = origins.of(
    requestFrom('203.0.113.9', {
      host: 'hub.example.org:8000',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
    }),
  )
  t.same(origin, {
    proto: 'http',
    host: 'hub.example.org:8000',
    port: 8000,
    address: '203.0.113.9',
    trustedPeer: false,
  })
  t.end()
})

t.test('a trusted reverse proxy is believed, by address or by network', (t) => {
  for (const trustedProxies of [['10.1.2.3'], ['10.0.0.0/8'], ['10.0.0.0/8', '2001:db8::/32']]) {
    const origins = createOrigins({ trustedProxies, publicUrl: '' })
    const said = {
      host: 'localhost:8000',
      'x-forwarded-for': '198.51.100.7',
      'x-forwarded-proto': 'https, http',
      'x-forwarded-host': 'hub.example.org',
    }
    const origin = origins.of(requestFrom('::ffff:10.1.2.3', said))
    t.same(origin, {
      proto: 'https',
      host: 'hub.example.org',
      port: 443,
      address: '198.51.100.7',
      trustedPeer: true,
    })
    t.equal(origins.of(requestFrom('11.1.2.3', said)).trustedPeer, false)
  }
  t.end()
})

t.test('of a chain of addresses the nearest one that is no proxy of ours counts', (t) => {
  const origins = createOrigins({ trustedProxies: ['10.0.0.0/8'], publicUrl: '' })
  const address = (chain: string): string =>
    origins.of(requestFrom('10.0.0.1', { 'x-forwarded-for': chain })).address
  t.equal(address('1.2.3.4, 198.51.100.7, 10.0.0.2'), '198.51.100.7', 'the first may be made up')
  t.equal(address('10.0.0.3, 10.0.0.2'), '10.0.0.3')
  t.equal(address('nonsense'), '10.0.0.1')
  t.equal(address('2001:db8::7'), '2001:db8::7')
  t.end()
})

t.test('a public address that is set counts more than what the request says', (t) => {
  const origins = createOrigins({ trustedProxies: [], publicUrl: 'https://hub.example.org' })
  const origin = origins.of(requestFrom('127.0.0.1', { host: 'localhost:8000' }))
  t.match(origin, { proto: 'https', host: 'hub.example.org', port: 443 })
  t.end()
})

t.test('a hub that speaks TLS itself tells plain HTTP apart, whatever its public address', (t) => {
  const settings = { trustedProxies: ['10.0.0.1'], publicUrl: 'https://hub.example.org' }
  const origins = createOrigins({ ...settings, speaksTls: true })
  const host = 'hub.example.org'
  const plain = requestFrom('192.0.2.7', { host, 'x-forwarded-proto': 'https' })
  t.match(origins.of(plain), { proto: 'http', host })
  t.equal(origins.arrivedSecurely(plain), false)
  const socket = { remoteAddress: '192.0.2.7', encrypted: true }
  const secure = { socket, headers: { host } } as unknown as IncomingMessage
  t.match(origins.of(secure), { proto: 'https', host, port: 443 })
  t.equal(origins.arrivedSecurely(secure), true)
  const proxied = requestFrom('10.0.0.1', { host, 'x-forwarded-proto': 'https' })
  t.match(origins.of(proxied), { proto: 'https', host })
  t.equal(origins.arrivedSecurely(proxied), true)
  t.end()
})
