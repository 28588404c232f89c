/** Usual requests are forwarded on their socket, everything else is Node's, and nobody can tell them apart. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHash, randomBytes } from 'node:crypto'
import { type Server } from 'node:http'
import { type Socket } from 'node:net'
import { join } from 'node:path'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { type ExchangePolicy } from '../../src/proxy/policy.ts'
import { temporaryFolder } from '../support/hub.ts'
import {
  answering,
  dial,
  eventually,
  fillUp,
  get,
  owner,
  policyOf,
  startFront,
  startPair,
  startRaw,
  startRawSocket,
  type FrontOptions,
} from '../support/proxy.ts'
import { countTurns, workFor } from '../support/turns.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'

/** Waits until so many connections are open for the server as well. */
async function haveCome(server: Server, connections: number): Promise<void> {
  const count = () => new Promise((resolve) => server.getConnections((_, open) => resolve(open)))
  while ((await count()) !== connections) await sleep(1)
}

/** Whether Node's server has seen a request. */
const countNode = (server: { on(event: 'request', listener: () => void): unknown }) => {
  let seen = 0
  server.on('request', () => (seen += 1))
  return () => seen
}

t.test('usual requests do not pass through the server of Node, others do', async (t) => {
  const { dial, server } = await startPair(t, answering(ok))
  const seen = countNode(server)
  const client = await dial()
  for (let round = 0; round < 3; round++) {
    client.clear()
    client.write(get())
    await client.until('hi')
  }
  t.equal(seen(), 0)
  client.clear()
  client.write(get('/user/ana/', 'X: 1\r\nX: 2\r\n'))
  await client.until('hi')
  client.clear()
  client.write(get())
  await client.until('hi')
  t.equal(seen(), 2, 'a connection that was handed over stays there')
})

t.test('requests in one packet are answered in order, wherever they lead', async (t) => {
  const { dial, upstream } = await startPair(t, answering(ok))
  const client = await dial()
  client.write(`${get()}${get('/user/ana/two')}${get('/elsewhere')}${get('/user/ana/three')}`)
  const answer = await client.until(/none[^]*hi$/)
  t.same(answer.match(/hi|none/g), ['hi', 'hi', 'none', 'hi'])
  t.match(upstream.peers[0]?.text(), /\/two/)
})

t.test('a head in pieces is read by Node', async (t) => {
  const { dial, server } = await startPair(t, answering(ok))
  const seen = countNode(server)
  const client = await dial()
  for (const byte of get()) {
    client.write(byte)
    if (byte === '\n') await sleep(1)
  }
  await client.until('hi')
  t.equal(seen(), 1)
})

t.test(
  'a body in pieces, with the next request behind it, is taken apart by its length',
  async (t) => {
    const body = randomBytes(300_000)
    const sums: string[] = []
    const { dial } = await startPair(t, (peer) => {
    let text = ''
    peer.socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const [head = '', sent = ''] = text.split('\r\n\r\n', 2)
      const rest = text.slice(head.length + 4)
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      if (sent === '' && length > 0 || rest.length < length) return
      sums.push(createHash('sha256').update(Buffer.from(rest.slice(0, length), 'latin1')).digest('hex'))
      text = ''
      peer.write(ok)
    })
  }) // prettier-ignore
    const client = await dial()
    const head = `PUT /user/ana/ HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n`
    const all = Buffer.concat([Buffer.from(head), body, Buffer.from(get())])
    for (let at = 0; at < all.length; at += 70_001) {
      client.write(all.subarray(at, at + 70_001))
      await sleep(2)
    }
    await client.until(/hi[^]*hi$/)
    t.equal(sums[0], createHash('sha256').update(body).digest('hex'))
    t.equal(sums.length, 2)
  },
)

