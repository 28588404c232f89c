/** Bodies that stop coming. */
import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import t from 'tap'
import { watchBodies } from '../../src/proxy/stalled-bodies.ts'
import { answering, dial, eventually, get, startPair, type Peer } from '../support/proxy.ts'

const post = 'POST /user/ana/ HTTP/1.1\r\nHost: h\r\n'
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'
const stalls = { stalledMs: () => 300, lookEveryMs: 20 }

t.test('a body that stops coming takes its connections with it, on both sides', async (t) => {
  const { dial, forwarder, upstream } = await startPair(t, undefined, { stalls })
  for (const framing of ['Content-Length: 9', 'Transfer-Encoding: chunked']) {
    const client = await dial()
    client.write(`${post}${framing}\r\n\r\n5\r\nab`)
    await client.ended()
    await upstream.peers.at(-1)?.ended()
    await eventually(() => forwarder.counts.exchanges + forwarder.counts.connections === 0)
    t.pass(framing)
  }
})

t.test('one that comes slowly is waited for, and so is an answer', async (t) => {
  const { dial, upstream } = await startPair(t, undefined, {
    stalls: { ...stalls, stalledMs: () => 1000 },
  })
  const client = await dial()
  client.write(`${post}Content-Length: 5\r\n\r\n`)
  for (const byte of 'hello') {
    await new Promise((resolve) => setTimeout(resolve, 250))
    client.write(byte)
  }
  const peer = await upstream.first()
  await peer.until('hello')
  await new Promise((resolve) => setTimeout(resolve, 1200))
  peer.write(ok)
  await client.until('hi')
})

t.test('one that the server does not read is not the client’s fault', async (t) => {
  const { dial, forwarder } = await startPair(t, ({ socket }) => void socket.pause(), { stalls })
  const client = await dial()
  client.write(`${post}Content-Length: ${64 * 1024 * 1024}\r\n\r\n`)
  client.write(Buffer.alloc(64 * 1024 * 1024))
  await eventually(() => client.socket.bytesWritten > 1000)
  await new Promise((resolve) => setTimeout(resolve, 700))
  t.equal(forwarder.counts.exchanges, 1)
  client.socket.destroy()
})

t.test('without a limit nobody is cut off', async (t) => {
  const { dial } = await startPair(t, answering(ok), {
    stalls: { stalledMs: () => 0, lookEveryMs: 10 },
  })
  const client = await dial()
  client.write(`${post}Content-Length: 5\r\n\r\nhe`)
  await new Promise((resolve) => setTimeout(resolve, 100))
  client.write('llo')
  await client.until('hi')
})

t.test('nothing is kept of a request whose body nobody wanted', async (t) => {
  const server = http.createServer((_, response) => response.writeHead(413).end('too large'))
  let watched = 0
  const stallWatch = {
    watch() {
      watched += 1
      return () => void (watched -= 1)
    },
  }
  watchBodies(server, stallWatch)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  for (const framing of ['Content-Length: 9', 'Transfer-Encoding: chunked']) {
    const client = await dial(t, (server.address() as AddressInfo).port)
    client.write(`${post}${framing}\r\n\r\n`)
    await client.until('too large')
    t.equal(watched, 1)
    client.socket.destroy()
    await eventually(() => watched === 0)
  }
})

const megabyte = Buffer.alloc(1024 * 1024)
const upgradeLines = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'

const held = {
  'an upload that nobody reads': `${post}Content-Length: ${2 ** 40}\r\n\r\n`,
  'a chunked one': `${post}Transfer-Encoding: chunked\r\n\r\n${(2 ** 40).toString(16)}\r\n`,
  'what is sent behind a request without an answer': get(),
  'what is sent behind an upgrade without an answer': get('/user/ana/ws', upgradeLines),
}

for (const [name, head] of Object.entries(held))
  t.test(`${name} is not kept for ever, whether the client is still there or not`, async (t) => {
    const { dial, forwarder, upgrader } = await startPair(t, ({ socket }) => void socket.pause(), {
      stalls: { ...stalls, stalledMs: () => 0, heldMs: 300 },
    })
    for (const stays of [true, false]) {
      const client = await dial()
      client.write(head)
      const open = (): number => forwarder.counts.exchanges + upgrader.size
      await eventually(() => open() === 1)
      for (let sent = 0; sent < 16; sent += 1) client.write(megabyte)
      if (!stays) client.socket.destroy()
      await eventually(() => open() + forwarder.counts.connections === 0)
      await client.ended()
      t.pass(stays ? 'there' : 'gone')
    }
  })

t.test('nor is a WebSocket whose server takes nothing', async (t) => {
  const switchThenSleep = async ({ until, write, socket }: Peer): Promise<void> => {
    await until('\r\n\r\n')
    write(`HTTP/1.1 101 Switching Protocols\r\n${upgradeLines}\r\n`)
    socket.pause()
  }
  const { dial, upgrader } = await startPair(t, (peer) => void switchThenSleep(peer), {
    stalls: { ...stalls, heldMs: 300 },
  })
  const client = await dial()
  client.write(get('/user/ana/ws', upgradeLines))
  await client.until('101')
  for (let sent = 0; sent < 16; sent += 1) client.write(megabyte)
  client.socket.destroy()
  await eventually(() => upgrader.size === 0)
})

t.test('one that waits behind an answer that takes long is not stalled', async (t) => {
  const { dial, upstream } = await startPair(t, undefined, { stalls, nodeOnly: true })
  const client = await dial()
  client.write(`${get()}${post}Content-Length: ${megabyte.length}\r\n\r\n`)
  client.write(megabyte)
  const peer = await upstream.first()
  await peer.until('GET')
  await new Promise((resolve) => setTimeout(resolve, 700))
  peer.write(ok)
  await client.until('hi')
})

t.test('many small ones in one packet leave one listener with their connection', async (t) => {
  const server = http.createServer()
  watchBodies(server, { watch: () => () => undefined })
  let arrived = 0
  let listeners = 0
  server.on('request', ({ socket }) => {
    arrived += 1
    listeners = socket.listenerCount('close')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const client = await dial(t, (server.address() as AddressInfo).port)
  const one = async (count: number): Promise<number> => {
    client.write(`${post}Content-Length: 1\r\n\r\na`.repeat(count))
    const wanted = arrived + count
    await eventually(() => arrived === wanted)
    return listeners
  }
  t.equal(await one(20), await one(1))
})
