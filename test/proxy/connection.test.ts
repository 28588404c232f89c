/** One connection to a server: its buffer, its time limit, its end. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { symlinkSync } from 'node:fs'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import {
  createServer as createTlsServer,
  getCACertificates,
  setDefaultCACertificates,
} from 'node:tls'
import { Worker } from 'node:worker_threads'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { connect, ConnectTimeoutError, type ConnectionUser } from '../../src/proxy/connection.ts'
import { targetOf } from '../../src/proxy/target.ts'
import { askServer } from '../../src/spawn/server-request.ts'
import { temporaryFolder } from '../support/hub.ts'
import { certificate, privateKey } from '../support/certificate.ts'
import {
  dial,
  eventually,
  get,
  owner,
  startFront,
  startRaw,
  startRawSocket,
} from '../support/proxy.ts'
import { countTurns, workFor } from '../support/turns.ts'

const user = (changes: Partial<ConnectionUser> = {}): ConnectionUser => ({
  bytes: () => true,
  ended: () => undefined,
  drained: () => undefined,
  closed: () => undefined,
  ...changes,
})

const options = { connectTimeoutMs: 1000, onClose: () => undefined }

t.test('kept bytes are not written over, others are', async (t) => {
  const upstream = await startRaw(t)
  const given: Buffer[] = []
  const connection = connect(
    upstream,
    user({
      bytes(bytes) {
        given.push(bytes)
        if (given.length === 1) connection.keepBuffer()
        return true
      },
    }),
    options,
  )
  const peer = await upstream.first()
  for (const text of ['one', 'two', 'six']) {
    const before = given.length
    peer.write(text)
    await eventually(() => given.length > before)
  }
  t.equal(given[0]?.toString(), 'one')
  t.equal(given[0]?.buffer === given[1]?.buffer, false)
  t.equal(given[1]?.buffer === given[2]?.buffer, true, 'the same buffer again')
  connection.destroy()
})

t.test('what is passed on is given back when the kernel has it, and not before', async (t) => {
  const upstream = await startRaw(t, ({ socket }) => socket.pause())
  const connection = connect(upstream, user(), options)
  const peer = await upstream.first()
  await eventually(() => connection.usable())
  const pieces: Buffer[] = []
  const pass = (): boolean => {
    const piece = Buffer.allocUnsafeSlow(64 * 1024).fill(pieces.push(Buffer.alloc(0)))
    pieces[pieces.length - 1] = piece
    return connection.pass(piece) || piece.length === 0
  }
  while (pass());
  const [last] = pieces.slice(-1)
  t.ok(pieces.length > 1)
  t.ok(pieces.slice(0, -1).every(({ length }) => length === 0))
  t.equal(last?.length, 64 * 1024, 'of the last one only a part is on its way')
  const sum = createHash('sha256')
  let read = 0
  peer.socket.on('data', (bytes: Buffer) => {
    sum.update(bytes)
    read += bytes.length
  })
  peer.socket.resume()
  await eventually(() => read === pieces.length * 64 * 1024)
  const expected = createHash('sha256')
  for (const number of pieces.keys()) expected.update(Buffer.alloc(64 * 1024, number + 1))
  t.equal(sum.digest('hex'), expected.digest('hex'))
  await eventually(() => last?.length === 0)
  connection.destroy()
})

t.test('two connections never read into one buffer', async (t) => {
  const upstream = await startRaw(t, (peer) => peer.write('x'))
  const buffers = new Set<unknown>()
  const all = Array.from({ length: 5 }, () =>
    connect(upstream, user({ bytes: ({ buffer }) => !!buffers.add(buffer) }), options),
  )
  await eventually(() => buffers.size === 5)
  for (const connection of all) connection.destroy()
  t.pass('five buffers')
})

/** Thirty servers speak at once. @returns how many bytes of theirs were read in one of the turns from the fifth to the 20th, at most. */
async function busiestTurn(t: Test, { besideSmall }: { besideSmall: boolean }): Promise<number> {
  const much = Buffer.alloc(2 * 1024 * 1024)
  const loud = await startRaw(t, ({ socket }) => void socket.write(much))
  const brief = await startRaw(t, (peer) => peer.write('x'))
  let [turn, inTurn, most, readers] = [0, 0, 0, 30]
  const all = Array.from({ length: readers }, () => {
    let left = much.length
    const bytes = ({ length }: Buffer): boolean => {
      inTurn += length
      if (turn > 3 && turn < 20) most = Math.max(most, inTurn)
      left -= length
      if (left === 0) readers -= 1
      return true
    }
    return connect(loud, user({ bytes }), options)
  })
  const gotSmall = new Promise<void>((resolve) => {
    const connection = connect(
      brief,
      user({
        bytes() {
          if (besideSmall) connection.user = undefined
          resolve()
          return true
        },
      }),
      options,
    )
    all.push(connection)
  })
  await gotSmall
  for (; readers > 0; turn++) {
    inTurn = 0
    await nextTurn()
  }
  for (const connection of all) connection.destroy()
  return most
}

