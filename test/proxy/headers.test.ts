/** Which header fields travel, and with what values. */
import { type IncomingMessage } from 'node:http'
import t from 'tap'
import { requestHead, responseFields, trailerFields } from '../../src/proxy/headers.ts'
import { type ExchangePolicy } from '../../src/proxy/policy.ts'
import { hubCookieNames, policyOf } from '../support/proxy.ts'

/** The lines that go up for these lines, without the ones that we always add. */
function sent(lines: readonly string[], policy: ExchangePolicy = policyOf()): string[] {
  const rawHeaders = lines.flatMap((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  const headers: Record<string, string> = {}
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    const value = rawHeaders[index + 1] ?? ''
    headers[name] = name in headers ? `${headers[name] ?? ''}, ${value}` : value
  }
  const socket = { remoteAddress: '::ffff:10.0.0.9' }
  const request = { method: 'GET', rawHeaders, headers, socket } as unknown as IncomingMessage
  const head = requestHead(request, { target: '/x?y', policy, framing: 'Content-Length: 3\r\n' })
  t.ok(head.startsWith('GET /x?y HTTP/1.1\r\nHost: '), 'request line')
  t.ok(head.endsWith('\r\nContent-Length: 3\r\n\r\n'), 'framing')
  return head.trimEnd().split('\r\n').slice(1, -1)
}

const ours = [
  'X-Forwarded-For: 192.0.2.7',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: hub.example.org',
  'X-Forwarded-Port: 443',
  'X-Real-IP: 192.0.2.7',
  'X-Scheme: https',
]

t.test('ordinary fields go up as they came, in their order and case', (t) => {
  const lines = ['Host: a.example:1', 'ACCEPT: */*', 'x-A: 1', 'X-a: 2', 'User-Agent: \u00c3\u00a9', 'Empty:']
  t.same(sent(lines), ['Host: a.example:1', ...ours, 'ACCEPT: */*', 'x-A: 1', 'X-a: 2', 'User-Agent: \u00c3\u00a9', 'Empty: '])
  t.same(sent([])[0], 'Host: hub.example.org', 'HTTP/1.0 may come without')
  t.end()
}) // prettier-ignore

t.test('fields of this connection stay here, and so do the ones that it names', (t) => {
  const lines = [
    'Host: h', 'Connection: close, X-Secret', 'connection: x-other', 'X-Secret: 1', 'X-Other: 2', 'Keep-Alive: timeout=5',
    'TE: trailers', 'Trailer: X-T', 'Transfer-Encoding: chunked', 'Upgrade: h2c', 'HTTP2-Settings: x', 'Content-Length: 9',
    'Proxy-Authorization: Basic x', 'Proxy-Authenticate: y', 'Proxy-Connection: close', 'Expect: 100-continue', 'Kept: 1',
  ] // prettier-ignore
  t.same(sent(lines), ['Host: h', ...ours, 'Kept: 1'])
  t.end()
})

t.test('a Connection field cannot remove what the proxy adds', (t) => {
  const policy = policyOf({ authorization: 'token abc' })
  const lines = ['Host: h', 'Connection: Host, Authorization, X-Forwarded-For, X-Real-IP, Content-Length']
  t.same(sent(lines, policy), ['Host: h', 'Authorization: token abc', ...ours])
  t.end()
}) // prettier-ignore

t.test('a stranger cannot say where a request comes from', (t) => {
  const lines = [
    'Host: h', 'X-Forwarded-For: 1.1.1.1', 'x-forwarded-proto: http', 'X-Forwarded-Host: evil', 'X-Forwarded-Port: 1',
    'X-Forwarded-Prefix: /evil', 'X-Forwarded-User: root', 'X-Real-IP: 1.1.1.1', 'X-Scheme: http', 'Forwarded: for=1.1.1.1',
    'X_Forwarded_For: 1.1.1.1', 'X_Real-IP: 1.1.1.1', 'x_scheme: http', 'X-Forwarded_User: root',
  ] // prettier-ignore
  t.same(sent(lines), ['Host: h', ...ours])
  t.end()
})

t.test('what a reverse proxy of ours says is kept', (t) => {
  const forwarded = { ...policyOf().forwarded, trustedPeer: true }
  const lines = [
    'Host: h', 'X-Forwarded-For: 192.0.2.7, 10.0.0.1', 'X-Forwarded-Proto: http', 'X-Forwarded-Host: out.example',
    'X-Forwarded-Port: 8080', 'X-Forwarded-Prefix: /p', 'X-Real-IP: 192.0.2.8', 'X-Scheme: http', 'Forwarded: for=x',
  ] // prettier-ignore
  t.same(sent(lines, policyOf({ forwarded })), [
    'Host: h',
    'X-Forwarded-For: 192.0.2.7, 10.0.0.1, 10.0.0.9',
    'X-Forwarded-Proto: http',
    'X-Forwarded-Host: out.example',
    'X-Forwarded-Port: 8080',
    'X-Real-IP: 192.0.2.8',
    'X-Scheme: http',
    'X-Forwarded-Prefix: /p',
    'Forwarded: for=x',
  ])
  t.same(sent(['Host: h'], policyOf({ forwarded })), ['Host: h', ...ours], 'what it left out is filled in')
  t.end()
}) // prettier-ignore

t.test('hub cookies are taken out of every Cookie line', (t) => {
  const lines = ['Host: h', 'Cookie: littlehub-session=s; a=1', 'cookie: b=2; flow=x', 'Cookie: flow=y']
  t.same(sent(lines), ['Host: h', ...ours, 'Cookie: a=1', 'cookie: b=2'])
  t.end()
}) // prettier-ignore

t.test("the client's Authorization passes, unless the door has one of its own", (t) => {
  const lines = ['Host: h', 'Authorization: Basic wrong', 'authorization: token other']
  t.same(sent(lines), ['Host: h', ...ours, 'Authorization: Basic wrong', 'authorization: token other'])
  t.same(sent(lines, policyOf({ authorization: 'token t' })), ['Host: h', 'Authorization: token t', ...ours])
  t.end()
}) // prettier-ignore

const scope = { prefix: '/user/ana@x/', hubCookieNames }

t.test('a response loses what is of one connection and what speaks for the whole origin', (t) => {
  const raw = [
    'Content-Type', 'text/html', 'Connection', 'close, X-Gone', 'X-Gone', '1', 'Keep-Alive', 'timeout=5', 'Transfer-Encoding',
    'chunked', 'Content-Length', '5', 'Trailer', 'X', 'Upgrade', 'h2c', 'Proxy-Authenticate', 'x', 'Clear-Site-Data', '"*"',
    'Alt-Svc', 'h3=":1"', 'NEL', '{}', 'Report-To', '{}', 'Strict-Transport-Security', 'max-age=1', 'Set-Cookie2', 'a=1',
    'Set-Cookie', 'a=1', 'SET-COOKIE', 'flow=1', 'set-cookie', 'b=2; Path=/hub/', 'Set-Cookie', 'c=3; Path=/', 'X-Kept', '\u00c3',
  ] // prettier-ignore
  t.same(responseFields(raw, scope), [
    'Content-Type',
    'text/html',
    'Set-Cookie',
    'a=1; Path=/user/ana@x/',
    'Set-Cookie',
    'c=3; Path=/user/ana@x/',
    'X-Kept',
    '\u00c3',
  ])
  t.end()
})

t.test('a service worker is allowed no more than its own prefix', (t) => {
  const cases: Record<string, string> = {
    '/': '/user/ana@x/',
    '/user/': '/user/ana@x/',
    '/user/ana@x/': '/user/ana@x/',
    '/user/ana@x/lab/': '/user/ana@x/lab/',
    '/user/ana@x/../bob/': '/user/ana@x/',
    '/user/ana@x/%2e%2e/': '/user/ana@x/',
    '/user/ana@xy/': '/user/ana@x/',
    '../../': '/user/ana@x/',
    'https://hub.example.org/': '/user/ana@x/',
  }
  for (const [value, expected] of Object.entries(cases))
    t.same(
      responseFields(['service-worker-allowed', value], scope),
      ['service-worker-allowed', expected],
      value,
    )
  t.end()
})

t.test('trailers cannot say what was decided before the body', (t) => {
  const raw = [
    'X-Sum', '1', 'Content-Length', '5', 'Set-Cookie', 'a=1', 'Cookie', 'flow=1', 'Authorization', 'x', 'Host', 'evil',
    'X-Forwarded-For', '1.1.1.1', 'x-forwarded-any', '1', 'Transfer-Encoding', 'chunked', 'Server-Timing', 'x',
  ] // prettier-ignore
  t.same(trailerFields(raw), ['X-Sum', '1', 'Server-Timing', 'x'])
  t.end()
})

t.test(
  'a program gets its own path before that of the request, and no key that is not for it',
  (t) => {
    const socket = { remoteAddress: '::1' }
    const rawHeaders = ['Host', 'h', 'Authorization', 'token of-the-hub']
    const request = { method: 'GET', rawHeaders, headers: { host: 'h' }, socket } as unknown
    const policy = policyOf({ basePath: '/deep', authorization: '' })
    const head = requestHead(request as IncomingMessage, { target: '/x?y', policy, framing: '' })
    t.match(head, /^GET \/deep\/x\?y HTTP\/1\.1\r\nHost: h\r\nX-Forwarded-For/)
    t.notMatch(head, /authorization|of-the-hub/i)
    t.end()
  },
)
