/** Bodies arrive byte for byte and no faster than they are read. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import {
  answering,
  dial,
  eventually,
  get,
  owner,
  startFront,
  startPair,
  startRaw,
  startServer,
} from '../support/proxy.ts'

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

t.test('downloads by length and by chunks keep every byte, whoever reads how slowly', async (t) => {
  const bodies = Array.from({ length: 12 }, (_, index) => randomBytes(1_000_003 * (1 + (index % 3))))
  const front = await startFront(t)
  const server = await startServer(t, (request, response) => {
    const body = bodies[Number(/\d+$/.exec(request.url ?? '')?.[0])] ?? Buffer.alloc(0)
    if (request.url?.includes('length')) response.setHeader('content-length', body.length)
    response.end(body)
  })
  front.routes.add('/user/ana/', server, owner)
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
  t.teardown(() => agent.destroy())
  const download = async (path: string, isSlow: boolean): Promise<string> => {
    const response = await new Promise<http.IncomingMessage>((resolve) =>
      http.get({ port: front.port, host: '127.0.0.1', path, agent }, resolve),
    )
    const chunks: Buffer[] = []
    for await (const chunk of response) {
      chunks.push(chunk as Buffer)
      if (isSlow && chunks.length % 5 === 0) await sleep(2)
    }
    return hash(Buffer.concat(chunks))
  }
  const jobs = [0, 1].flatMap((round) =>
    bodies.flatMap((body, index) =>
      ['length', 'chunked'].map(async (kind) => {
        const sum = await download(`/user/ana/${kind}/${index}`, (index + round) % 2 === 0)
        if (sum !== hash(body)) t.fail(`${kind} ${index}`)
      }),
    ),
  )
  await Promise.all(jobs)
  t.pass(`${jobs.length} downloads`)
  t.equal(front.forwarder.counts.exchanges, 0)
}) // prettier-ignore

t.test(
  'small pieces that wait for a slow reader are not overwritten by the next ones',
  async (t) => {
    const front = await startFront(t)
    const body = randomBytes(16 * 1024 ** 2)
    const upstream = await startRaw(t, ({ socket }) => {
      let at = 0
      // Smaller than what fills a socket's queue, so that reading goes on while they wait.
      const pour = () => {
        if (at >= body.length) return
        const more = socket.write(body.subarray(at, (at += 9000)))
        if (more) setImmediate(pour)
        else socket.once('drain', pour)
      }
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`)
        pour()
      })
    })
    front.routes.add('/user/ana/', upstream, owner)
    const client = await dial(t, front.port)
    client.write(get())
    const head = (await client.until('\r\n\r\n')).indexOf('\r\n\r\n') + 4
    const naps = setInterval(() => {
      client.socket.pause()
      setTimeout(() => client.socket.resume(), 90)
    }, 100)
    await eventually(() => client.socket.bytesRead >= head + body.length)
    clearInterval(naps)
    client.socket.resume()
    await eventually(() => client.text().length === head + body.length)
    t.equal(hash(Buffer.from(client.text().slice(head), 'latin1')), hash(body))
  },
)

/** In a thread of its own, so that it is always ahead. */
const serverOfMuch = `
const { createServer } = require('node:net')
const { parentPort, workerData } = require('node:worker_threads')
const server = createServer((socket) => {
  socket.on('error', () => undefined).once('data', () => {
    socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: ' + workerData.length + '\\r\\n\\r\\n')
    socket.write(workerData)
  })
})
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

t.test('a big download keeps every byte when its client is behind now and then', async (t) => {
  const made = t.capture(Buffer, 'allocUnsafeSlow', Buffer.allocUnsafeSlow)
  const front = await startFront(t)
  const body = randomBytes(96 * 1024 ** 2)
  const server = new Worker(serverOfMuch, { eval: true, workerData: body })
  t.teardown(() => server.terminate())
  const [port] = (await once(server, 'message')) as [number]
  front.routes.add('/user/ana/', { host: '127.0.0.1', port }, owner)
  const asked = http.get({ port: front.port, host: '127.0.0.1', path: '/user/ana/' })
  const [response] = (await once(asked, 'response')) as [http.IncomingMessage]
  const sum = createHash('sha256')
  let [read, naps] = [0, 0]
  for await (const bytes of response) {
    sum.update(bytes as Buffer)
    read += (bytes as Buffer).length
    if (read < (naps + 1) * 20 * 1024 ** 2) continue
    naps += 1
    await sleep(50)
  }
  t.equal(sum.digest('hex'), hash(body))
  const sizes = made.args().map(([bytes]) => bytes)
  t.ok(sizes.includes(512 * 1024), `it came to the largest buffer: ${sizes.join()}`)
})

t.test('uploads keep every byte, by length and by chunks', async (t) => {
  const front = await startFront(t)
  const server = await startServer(t, (request, response) => {
    const sum = createHash('sha256')
    request.on('data', (chunk: Buffer) => sum.update(chunk))
    request.on('end', () => response.end(sum.digest('hex')))
  })
  front.routes.add('/user/ana/', server, owner)
  const upload = (body: Buffer, isChunked: boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = isChunked ? {} : { 'content-length': body.length }
      const to = { port: front.port, host: '127.0.0.1', path: '/user/ana/', method: 'PUT', headers }
      const request = http.request(to, (response) => {
        response.setEncoding('latin1').once('data', resolve)
      })
      request.once('error', reject)
      for (let at = 0; at < body.length; at += 77_777) request.write(body.subarray(at, at + 77_777))
      request.end()
    })
  const bodies = Array.from({ length: 8 }, (_, index) => randomBytes(500_009 * (index + 1)))
  const sums = await Promise.all(bodies.map((body, index) => upload(body, index % 2 === 0)))
  t.same(sums, bodies.map(hash))
}) // prettier-ignore

t.test('a reader that stops stops the server, and memory stays where it is', async (t) => {
  const front = await startFront(t)
  const block = Buffer.alloc(1024 * 1024, 'x')
  let written = 0
  const upstream = await startRaw(t, ({ socket }) => {
    const pour = () => {
      while (written < 1024 ** 3 && socket.write(block)) written += block.length
      written += block.length
    }
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${1024 ** 3}\r\n\r\n`)
      socket.on('drain', pour)
      pour()
    })
  })
  front.routes.add('/user/ana/', upstream, owner)
  const before = process.memoryUsage().rss
  const client = await dial(t, front.port)
  client.write(get())
  await client.until('\r\n\r\n')
  client.socket.pause()
  let seen = -1
  while (seen !== written) {
    seen = written
    await sleep(200)
  }
  t.ok(written < 64 * 1024 ** 2, `the server was held back after ${written} bytes`)
  const grown = process.memoryUsage().rss - before
  t.ok(grown < 150 * 1024 ** 2, `${grown} bytes more`)
  client.socket.destroy()
  await eventually(() => front.forwarder.counts.connections === 0)
})

