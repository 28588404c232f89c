/** Which requests are usual, and what is read of them. */
import t from 'tap'
import { readDirectRequest } from '../../src/proxy/direct-request.ts'

const read = (text: string) => readDirectRequest(Buffer.from(text, 'latin1'))
const head = (lines: string, first = 'GET /user/ana/ HTTP/1.1') =>
  `${first}\r\nHost: h\r\n${lines}\r\n`

t.test('a usual request is read as it stands', async (t) => {
  const text = head('Cookie: a=1; b=2\r\nX-Odd:\t\u00e9 x \t\r\nAccept:\r\nContent-Length: 3\r\n')
  t.match(read(`${text}abc`), {
    method: 'GET',
    url: '/user/ana/',
    headers: { host: 'h', cookie: 'a=1; b=2', 'x-odd': '\u00e9 x', accept: '' },
    rawHeaders: ['Host', 'h', 'Cookie', 'a=1; b=2', 'X-Odd', '\u00e9 x', 'Accept', ''],
    contentLength: 3,
    headBytes: text.length,
  })
  t.equal(read(head(''))?.contentLength, undefined)
  t.ok(read(head('Connection: Keep-Alive\r\n')))
})

t.test('whatever is unusual, unfinished or faulty is not usual', async (t) => {
  const heads = [
    ...['GET / HTTP/1.1\r\nHost: h\r\n', 'GET / HTTP/1.1\r\nHost: h\r\nX: 1', ''],
    ...['GET / HTTP/1.1\r\n\r\n', 'GET / HTTP/1.1\nHost: h\n\n', 'GET /\r\nHost: h\r\n\r\n'],
    ...['GET  / HTTP/1.1', 'get / HTTP/1.1', 'GET / HTTP/1.0', 'GET / HTTP/1.2'].map((first) => head('', first)),
    ...['GET http://h/ HTTP/1.1', 'OPTIONS * HTTP/1.1', 'CONNECT h:1 HTTP/1.1', 'TRACE / HTTP/1.1'].map((first) => head('', first)),
    ...['GET /a b HTTP/1.1', 'GET /\u00e9 HTTP/1.1', ' GET / HTTP/1.1', 'GET / HTTP/1.1 '].map((first) => head('', first)),
    ...['Host: h\r\n', 'Cookie: a\r\nCookie: b\r\n', 'X: 1\r\nx: 2\r\n'].map((lines) => head(lines)),
    ...['Transfer-Encoding: chunked\t\r\n', 'Transfer-Encoding: chunked\r\n', 'Expect: 100-continue\r\n', 'Upgrade: websocket\r\n'].map((lines) => head(lines)),
    ...['Connection: close\r\n', 'Connection: keep-alive, X\r\n', 'Connection:\r\n'].map((lines) => head(lines)),
    ...['Content-Length: +1\r\n', 'Content-Length: 1, 1\r\n', 'Content-Length:\r\n', 'Content-Length: 1234567890123456\r\n'].map((lines) => head(lines)),
    ...['X : 1\r\n', ' X: 1\r\n', 'X: 1\r\n folded\r\n', 'X\r\n', ': 1\r\n', 'X: a\u0000\r\n', 'X: a\rb\r\n', 'X: a\nb\r\n', 'X: \u007f\r\n'].map((lines) => head(lines)),
    ...['__proto__: x\r\n', 'constructor: x\r\n'].map((lines) => head(lines)),
    head(`X: ${'x'.repeat(9000)}\r\n`), head(Array.from({ length: 300 }, (_, index) => `x${index}:\r\n`).join('')),
  ] // prettier-ignore
  for (const text of heads) t.equal(read(text), undefined, JSON.stringify(text.slice(0, 80)))
})
