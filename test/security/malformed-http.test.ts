/** S-58: no bytes on a socket stop the hub, reach a server by a trick, or touch another user. */
import { randomInt } from 'node:crypto'
import t from 'tap'
import { answering, dial, eventually, get, startPair, type Peer } from '../support/proxy.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'
const smuggled = 'GET /user/ana/smuggled HTTP/1.1\r\nHost: h\r\n\r\n'
const post = (lines: string): string => `POST /user/ana/ HTTP/1.1\r\nHost: h\r\n${lines}\r\n\r\n`

/** Framing that two parsers could read in two ways, each with a request hidden behind it. */
const ambiguousFraming: Record<string, string> = {
  'length and coding': `${post('Content-Length: 6\r\nTransfer-Encoding: chunked')}0\r\n\r\n${smuggled}`,
  'coding and length': `${post('Transfer-Encoding: chunked\r\nContent-Length: 6')}0\r\n\r\n${smuggled}`,
  'two lengths': `${post('Content-Length: 5\r\nContent-Length: 0')}${smuggled}`,
  'two equal lengths': `${post('Content-Length: 5\r\nContent-Length: 5')}hello`,
  'list of lengths': `${post('Content-Length: 4, 4')}abcd`,
  'signed length': `${post('Content-Length: +4')}abcd`,
  'negative length': post('Content-Length: -4'),
  'hexadecimal length': `${post('Content-Length: 0x4')}abcd`,
  'length of two words': `${post('Content-Length: 4 4')}abcd`,
  'length beyond numbers': post('Content-Length: 99999999999999999999'),
  'empty length': post('Content-Length:'),
  xchunked: `${post('Transfer-Encoding: xchunked')}0\r\n\r\n${smuggled}`,
  'chunked not last': `${post('Transfer-Encoding: chunked, identity')}0\r\n\r\n${smuggled}`,
  'chunked twice': `${post('Transfer-Encoding: chunked, chunked')}0\r\n\r\n${smuggled}`,
  'two codings': `${post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked')}0\r\n\r\n${smuggled}`,
  'coding with a tab behind it': `${post('Transfer-Encoding: chunked\t')}0\r\n\r\n${smuggled}`,
  'coding with a vertical tab': `${post('Transfer-Encoding:\u000bchunked')}0\r\n\r\n${smuggled}`,
  'space before the colon': `${post('Transfer-Encoding : chunked')}0\r\n\r\n${smuggled}`,
  'folded line': `${post('Transfer-Encoding:\r\n chunked')}0\r\n\r\n${smuggled}`,
  'folded length': `${post('X: y\r\n Content-Length: 60')}${smuggled}`,
  'bare feed': `POST /user/ana/ HTTP/1.1\nHost: h\nContent-Length: 0\n\n${smuggled}`,
  'bare feed between fields': `${post('X: y\nContent-Length: 0')}${smuggled}`,
  'bare return': `${post('X: y\rContent-Length: 0')}${smuggled}`,
  'NUL in a value': post('X: a\u0000b'),
  'NUL in a name': post('X\u0000: y'),
  'NUL in the target': 'GET /user/ana/\u0000 HTTP/1.1\r\nHost: h\r\n\r\n',
  'chunk size with 0x': `${post('Transfer-Encoding: chunked')}0x5\r\nhello\r\n0\r\n\r\n`,
  'chunk size with a sign': `${post('Transfer-Encoding: chunked')}+5\r\nhello\r\n0\r\n\r\n`,
  'chunk size that overflows': `${post('Transfer-Encoding: chunked')}10000000000000005\r\nhello\r\n0\r\n\r\n`,
  'chunk without an end': `${post('Transfer-Encoding: chunked')}5\r\nhelloX0\r\n\r\n${smuggled}`,
  'chunk size ending in a bare feed': `${post('Transfer-Encoding: chunked')}5\nhello\r\n0\r\n\r\n${smuggled}`,
  'coding in HTTP/1.0': `POST /user/ana/ HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  'no host': 'GET /user/ana/ HTTP/1.1\r\n\r\n',
  'two hosts': 'GET /user/ana/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'host with a user': 'GET /user/ana/ HTTP/1.1\r\nHost: a@b\r\n\r\n',
  'unknown method': 'GOT /user/ana/ HTTP/1.1\r\nHost: h\r\n\r\n',
  'lower-case method': 'get /user/ana/ HTTP/1.1\r\nHost: h\r\n\r\n',
  'HTTP/0.9': 'GET /user/ana/\r\n\r\n',
  'HTTP/1.2': 'GET /user/ana/ HTTP/1.2\r\nHost: h\r\n\r\n',
  'HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'space in the target': 'GET /user/ana/ x HTTP/1.1\r\nHost: h\r\n\r\n',
  TLS: '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
} // prettier-ignore

t.test('framing that could be read in two ways is refused, and what hides behind it goes nowhere', async (t) => {
  const { dial, upstream } = await startPair(t, answering(ok))
  for (const [name, bytes] of Object.entries(ambiguousFraming)) {
    const client = await dial()
    client.write(bytes)
    const answer = await client.ended()
    t.match(answer, /^HTTP\/1\.1 (?:400|501|505) /, name)
    t.equal(answer.split('HTTP/1.1 ').length, 2, `${name}: one answer`)
  }
  const seen = upstream.peers.map((peer) => peer.text()).join('')
  t.notMatch(seen, 'smuggled')
  t.notMatch(seen, /\r\n0\r\n\r\n/, 'no chunked body came to its end')
}) // prettier-ignore

t.test('a body is a body, and a pipelined request behind it is a request of its own', async (t) => {
  const { dial, upstream } = await startPair(t, (peer) => {
    peer.socket.on('data', (bytes: Buffer) => {
      if (bytes.includes('\r\n\r\n')) peer.write(ok)
    })
  })
  const client = await dial()
  client.write(
    `GET /user/ana/a HTTP/1.1\r\nHost: h\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
  )
  client.write(get('/user/ana/b'))
  await client.until(/hi[^]*hi/)
  const lines = upstream.peers.flatMap((peer) => peer.text().match(/^GET .*$/gm) ?? [])
  t.same(lines.sort(), [
    'GET /user/ana/a HTTP/1.1',
    'GET /user/ana/b HTTP/1.1',
    'GET /user/ana/smuggled HTTP/1.1',
  ])
  t.match(
    upstream.peers.map((peer) => peer.text()).join(''),
    `\r\nContent-Length: ${smuggled.length}\r\n`,
  )
})

