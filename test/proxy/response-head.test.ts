/** Heads of responses, read strictly. */
import t from 'tap'
import { GarbageError, parseFields, parseHead } from '../../src/proxy/response-head.ts'

const head = (lines: string, method = 'GET') => parseHead(lines.replaceAll('\n', '\r\n'), method)

t.test('status, reason and fields are kept as they came', (t) => {
  const parsed = head('HTTP/1.1 404 Nicht da \u00e9\nX-A: 1\nx-a:\t 2 \t\nEmpty:\nU: \u00c3\u00a9')
  t.match(parsed, { status: 404, reason: 'Nicht da \u00e9' })
  t.same(parsed.fields, ['X-A', '1', 'x-a', '2', 'Empty', '', 'U', '\u00c3\u00a9'])
  t.match(head('HTTP/1.1 200 '), { status: 200, reason: '' })
  t.match(head('HTTP/1.1 200'), { status: 200, reason: '' })
  t.end()
})

t.test('how a body ends is said by the fields and the request (RFC 9112 §6.3)', (t) => {
  const cases: [string, string, string | number, number | undefined][] = [
    ['HTTP/1.1 200 OK\nContent-Length: 5', 'GET', 5, 5],
    ['HTTP/1.1 200 OK\nContent-Length: 0', 'GET', 0, 0],
    ['HTTP/1.1 200 OK\nTransfer-Encoding: Chunked', 'GET', 'chunked', undefined],
    ['HTTP/1.1 200 OK', 'GET', 'close', undefined],
    ['HTTP/1.1 200 OK\nContent-Length: 5', 'HEAD', 'none', 5],
    ['HTTP/1.1 200 OK\nTransfer-Encoding: chunked', 'HEAD', 'none', undefined],
    ['HTTP/1.1 304 Not Modified\nContent-Length: 5', 'GET', 'none', 5],
    ['HTTP/1.1 204 No Content\nContent-Length: 5', 'GET', 'none', 5],
    ['HTTP/1.1 103 Early Hints', 'GET', 'none', undefined],
  ]
  for (const [text, method, framing, contentLength] of cases)
    t.match(head(text, method), { framing, contentLength }, `${method} ${text}`)
  t.end()
})

t.test('whether the connection is kept', (t) => {
  const kept: Record<string, boolean> = {
    'HTTP/1.1 200 OK\nContent-Length: 0': true,
    'HTTP/1.1 200 OK\nContent-Length: 0\nConnection: Close': false,
    'HTTP/1.1 200 OK\nContent-Length: 0\nConnection: x\nConnection: y , close': false,
    'HTTP/1.1 200 OK\nContent-Length: 0\nProxy-Connection: close': false,
    'HTTP/1.1 200 OK': false,
    'HTTP/1.1 304 Not Modified': true,
    'HTTP/1.0 200 OK\nContent-Length: 0': false,
    'HTTP/1.0 200 OK\nContent-Length: 0\nConnection: Keep-Alive': true,
  }
  for (const [text, keepAlive] of Object.entries(kept))
    t.equal(head(text).keepAlive, keepAlive, text)
  t.equal(head('HTTP/1.1 204 x\nKeep-Alive: max=3, timeout=7').keepAliveMs, 7000)
  t.equal(head('HTTP/1.1 204 x').keepAliveMs, undefined)
  t.end()
})

t.test('what could be read in two ways is garbage', (t) => {
  const lines = [
    'Content-Length: 5\nContent-Length: 5', 'Content-Length: 5\nContent-Length: 6', 'Content-Length: 5, 5',
    'Content-Length: +5', 'Content-Length: -5', 'Content-Length: 0x5', 'Content-Length: 5 5', 'Content-Length:',
    'Content-Length: 99999999999999999999', 'Content-Length: 5\nTransfer-Encoding: chunked', 'Transfer-Encoding: xchunked',
    'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: chunked\nTransfer-Encoding: chunked', 'Transfer-Encoding: identity',
    'Transfer-Encoding:', 'X-A : 1', ' X-A: 1', 'X-A: 1\n folded', 'X-A: 1\n\tfolded', 'no colon', ': no name', 'X A: 1',
    'X-A: \u0000', 'X-A: \u0001', 'X-A: \u007f', 'X-\u00e9: 1', 'X-A: a\rb', 'X(A): 1',
  ] // prettier-ignore
  for (const line of lines)
    t.throws(() => head(`HTTP/1.1 200 OK\n${line}`), GarbageError, JSON.stringify(line))
  const starts = [
    '', 'garbage', 'HTTP/1.1', 'HTTP/1.1 ', 'HTTP/1.1 20 OK', 'HTTP/1.1 2000 OK', 'HTTP/1.1 099 x', 'HTTP/1.1  200 OK',
    'HTTP/2 200 OK', 'HTTP/2.0 200 OK', 'http/1.1 200 OK', 'HTTP/1.2 200 OK', ' HTTP/1.1 200 OK', 'HTTP/1.1 200 a\u0000b',
    'HTTP/1.1 200OK', 'ICY 200 OK', 'SSH-2.0-x',
  ] // prettier-ignore
  for (const start of starts) t.throws(() => head(start), GarbageError, JSON.stringify(start))
  t.throws(() => head('HTTP/1.0 200 OK\nTransfer-Encoding: chunked'), GarbageError)
  t.throws(() => parseFields(['']), GarbageError)
  t.end()
})

t.test('a tab behind "chunked" makes it another coding, as it does for Node', (t) => {
  for (const lines of ['Transfer-Encoding: chunked\t', 'transfer-encoding:chunked \t'])
    t.throws(() => head(`HTTP/1.1 200 OK\n${lines}`), GarbageError, JSON.stringify(lines))
  t.equal(head('HTTP/1.1 200 OK\nTransfer-Encoding:\tchunked ').framing, 'chunked')
  t.end()
})

t.test('an interim response that ends the connection is garbage, under either name', (t) => {
  for (const name of ['Connection', 'Proxy-Connection'])
    t.throws(() => head(`HTTP/1.1 103 Early\n${name}: close`), GarbageError, name)
  t.end()
})

t.test('a hostile head costs little', (t) => {
  const started = process.cpuUsage()
  for (const value of [
    ' '.repeat(60_000),
    `${' '.repeat(60_000)}\u0001`,
    `a${' '.repeat(60_000)}b`,
  ])
    try {
      parseHead(`HTTP/1.1 200 OK\r\nX: ${value}`, 'GET')
    } catch (error) {
      t.type(error, GarbageError)
    }
  t.ok(process.cpuUsage(started).user < 500_000)
  t.end()
})