t.test('a server that stops reading stops the upload', async (t) => {
  const front = await startFront(t)
  const upstream = await startRaw(t, ({ socket }) => socket.pause())
  front.routes.add('/user/ana/', upstream, owner)
  const client = await dial(t, front.port)
  const total = 1024 ** 3
  client.write(`PUT /user/ana/ HTTP/1.1\r\nHost: h\r\nContent-Length: ${total}\r\n\r\n`)
  const block = Buffer.alloc(256 * 1024, 'x')
  let written = 0
  const pour = () => {
    while (written < total && client.socket.write(block)) written += block.length
  }
  client.socket.on('drain', pour)
  pour()
  let seen = -1
  while (seen !== written) {
    seen = written
    await sleep(200)
  }
  t.ok(written < 64 * 1024 ** 2, `the client was held back after ${written} bytes`)
})

t.test('chunks that came together leave together, whatever their sizes', async (t) => {
  const tiny = '1\r\nx\r\n'.repeat(1000)
  const { dial } = await startPair(
    t,
    answering(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${tiny}0\r\n\r\n`),
    { nodeOnly: true },
  )
  const client = await dial()
  client.write(get())
  const answer = await client.until(/\r\n0\r\n\r\n$/)
  t.equal(answer.match(/x/g)?.length, 1000)
  t.ok(answer.length < 2000, `${answer.length} bytes`)
})