t.test('a head in packets of one byte is a head', async (t) => {
  const { dial } = await startPair(t, answering(ok))
  const client = await dial()
  for (const byte of get('/user/ana/x').split('')) {
    client.write(byte)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await client.until('hi')
})

/** Valid pieces and poison, in any order. */
const pieces = [
  'GET ', 'POST ', '/user/ana/', ' HTTP/1.1', ' HTTP/1.0', '\r\n', '\r\n\r\n', '\n', '\r', 'Host: h', 'Content-Length: ', '5',
  'Transfer-Encoding: chunked', 'Upgrade: websocket', 'Connection: Upgrade', 'Connection: close', 'Expect: 100-continue',
  'hello', '0\r\n\r\n', '\u0000', '\u00ff', ' ', '\t', ':', ';', ',', 'X: ', 'y'.repeat(5000), '%2e%2e', '//', 'http://', '@',
  get(), get('/user/ana/x', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'), post('Content-Length: 5'), 'TE: trailers',
] // prettier-ignore

t.test(
  'while strangers send whatever they like, another user is served and the process stays up',
  async (t) => {
    const pair = await startPair(t, answering(ok))
    const good = await pair.dial()
    let served = 0
    const attack = async (): Promise<Peer> => {
      const client = await dial(t, pair.port)
      for (let part = randomInt(1, 12); part > 0; part--)
        client.write(pieces[randomInt(pieces.length)] ?? '')
      const ends = [
        () => client.socket.end(),
        () => client.socket.resetAndDestroy(),
        () => undefined,
      ]
      ends[randomInt(ends.length)]?.()
      return client
    }
    const attackers: Peer[] = []
    for (let round = 0; round < 60; round++) {
      attackers.push(...(await Promise.all(Array.from({ length: 10 }, attack))))
      good.clear()
      good.write(get())
      await good.until('hi')
      served += 1
    }
    t.equal(served, 60)
    for (const { socket } of attackers) socket.destroy()
    await eventually(() => pair.forwarder.counts.exchanges === 0 && pair.upgrader.size === 0)
    await eventually(() => pair.forwarder.counts.connections === pair.forwarder.counts.idle)
    t.ok(pair.server.listening)
  },
)

t.test('half-open upgrades and slow heads cost a socket, not the service', async (t) => {
  const pair = await startPair(t, answering(ok), {
    server: { headersTimeout: 400, connectionsCheckingInterval: 50 },
  })
  const slow = await Promise.all(Array.from({ length: 200 }, () => pair.dial()))
  for (const client of slow) client.write('GET /user/ana/ws HTTP/1.1\r\nHost: h\r\nUpgrade: websoc')
  const good = await pair.dial()
  good.write(get())
  await good.until('hi')
  for (const client of slow) t.match(await client.ended(), /^HTTP\/1\.1 408 /)
  t.equal(pair.upstream.peers.length, 1)
})
