/** Header fields through a proxy before another hub. */
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import { plainRules, type PlainHeaderOptions } from '../../src/proxy/plain-headers.ts'
import { plainHeaders } from '../support/standalone.ts'

function requestWith(...fields: [string, string][]): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  request.method = 'GET'
  request.rawHeaders = fields.flat()
  for (const [name, value] of fields) request.headers[name.toLowerCase()] = value
  return request
}

function linesFor(request: IncomingMessage, options: Partial<PlainHeaderOptions> = {}): string[] {
  const hop = { target: '/x', isEncrypted: true, server: new URL('http://10.0.0.1:81/') }
  const rules = plainRules(request, hop, { ...plainHeaders, ...options })
  return rules.requestLines(request).split('\r\n').slice(0, -1)
}

const host: [string, string] = ['Host', 'hub.example.org:8443']

t.test('fields travel as they came, but for those of one hop', async (t) => {
  const request = requestWith(
    host,
    ['Cookie', 'jupyterhub-session-id=1; _xsrf=2'],
    ['Authorization', 'token abc'],
    ['Connection', 'close, X-Hop'],
    ['X-Hop', 'gone'],
    ['Keep-Alive', 'timeout=5'],
    ['TE', 'trailers'],
    ['Transfer-Encoding', 'chunked'],
    ['Proxy-Authorization', 'Basic x'],
    ['Accept', 'a'],
    ['accept', 'b'],
  )
  t.same(linesFor(request, { addForwarded: false }), [
    'Host: hub.example.org:8443',
    'Cookie: jupyterhub-session-id=1; _xsrf=2',
    'Authorization: token abc',
    'Accept: a',
    'accept: b',
  ])
})

t.test('what came through other proxies is kept, and this hop written behind it', async (t) => {
  const request = requestWith(
    host,
    ['X-Forwarded-For', '203.0.113.9'],
    ['X-Forwarded-Proto', 'http'],
    ['X-Forwarded-Host', 'outer.example.org'],
  )
  Object.defineProperty(request.socket, 'remoteAddress', { value: '::ffff:192.0.2.1' })
  t.same(linesFor(request).slice(1), [
    'x-forwarded-for: 203.0.113.9,192.0.2.1',
    'x-forwarded-port: 8443',
    'x-forwarded-proto: http,https',
    'x-forwarded-host: outer.example.org',
  ])
})

t.test('a custom field takes the place of the one that came', async (t) => {
  const request = requestWith(host, ['X-Team', 'a'], ['X-Team', 'b'])
  const lines = linesFor(request, { addForwarded: false, customHeaders: { 'x-team': 'ours' } })
  t.same(lines, ['Host: hub.example.org:8443', 'x-team: ours'])
})

t.test('the server is told its own address, when that is asked for', async (t) => {
  t.same(linesFor(requestWith(host), { addForwarded: false, changeOrigin: true }), [
    'Host: 10.0.0.1:81',
  ])
})

t.test('redirects of a server to itself lead to us, when that is asked for', async (t) => {
  const hop = { target: '/x', isEncrypted: false, server: new URL('http://10.0.0.1:81/app') }
  const rewrite = (location: string, options: Partial<PlainHeaderOptions>): string | undefined =>
    plainRules(requestWith(host), hop, { ...plainHeaders, ...options }).responseFields([
      'Location',
      location,
    ])[1]
  const inside = 'http://10.0.0.1:81/a?b#c'
  t.equal(rewrite(inside, {}), inside)
  t.equal(rewrite(inside, { autoRewrite: true }), 'http://hub.example.org:8443/a?b#c')
  t.equal(rewrite(inside, { protocolRewrite: 'https' }), 'https://10.0.0.1:81/a?b#c')
  for (const elsewhere of ['http://10.0.0.1/a', 'https://other.example.org/', '/a', ''])
    t.equal(rewrite(elsewhere, { autoRewrite: true, protocolRewrite: 'https' }), elsewhere)
})

t.test('nothing of an answer is hidden or confined: the hub behind it decides that', async (t) => {
  const hop = { target: '/x', isEncrypted: false, server: new URL('http://10.0.0.1:81/') }
  const fields = ['Set-Cookie', 'a=b; Path=/', 'Strict-Transport-Security', 'max-age=1']
  const rules = plainRules(requestWith(host), hop, plainHeaders)
  t.same(rules.responseFields([...fields, 'Connection', 'X-Gone', 'X-Gone', '1']), fields)
})