t.test('beside small answers, big ones say less in each turn', async (t) => {
  const alone = await busiestTurn(t, { besideSmall: false })
  const beside = await busiestTurn(t, { besideSmall: true })
  t.ok(alone > 1.5 * 2 ** 20, `${alone} bytes were read in a turn`)
  t.ok(beside <= 2 ** 20, `${beside} bytes were read in a turn beside a small answer`)
})

t.test('what takes long to look at is read bit by bit, however much there is', async (t) => {
  const much = Buffer.alloc(4 * 1024 * 1024)
  const loud = await startRaw(t, ({ socket }) => void socket.write(much))
  const reads = countTurns(t)
  let left = much.length
  const bytes = ({ length }: Buffer): boolean => {
    left -= length
    if (length === 64 * 1024) {
      reads.mark()
      workFor(3)
    }
    return true
  }
  const connection = connect(loud, user({ bytes }), options)
  await eventually(() => left === 0)
  connection.destroy()
  t.ok(reads.count > 20, `${reads.count} reads`)
  t.ok(reads.most() <= 2, `${reads.most()} in a turn`)
})

t.test('a server that says nothing to the knock is given up in time', async (t) => {
  // A thread that listens and then never accepts: its queue fills, and the next knock stays without an answer.
  const worker = new Worker(
    `const net = require('node:net'); const { parentPort } = require('node:worker_threads')
     const server = net.createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port)
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
     })`,
    { eval: true },
  )
  t.teardown(() => worker.terminate())
  const [port] = (await once(worker, 'message')) as [number]
  const target = { host: '127.0.0.1', port }
  const outcomes: (Error | undefined)[] = []
  const all = Array.from({ length: 6 }, () =>
    connect(target, user({ closed: (error) => void outcomes.push(error) }), {
      ...options,
      connectTimeoutMs: 150,
    }),
  )
  await eventually(() => outcomes.length > 0)
  t.type(outcomes[0], ConnectTimeoutError)
  const front = await startFront(t, { connectTimeoutMs: 150 })
  front.routes.add('/user/ana/', target, owner)
  const client = await dial(t, front.port)
  client.write(get())
  await client.until('failed: timeout')
  const socket = await dial(t, front.port)
  socket.write(get('/user/ana/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'))
  t.match(await socket.ended(), /^HTTP\/1\.1 504 /)
  for (const connection of all) connection.destroy()
})

t.test('the last call tells why', async (t) => {
  const upstream = await startRaw(t, ({ socket }) => socket.resetAndDestroy())
  const reset = await new Promise<Error | undefined>((resolve) => {
    connect(upstream, user({ closed: resolve }), options).write('x')
  })
  t.match(reset, { code: 'ECONNRESET' })
  upstream.server.close()
  await once(upstream.server, 'close')
  const refused = await new Promise<Error | undefined>((resolve) => {
    connect(upstream, user({ closed: resolve }), options)
  })
  t.match(refused, { code: 'ECONNREFUSED' })
})

t.test('what a server has said before it closed is read, though it takes no more', async (t) => {
  const words = randomBytes(100_000).toString('hex')
  const target = await startRawSocket(t, join(temporaryFolder(t), 'server'), ({ socket }) => {
    socket.write(words)
    socket.destroy()
    connection.write('more')
  })
  const { promise: closed, resolve } = Promise.withResolvers<Error | undefined>()
  let said = ''
  let endings = 0
  const bytes = (given: Buffer): boolean => {
    said += given.toString('latin1')
    setImmediate(() => connection.resume())
    return false
  }
  const listener = user({ bytes, ended: () => void (endings += 1), closed: resolve })
  const connection = connect(target, listener, options)
  t.match(await closed, { code: 'EPIPE' })
  t.equal(said, words)
  t.equal(endings, 0, 'and nobody takes that for an orderly end')
})

