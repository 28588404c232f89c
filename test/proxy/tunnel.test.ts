/** WebSockets through the proxy, byte by byte. */
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { endRight, newRight } from '../../src/proxy/policy.ts'
import { temporaryFolder } from '../support/hub.ts'
import {
  answering,
  dial,
  eventually,
  owner,
  policyOf,
  startFront,
  startPair,
  startRawSocket,
  type Peer,
} from '../support/proxy.ts'

const ask = (path = '/user/ana/ws', lines = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: hub.example.org\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${lines}\r\n`

const accept =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n'

/** Accepts, then says back what it hears. */
const echo = (peer: Peer): void => {
  peer.socket.once('data', () => {
    peer.write(accept)
    peer.socket.on('data', (bytes: Buffer) => peer.socket.write(bytes))
  })
}

t.test(
  'a handshake goes up filtered and comes back filtered, with what was negotiated',
  async (t) => {
    const { dial, upstream } = await startPair(t, (peer) =>
      peer.socket.once('data', () =>
        peer.write(
          accept.replace(
            '\r\n\r\n',
            '\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSet-Cookie: flow=1\r\nSet-Cookie: a=1\r\nAlt-Svc: x\r\n\r\n',
          ),
        ),
      ),
    )
    const client = await dial()
    client.write(
      ask(
        '/user/ana/ws?x=1',
        'Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: v1.kernel\r\nOrigin: https://hub\r\n' +
          'Cookie: littlehub-session=s; a=1\r\nX-Forwarded-For: 6.6.6.6\r\nProxy-Authorization: x\r\n',
      ),
    )
    const answer = await client.until('\r\n\r\n')
    t.match(answer, /^HTTP\/1\.1 101 Switching Protocols\r\n/)
    t.match(answer, /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/)
    t.match(answer, /\r\nSec-WebSocket-Extensions: permessage-deflate\r\n/)
    t.match(answer, /\r\nSet-Cookie: a=1; Path=\/user\/ana\/\r\n/)
    t.notMatch(answer, /flow=|Alt-Svc/)
    const asked = (await upstream.first()).text()
    t.match(asked, /^GET \/user\/ana\/ws\?x=1 HTTP\/1\.1\r\nHost: hub\.example\.org\r\n/)
    t.match(asked, /\r\nSec-WebSocket-Protocol: v1\.kernel\r\n/)
    t.match(asked, /\r\nOrigin: https:\/\/hub\r\n/)
    t.match(asked, /\r\nCookie: a=1\r\n/)
    t.match(asked, /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n$/)
    t.notMatch(asked, /littlehub|6\.6\.6\.6|Proxy-/)
  },
)

t.test('the door may replace the credentials of an upgrade', async (t) => {
  const policy = () => policyOf({ authorization: 'token right' })
  const { dial, upstream } = await startPair(t, echo, { policy })
  const client = await dial()
  client.write(ask('/user/ana/ws', 'Authorization: token wrong\r\n'))
  await client.until('\r\n\r\n')
  t.match((await upstream.first()).text(), /\r\nAuthorization: token right\r\n/)
  t.notMatch((await upstream.first()).text(), /wrong/)
})

t.test('frames in the packets of the handshake are not lost, on either side', async (t) => {
  const { dial, upstream } = await startPair(t, (peer) =>
    peer.socket.once('data', () => peer.write(`${accept}\u0081\u0005hello`)),
  )
  const client = await dial()
  client.write(`${ask()}\u0081\u0082mask`)
  t.match(await client.until('hello'), /\r\n\r\n\u0081\u0005hello$/)
  const peer = await upstream.first()
  t.match(await peer.until('mask'), /\r\n\r\n\u0081\u0082mask$/)
})

t.test('a client that speaks before it is accepted is held back, so that a refusing server takes it for no request', async (t) => {
  const { dial, upstream } = await startPair(t, (peer) =>
    peer.socket.once('data', () =>
      setTimeout(() => peer.write('HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n'), 30),
    ),
  )
  const client = await dial()
  client.write(`${ask()}GET /user/ana/secret HTTP/1.1\r\nHost: h\r\n\r\n`)
  client.write('GET /user/ana/more HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(3000))
  t.match(await client.ended(), /^HTTP\/1\.1 403 No\r\n/)
  t.notMatch(await (await upstream.first()).ended(), /secret|more/)
}) // prettier-ignore

t.test("a server's refusal reaches the client with its reason and body", async (t) => {
  const refusals: Record<string, RegExp> = {
    'HTTP/1.1 403 Not for you\r\nContent-Length: 6\r\nX-Why: y\r\n\r\nnot me':
      /^HTTP\/1\.1 403 Not for you\r\nX-Why: y\r\nContent-Length: 6\r\nConnection: close\r\n\r\nnot me$/,
    'HTTP/1.1 404 Gone\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n':
      /^HTTP\/1\.1 404 Gone\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/,
    'HTTP/1.1 302 Found\r\nLocation: /hub/login\r\nSet-Cookie: flow=1\r\nContent-Length: 0\r\n\r\n':
      /^HTTP\/1\.1 302 Found\r\nLocation: \/hub\/login\r\nContent-Length: 0\r\nConnection: close\r\n\r\n$/,
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n':
      /^HTTP\/1\.1 204 No\r\nConnection: close\r\n\r\n$/,
  }
  for (const [bytes, expected] of Object.entries(refusals)) {
    const { dial, upgrader } = await startPair(t, answering(bytes))
    const client = await dial()
    client.write(ask())
    t.match(await client.ended(), expected)
    client.socket.end()
    await eventually(() => upgrader.size === 0)
  }
})

t.test('a refusal that ends with its connection is framed for the client', async (t) => {
  const { dial } = await startPair(t, (peer) =>
    peer.socket.once('data', () => peer.socket.end('HTTP/1.1 500 Oops\r\n\r\nsorry')),
  )
  const client = await dial()
  client.write(ask())
  t.match(await client.ended(), /\r\n\r\n5\r\nsorry\r\n0\r\n\r\n$/)
})

t.test('what is no answer is a bad gateway', async (t) => {
  const bad = [
    'garbage\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  ]
  for (const bytes of bad) {
    const { dial, upgrader } = await startPair(t, answering(bytes))
    const client = await dial()
    client.write(ask())
    t.match(await client.ended(), /^HTTP\/1\.1 502 Bad Gateway\r\n/, JSON.stringify(bytes))
    client.socket.end()
    await eventually(() => upgrader.size === 0)
  }
})

t.test('where nobody listens, or the connection ends, the client is told', async (t) => {
  const { dial, upstream } = await startPair(t, (peer) =>
    peer.socket.once('data', () => peer.socket.destroy()),
  )
  const first = await dial()
  first.write(ask())
  t.match(await first.ended(), /^HTTP\/1\.1 502 /)
  upstream.server.close()
  const second = await dial()
  second.write(ask())
  t.match(await second.ended(), /^HTTP\/1\.1 503 /)
})

t.test('only a WebSocket is tunnelled; what else asks is answered as if it had not', async (t) => {
  const answers = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain'
  const { dial, upstream, upgrader } = await startPair(t, answering(answers))
  const others = [
    ask().replace('WebSocket', 'h2c').replace('Upgrade\r\n', 'Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMA\r\n'),
    ask().replace('WebSocket', 'websocket, h2c'),
    ask().replace('WebSocket', 'tcp'),
  ] // prettier-ignore
  for (const request of others) {
    const client = await dial()
    client.write(request)
    await client.until('plain')
    t.equal(upgrader.size, 0)
  }
  t.notMatch(upstream.peers.map((peer) => peer.text()).join(''), /upgrade|http2/i)
  const post = await dial()
  post.write(ask('/user/ana/ws', 'Content-Length: 3\r\n').replace('GET', 'POST') + 'abc')
  await eventually(() => upstream.peers.some((peer) => peer.text().endsWith('abc')))
  t.equal(upgrader.size, 0)
})

t.test('many big messages arrive byte for byte, both ways, with readers that pause', async (t) => {
  const { dial, upgrader } = await startPair(t, echo)
  const sums = await Promise.all(
    [1, 2, 3, 4].map(async () => {
      const client = await dial()
      client.write(ask())
      await client.until('\r\n\r\n')
      client.clear()
      const sent = randomBytes(6 * 1024 * 1024)
      for (let at = 0; at < sent.length; at += 100_000)
        client.write(sent.subarray(at, at + 100_000))
      const pauses = setInterval(() => {
        client.socket.pause()
        setTimeout(() => client.socket.resume(), 7)
      }, 15)
      await eventually(() => client.socket.bytesRead >= sent.length)
      clearInterval(pauses)
      client.socket.resume()
      await eventually(() => client.text().length === sent.length)
      const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
      return hash(sent) === hash(Buffer.from(client.text(), 'latin1'))
    }),
  )
  t.same(sums, [true, true, true, true])
  t.equal(upgrader.size, 4)
})

t.test('when one side ends, the other ends too, and nothing stays', async (t) => {
  const endings: Record<string, (client: Peer, server: Peer) => void> = {
    'client says good-bye': ({ socket }) => socket.end(),
    'client vanishes': ({ socket }) => socket.resetAndDestroy(),
    'server says good-bye': (_, { socket }) => socket.end(),
    'server dies': (_, { socket }) => socket.resetAndDestroy(),
  }
  for (const [name, end] of Object.entries(endings)) {
    const { dial, upstream, upgrader } = await startPair(t, echo)
    const client = await dial()
    client.write(ask())
    await client.until('\r\n\r\n')
    const server = await upstream.first()
    end(client, server)
    await Promise.all([client.ended(), server.ended()])
    await eventually(() => upgrader.size === 0)
    t.pass(name)
  }
})

t.test('what was sent before the end still arrives', async (t) => {
  const { dial, upstream } = await startPair(t, echo)
  const client = await dial()
  client.write(ask())
  await client.until('\r\n\r\n')
  const server = await upstream.first()
  server.socket.end(Buffer.alloc(3_000_000, 'z'))
  t.equal(/z+$/.exec(await client.ended())?.[0].length, 3_000_000)
})

t.test('a client that leaves before the answer takes the question with it', async (t) => {
  const { dial, upstream, upgrader } = await startPair(t)
  const client = await dial()
  client.write(ask())
  const server = await upstream.first()
  await server.until('\r\n\r\n')
  client.socket.end()
  await server.ended()
  await eventually(() => upgrader.size === 0)
})

t.test('a right that ends, a route that goes and a hub that stops end WebSockets at once', async (t) => {
  let right = newRight()
  const policy = () => policyOf({ right })
  const ends: Record<string, (pair: Awaited<ReturnType<typeof startPair>>) => void> = {
    route: ({ routes }) => routes.remove('/user/ana/'),
    hub: ({ upgrader }) => upgrader.close(),
    right: () => endRight(right),
  }
  for (const [name, end] of Object.entries(ends)) {
    right = newRight()
    const pair = await startPair(t, echo, { policy })
    const client = await pair.dial()
    client.write(ask())
    await client.until('\r\n\r\n')
    end(pair)
    await Promise.all([client.ended(), (await pair.upstream.first()).ended()])
    await eventually(() => pair.upgrader.size === 0)
    t.pass(name)
  }
}) // prettier-ignore

t.test('data in either direction counts as use', async (t) => {
  let now = 1000
  const { dial, upstream, routes } = await startPair(t, echo, { nowMs: () => now })
  const route = routes.list()[0]!
  const client = await dial()
  client.write(ask())
  await client.until('\r\n\r\n')
  now = 2000
  client.write('up')
  await client.until('up')
  t.equal(route.lastActivityMs, 2000)
  now = 3000
  ;(await upstream.first()).write('down')
  await client.until('down')
  t.equal(route.lastActivityMs, 3000)
})

t.test('the last words of a server arrive, though the client goes on speaking', async (t) => {
  const file = join(temporaryFolder(t), 'server')
  const target = await startRawSocket(t, file, ({ socket, write }) => {
    socket.once('data', () => {
      write(accept)
      socket.once('data', () => {
        client.write('and another thing')
        write('goodbye')
        socket.destroy()
      })
    })
  })
  const front = await startFront(t)
  front.routes.add('/user/ana/', target, owner)
  const client = await dial(t, front.port)
  client.write(ask())
  await client.until('\r\n\r\n')
  client.write('hello')
  t.match(await client.ended(), /\r\n\r\ngoodbye$/)
})

t.test('the chunks of a refusal that came together leave together', async (t) => {
  const tiny = '1\r\nx\r\n'.repeat(1000)
  const { dial } = await startPair(
    t,
    answering(`HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n${tiny}0\r\n\r\n`),
  )
  const client = await dial()
  client.write(ask())
  const answer = await client.ended()
  t.match(answer, /\r\n0\r\n\r\n$/)
  t.equal(answer.match(/x/g)?.length, 1000)
  t.ok(answer.length < 2000, `${answer.length} bytes`)
})
