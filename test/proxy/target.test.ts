/** Addresses of servers, read and written. */
import t from 'tap'
import { targetOf, urlOf } from '../../src/proxy/target.ts'

t.test('an address names a port, with or without TLS, or a Unix socket', async (t) => {
  for (const [url, target] of [
    ['http://127.0.0.1:4321', { host: '127.0.0.1', port: 4321 }],
    ['https://example.org:8443', { host: 'example.org', port: 8443, tls: true }],
    [
      'unix:/run/a/s.sock',
      { host: 'localhost', port: 0, socket: '/run/a/s.sock', isForeign: true },
    ],
  ] as const) {
    t.same(targetOf(url), target)
    t.equal(urlOf(target), url)
  }
})

t.test('without a port it is the one of the protocol', async (t) => {
  t.match(targetOf('http://a.example'), { port: 80 })
  t.match(targetOf('https://a.example'), { port: 443, tls: true })
})