t.test('an address in brackets is an address', async (t) => {
  const error = await new Promise<Error | undefined>((resolve) => {
    connect({ host: '[::1]', port: 1 }, user({ closed: resolve }), options)
  })
  t.notMatch(error, { code: 'ENOTFOUND' })
})

t.test(
  'TLS is spoken to those who show a certificate that is trusted, and to nobody else',
  async (t) => {
    const server = createTlsServer({ cert: certificate, key: privateKey }, (socket) => {
      socket.on('error', () => socket.destroy())
      socket.pipe(socket)
    })
    server.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    const answer = (host: string) =>
      new Promise<string>((resolve) => {
        const connection = connect(
          { host, port, tls: true },
          user({
            bytes(bytes) {
              resolve(bytes.toString())
              connection.destroy()
              return true
            },
            closed: (error) => resolve(error?.message ?? 'closed'),
          }),
          options,
        )
        connection.write('hello')
      })

    t.match(await answer('localhost'), /self-signed/)
    const trusted = getCACertificates('default')
    setDefaultCACertificates([...trusted, certificate])
    t.teardown(() => setDefaultCACertificates(trusted))
    t.equal(await answer('localhost'), 'hello')
    t.match(await answer('127.0.0.1'), /altnames/, 'of another name')
  },
)

t.test('a link that a server puts in the place of its socket leads nowhere', async (t) => {
  const folder = temporaryFolder(t)
  const [own, other] = [join(folder, 'own'), join(folder, 'other')]
  const server = http.createServer((_, response) => response.end('secret'))
  await new Promise<void>((resolve) => server.listen(other, resolve))
  t.teardown(() => server.close())
  symlinkSync(other, own)
  const { promise: closed, resolve } = Promise.withResolvers<Error | undefined>()
  connect(targetOf(`unix:${own}`), user({ closed: resolve }), options)
  t.match(await closed, { message: `${own} is no socket of its own` })
  await t.rejects(askServer({ url: `unix:${own}`, path: '/', signal: AbortSignal.timeout(5000) }), {
    message: `${own} is no socket of its own`,
  })
})

t.test('a server on a Unix socket is reached like one on a port, upgrades too', async (t) => {
  const front = await startFront(t)
  const path = join(temporaryFolder(t), 'server.sock')
  const server = http.createServer((request, response) => {
    request.pipe(response)
  })
  server.on('upgrade', (_, socket) => {
    socket.write('HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello')
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.teardown(() => server.close())
  front.routes.add('/user/ana/', targetOf(`unix:${path}`), owner)
  const client = await dial(t, front.port)
  const body = 'x'.repeat(100_000)
  client.write(
    `POST /user/ana/ HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  t.match(await client.until(/xxx$/), /^HTTP\/1\.1 200 /)
  client.clear()
  const socket = await dial(t, front.port)
  socket.write(get('/user/ana/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'))
  await socket.until(/^HTTP\/1\.1 101 [^]*hello$/)
  socket.clear()
  socket.write('and back')
  await socket.until('and back')
  socket.socket.destroy()
})

t.test('a connection on which nothing moves ends, when it is told to', async (t) => {
  const upstream = await startRaw(t)
  const closed = Promise.withResolvers<Error | undefined>()
  const connection = connect(upstream, user({ closed: closed.resolve }), options)
  connection.limitQuiet(30)
  t.match(await closed.promise, { name: 'QuietError' })
})

t.test('with a key of ours, a server that demands certificates lets us in', async (t) => {
  const own = { key: privateKey, cert: certificate, ca: certificate }
  const server = createTlsServer({ ...own, requestCert: true }, (socket) => socket.end('known'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const greeted = Promise.withResolvers<string>()
  const closed = Promise.withResolvers<Error | undefined>()
  const greet = (bytes: Buffer): boolean => {
    greeted.resolve(bytes.toString('latin1'))
    return true
  }
  connect({ host: 'localhost', port, tls: own }, user({ bytes: greet }), options)
  t.equal(await greeted.promise, 'known')
  connect({ host: 'localhost', port, tls: true }, user({ closed: closed.resolve }), options)
  t.match(await closed.promise, { code: /SELF_SIGNED/ }, 'and without trust there is no talk')
})
