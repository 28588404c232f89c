/** Responses taken apart, however their bytes are cut into packets. */
import t from 'tap'
import { GarbageError } from '../../src/proxy/response-head.ts'
import { createResponseParser } from '../../src/proxy/response-parser.ts'

/** What a parser makes of these packets. */
function read(packets: readonly string[], method = 'GET') {
  const seen = { status: 0, heads: 0, body: '', trailers: [] as string[], completed: 0, left: '', last: 0 }
  const parser = createResponseParser(method, {
    head(head) {
      seen.status = head.status
      seen.heads += 1
    },
    body(bytes, last) {
      seen.body += bytes.toString('latin1')
      // What was given must not be relied upon afterwards.
      bytes.fill('!')
      if (last) seen.last += 1
    },
    complete(trailers) {
      seen.trailers = [...trailers]
      seen.completed += 1
    },
  })
  for (const packet of packets) {
    const bytes = Buffer.from(packet, 'latin1')
    seen.left += packet.slice(parser.push(bytes))
  }
  const { complete } = parser
  const whole = parser.end()
  return { ...seen, complete, whole }
} // prettier-ignore

const responses: Record<string, { bytes: string; expected: object; method?: string }> = {
  length: {
    bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world',
    expected: { status: 200, body: 'hello world', complete: true, last: 1, completed: 1 },
  },
  'no body': {
    bytes: 'HTTP/1.1 204 No Content\r\nX: y\r\n\r\n',
    expected: { status: 204, body: '', complete: true, completed: 1 },
  },
  chunked: {
    bytes:
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;ext="a"\r\nhello\r\n0006;b\r\n world\r\n0\r\nX-Sum: 1\r\nY:  2 \r\n\r\n',
    expected: {
      body: 'hello world',
      trailers: ['X-Sum', '1', 'Y', '2'],
      complete: true,
      completed: 1,
    },
  },
  'interim before': {
    bytes:
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok',
    expected: { status: 201, heads: 1, body: 'ok', complete: true },
  },
  'head only': {
    bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n',
    expected: { status: 200, body: '', complete: true },
    method: 'HEAD',
  },
  'until the end': {
    bytes: 'HTTP/1.1 200 OK\r\n\r\nsome\r\n\r\nbody',
    expected: { body: 'some\r\n\r\nbody', complete: false, whole: true, completed: 1 },
  },
  'another behind': {
    bytes:
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
    expected: {
      body: 'ok',
      heads: 1,
      completed: 1,
      left: 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
    },
  },
}

for (const [name, { bytes, expected, method }] of Object.entries(responses))
  t.test(`a response is the same wherever it is cut: ${name}`, (t) => {
    t.match(read([bytes], method), expected, 'whole')
    t.match(read(bytes.split(''), method), expected, 'byte by byte')
    for (let cut = 1; cut < bytes.length; cut++)
      t.match(read([bytes.slice(0, cut), bytes.slice(cut)], method), expected, `cut at ${cut}`)
    t.end()
  })

t.test('a response that stops early is not whole, wherever it stops', (t) => {
  for (const name of ['length', 'chunked', 'interim before'])
    for (let stop = 0; stop < (responses[name]?.bytes.length ?? 0); stop++) {
      const bytes = responses[name]?.bytes.slice(0, stop) ?? ''
      if (read([bytes]).whole) t.fail(`${name} stopped at ${stop}`)
    }
  t.equal(read(['HTTP/1.1 200 OK\r\nX: y']).whole, false)
  t.end()
})

t.test('garbage is told apart as soon as it can be', (t) => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
  const garbage = [
    'SSH-2.0-OpenSSH', '\u0016\u0003\u0001', '<html>', 'HTTP/2', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', '\r\n', '\nHTTP/1.1',
    `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(70_000)}`, `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`,
    `${chunked}0x5\r\nhello\r\n`, `${chunked}+5\r\nhello\r\n`, `${chunked} 5\r\nhello\r\n`, `${chunked}\r\n`, `${chunked}-1\r\n`,
    `${chunked}11111111111111111\r\n`, `${chunked}5\nhello\r\n`, `${chunked}5 x\r\n`, `${chunked}5 ;x\r\n`, `${chunked}5;\r\n`, `${chunked}0\r\nContent-Length: 0\r\n\r\n`, `${chunked}5\r\nhelloworld\r\n`,
    `${chunked}5\r\nhello\n`, `${chunked}5\r\nhello0\r\n\r\n`, `${chunked}0\r\nbad trailer\r\n\r\n`, `${chunked}0\r\n\n`,
    `${chunked}5;${'x'.repeat(9000)}`, chunked + `1;${'x'.repeat(90)}\r\ny\r\n`.repeat(100),
    `${chunked}0\r\n${'X: y\r\n'.repeat(300)}\r\n`, `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(300)}\r\n`, 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(101),
    `${chunked}0\r\n${'X: y\r\n'.repeat(20_000)}`, `${chunked}5;a\u0000b\r\nhello\r\n`,
  ] // prettier-ignore
  for (const bytes of garbage) {
    t.throws(() => read([bytes]), GarbageError, JSON.stringify(bytes.slice(0, 80)))
    t.throws(() => read(bytes.match(/.{1,7}/gs) ?? []), GarbageError, 'in small packets')
  }
  t.end()
})

t.test('few of what is bounded is taken', (t) => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n'
  const few = [
    `${chunked}\r\n${`1;${'x'.repeat(90)}\r\ny\r\n`.repeat(80)}0\r\n\r\n`,
    `${chunked}\r\n0\r\n${'X: y\r\n'.repeat(250)}\r\n`,
    `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${'X: y\r\n'.repeat(250)}\r\n`,
    `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)}HTTP/1.1 204 No Content\r\n\r\n`,
  ]
  for (const bytes of few) t.equal(read([bytes]).complete, true)
  t.end()
})

t.test('chunks of every size are one body, however they are cut into packets', (t) => {
  const sizes = [1, 2, 15, 16, 17, 1023, 1024, 1025, 5000, 1, 1]
  const bodies = sizes.map((size, index) => String.fromCharCode(97 + index).repeat(size))
  const chunks = bodies.map((body) => `${body.length.toString(16)}\r\n${body}\r\n`).join('')
  const bytes = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`
  for (const step of [1, 7, 1000, bytes.length])
    t.match(read(bytes.match(new RegExp(`[^]{1,${step}}`, 'g')) ?? []), {
      body: bodies.join(''),
      complete: true,
      left: '',
    })
  t.end()
})

t.test('switching protocols completes a response, and what follows is left alone', (t) => {
  const bytes = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\u0081\u0002hi'
  for (let cut = 1; cut < bytes.length; cut++)
    t.match(read([bytes.slice(0, cut), bytes.slice(cut)]), { status: 101, left: '\u0081\u0002hi' })
  t.end()
})
