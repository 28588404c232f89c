/** Plain HTTP leads to HTTPS, once that is known to work. */
import { readFileSync } from 'node:fs'
import { type IncomingMessage, type ServerResponse } from 'node:http'
import t from 'tap'
import { type Certificate } from '../../src/tls/certificate.ts'
import { createSecureRedirect, type SecureRedirectNeeds } from '../../src/web/secure-redirect.ts'
import { createAuthority } from '../support/made-certificates.ts'

const names = ['*.example.org', 'hub.example.com']
const { cert } = createAuthority(t.testdir()).sign('hub', names)
const certificate: Certificate = {
  ...{ cert: readFileSync(cert, 'utf8'), key: '', names },
  ...{ validFrom: new Date(0), validTo: new Date(0) },
}

const requestOf = (url: string, host?: string, method = 'GET') =>
  ({ url, method, headers: { host } }) as unknown as IncomingMessage

const redirectOf = (changes: Partial<SecureRedirectNeeds> = {}) =>
  createSecureRedirect({
    ...{ baseUrl: '/', publicUrl: '', port: () => 443 },
    isProven: () => true,
    certificate: () => certificate,
    arrivedSecurely: () => false,
    ...changes,
  })

function answerTo(request: IncomingMessage, changes: Partial<SecureRedirectNeeds> = {}) {
  const written: unknown[] = []
  const response = { writeHead: (...all: unknown[]) => written.push(...all), end: () => undefined }
  redirectOf(changes).answer(request, response as unknown as ServerResponse)
  const [status, headers] = written as [number, Record<string, string>]
  return { status, location: headers['location'], ...headers }
}

t.test('not before it is proven, not the health, not what came securely', async (t) => {
  t.ok(redirectOf().isWanted(requestOf('/hub/login')))
  t.notOk(redirectOf({ isProven: () => false }).isWanted(requestOf('/hub/login')))
  t.notOk(redirectOf({ arrivedSecurely: () => true }).isWanted(requestOf('/hub/login')))
  t.notOk(redirectOf().isWanted(requestOf('/hub/health?x')))
  t.ok(redirectOf().isWanted(requestOf('/hub/healthy')))
  t.notOk(redirectOf({ baseUrl: '/b/' }).isWanted(requestOf('/b/hub/health')))
})

t.test('the method stays, and nobody remembers it', async (t) => {
  const read = answerTo(requestOf('/hub/login?next=%2F', 'hub.example.com:80'))
  t.match(read, { status: 301, location: 'https://hub.example.com/hub/login?next=%2F' })
  t.match(read, { 'cache-control': 'no-store', connection: undefined })
  t.match(answerTo(requestOf('/hub/api/users', 'hub.example.com', 'POST')), { status: 308, connection: 'close' }) // prettier-ignore
})

t.test('it leads to a name that the certificate is for', async (t) => {
  const to = (host: string | undefined, changes = {}) => answerTo(requestOf('/a', host), changes).location // prettier-ignore
  t.equal(to('x.example.org'), 'https://x.example.org/a')
  t.equal(to('192.0.2.7:8000'), 'https://hub.example.com/a')
  t.equal(to('evil.test'), 'https://hub.example.com/a')
  t.equal(to(undefined), 'https://hub.example.com/a')
  t.equal(to('x.example.org@evil.test'), 'https://hub.example.com/a')
  t.equal(to('hub.example.com', { port: () => 8443 }), 'https://hub.example.com:8443/a')
  t.equal(
    to('evil.test', { publicUrl: 'https://p.example.org:444' }),
    'https://p.example.org:444/a',
  )
})

t.test('the whole form of an address leads nowhere else', async (t) => {
  const to = (url: string) => answerTo(requestOf(url, 'hub.example.com')).location
  t.equal(to('http://evil.test/a?b'), 'https://hub.example.com/a?b')
  t.equal(to('http://evil.test'), 'https://hub.example.com/')
  t.equal(to('//evil.test/a'), 'https://hub.example.com//evil.test/a')
  t.equal(to('*'), 'https://hub.example.com/*')
})