t.test('what many ask who come at once is begun bit by bit', async (t) => {
  const turns = countTurns(t)
  const policy = (): ExchangePolicy => {
    turns.mark()
    workFor(0.3)
    return policyOf()
  }
  const { dial, server } = await startPair(t, answering(ok), { policy })
  const clients = await Promise.all(Array.from({ length: 20 }, dial))
  await haveCome(server, clients.length)
  for (const client of clients) client.write(get())
  // One whose client has left meanwhile is nobody's.
  clients.pop()?.socket.resetAndDestroy()
  for (const client of clients) await client.until('hi')
  t.ok(turns.most() <= 2, `${turns.most()} in one turn`)
  for (const client of clients) client.write(get())
  for (const client of clients) await client.until(/hi[^]*hi$/)
})

/** Of the only client, as the server has it. */
const acceptedBy = (server: Server) =>
  new Promise<Socket>((resolve) => server.once('connection', resolve))

t.test('who does not read their answers is asked for no more of them', async (t) => {
  const answer = `HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n${'x'.repeat(60_000)}`
  const { dial, server } = await startPair(t, answering(answer))
  const accepted = acceptedBy(server)
  const client = await dial()
  client.socket.pause()
  client.write(get().repeat(400))
  const socket = await accepted
  await eventually(() => socket.writableLength > 0)
  await sleep(200)
  t.ok(socket.writableLength < 2 * answer.length, `${socket.writableLength} bytes wait`)
  client.socket.resume()
  await eventually(() => client.socket.bytesRead > 400 * answer.length)
})

/** An exchange that is over, of which a part of the answer waits for the client. */
async function startSlow(t: Test, options: FrontOptions = {}) {
  const { dial, server, forwarder, upstream, underWay } = await startPair(t, undefined, options)
  const accepted = acceptedBy(server)
  const client = await dial()
  client.socket.pause()
  client.write(get())
  const { write } = await upstream.first()
  write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
  const bytes = await fillUp(await accepted, (piece) =>
    write(`${piece.length.toString(16)}\r\n${piece}\r\n`),
  )
  const finish = async (): Promise<void> => {
    write('0\r\n\r\n')
    await eventually(() => forwarder.counts.exchanges === 0)
  }
  /** Of the body. */
  const arrived = async (): Promise<number> => {
    client.socket.resume()
    return (await client.until('\r\n0\r\n\r\n')).replaceAll(/[^x]/g, '').length
  }
  return { client, server, socket: await accepted, bytes, finish, arrived, underWay }
}

t.test('an answer arrives whole although its client is slow', async (t) => {
  const ends: Record<string, (slow: Awaited<ReturnType<typeof startSlow>>) => unknown> = {
    'idle connections are ended': ({ server }) => server.closeIdleConnections(),
    'the server closes': ({ server }) => server.close(),
    'the client has said its last word': async ({ client, socket }) => {
      client.socket.end()
      await once(socket, 'end')
    },
  }
  for (const [name, end] of Object.entries(ends)) {
    const slow = await startSlow(t)
    await slow.finish()
    await end(slow)
    await sleep(1200)
    t.equal(slow.underWay(), 1, 'it is not over before')
    t.equal(await slow.arrived(), slow.bytes, name)
    await eventually(() => slow.underWay() === 0)
  }
})

t.test('who never takes the end of an answer is not waited for without end', async (t) => {
  const stalls = { stalledMs: () => 0, heldMs: 400, lookEveryMs: 100 }
  const { socket, finish, underWay } = await startSlow(t, { stalls })
  await finish()
  await once(socket, 'close')
  t.equal(underWay(), 0)
})

t.test('a server that has closed begins nothing more', async (t) => {
  const heads: string[] = []
  const { dial, server, forwarder, upstream } = await startPair(
    t,
    answering((head) => {
      heads.push(head)
      return 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhi'
    }),
  )
  const client = await dial()
  client.write(get())
  await client.until('hi')
  // Then it does not see either that the server has ended the connection.
  client.socket.pause()
  server.close()
  upstream.peers[0]?.write('ho')
  await eventually(() => forwarder.counts.exchanges === 0)
  client.write('POST /user/ana/ HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi')
  await sleep(200)
  client.socket.resume()
  t.match(await client.ended(), /hiho$/)
  t.equal(heads.length, 1)
})

t.test('a client that leaves while it waits is not waited for', async (t) => {
  for (const leave of ['end', 'destroy'] as const) {
    const { dial, forwarder, upstream } = await startPair(t)
    const client = await dial()
    client.write(get())
    await (await upstream.first()).until('\r\n\r\n')
    client.socket[leave]()
    await eventually(() => forwarder.counts.connections === 0)
    t.equal(forwarder.counts.exchanges, 0)
  }
})

t.test('an answer before the end of a body, and then the next request', async (t) => {
  const { dial } = await startPair(t, answering(ok))
  const client = await dial()
  client.write('POST /user/ana/ HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc')
  await client.until('hi')
  client.clear()
  client.write(`defghi${get()}`)
  await client.until('hi')
  t.match(client.text(), /^HTTP\/1\.1 200 OK/)
})

t.test(
  'what the hub says of a server that does not answer leaves the connection usable',
  async (t) => {
    const front = await startFront(t)
    const raw = await startRaw(t, answering(ok))
    front.routes.add('/user/ana/', { host: '127.0.0.1', port: 1 }, owner)
    const client = await dial(t, front.port)
    client.write(get())
    await client.until('failed: refused')
    front.routes.add('/user/ana/', raw, owner)
    client.clear()
    client.write(get())
    await client.until('hi')
    t.equal(front.failures.length, 1)
  },
)

t.test(
  'a closing server ends idle connections at once and others after their answer',
  async (t) => {
    const asked: (() => void)[] = []
    const { dial, server } = await startPair(t, (peer) => {
      peer.socket.on('data', () => asked.push(() => peer.write(ok)))
    })
    const [unused, idle, busy] = [await dial(), await dial(), await dial()]
    idle.write(get('/user/ana/idle'))
    await eventually(() => asked.length === 1)
    asked[0]?.()
    await idle.until('hi')
    busy.write(get())
    await eventually(() => asked.length === 2)
    server.close()
    t.match(await idle.ended(), /hi$/)
    asked[1]?.()
    t.match(await busy.ended(), /Connection: close\r\n[^]*hi$/)
    await sleep(1000)
    server.closeIdleConnections()
    t.equal(await unused.ended(), '')
  },
)

t.test(
  'the first request of a connection is answered by a server that closes meanwhile',
  async (t) => {
    // A slow machine would take more than the second that is given.
    mock.timers.enable({ apis: ['Date'] })
    t.teardown(() => mock.timers.reset())
    const { dial, server } = await startPair(t, answering(ok))
    const client = await dial()
    await haveCome(server, 1)
    server.close()
    server.closeIdleConnections()
    await sleep(200)
    server.closeIdleConnections()
    client.write(get())
    t.match(await client.ended(), /Connection: close\r\n[^]*hi$/)
  },
)

t.test('idle connections end after their time, slow heads get 408 from Node', async (t) => {
  const times = { keepAliveTimeout: 100, headersTimeout: 200, connectionsCheckingInterval: 100 }
  const { dial } = await startPair(t, answering(ok), { server: times })
  const client = await dial()
  client.write(get())
  const slow = await dial()
  slow.write('GET /user/ana/ HTTP/1.1\r\nHost:')
  t.match(await slow.ended(), /^HTTP\/1\.1 408/)
  t.match(await client.ended(), /hi$/)
})

t.test(
  'a connection goes on whose server answered and left before the end of a body',
  async (t) => {
    const socket = join(temporaryFolder(t), 'server')
    const front = await startFront(t)
    const refusing = await startRawSocket(t, socket, async ({ socket }) => {
      socket.pause()
      await sleep(30)
      socket.end('HTTP/1.1 403 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno')
      await sleep(10)
      socket.destroy()
    })
    front.routes.add('/user/ana/', refusing, owner)
    const raw = await startRaw(t, answering(ok))
    front.routes.add('/user/ana/next/', raw, owner)
    for (const kib of [140, 180, 220, 260, 300, 350]) {
      const client = await dial(t, front.port)
      const body = Buffer.alloc(kib * 1024)
      client.write(`POST /user/ana/ HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n`)
      client.write(body)
      await client.until(/no$|failed: broken$/)
      client.clear()
      client.write(get('/user/ana/next/'))
      await client.until('hi')
      t.pass(`${kib} KiB`)
    }
  },
)
