/** Slow, dead, endless and vanishing peers by the hundred: memory and descriptors return to where they were. */
import { readdirSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { keptHeapBytes } from '../support/heap.ts'
import { answering, dial, eventually, get, owner, startFront, startRaw, type Peer } from '../support/proxy.ts' // prettier-ignore

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'
const upgrade = get('/user/ana/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n')
const switched =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const post = 'POST /user/ana/ HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\nabc'

const peersPerCase = 20

const mostGrownBytes = 1024 * 1024

type Case = {
  /** What a server does with each connection. */
  readonly serve?: (peer: Peer) => unknown
  readonly send: string
  /** What has to have come before the client does its last. */
  readonly seen?: string
  /** Absent: the client waits until it is turned away. */
  readonly last?: (peer: Peer) => unknown
}

const vanish = ({ socket }: Peer): unknown => socket.resetAndDestroy()
const halfClose = ({ socket }: Peer): unknown => socket.end()
const leave = ({ socket }: Peer): unknown => socket.destroy()

/** Sends for as long as somebody takes it. */
function endless({ socket }: Peer): void {
  socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  }
  socket.on('drain', more)
  more()
}

const after = (answer: string | ((peer: Peer) => unknown)) => (peer: Peer) =>
  void peer.until('\r\n\r\n').then(
    () => (typeof answer === 'string' ? peer.write(answer) : answer(peer)),
    () => undefined,
  )

const cases: Readonly<Record<string, Case>> = {
  'heads that never end': { send: 'GET /user/ana/ HTTP/1.1\r\nHost: h\r\nX: ' },
  'bodies that stop': { send: post },
  'bodies that stop, then vanish': { send: post, last: vanish },
  'clients that leave while they wait': { send: get(), last: leave },
  'clients that vanish while they wait': { send: get(), last: vanish },
  'clients that close one half while they wait': { send: get(), last: halfClose },
  'clients that leave in the middle of an endless answer': {
    serve: after(endless), send: get(), seen: 'xxxx', last: leave,
  },
  'clients that stop reading an endless answer, then vanish': {
    serve: after(endless), send: get(), seen: 'HTTP/1.1 200',
    last: ({ socket }) => { socket.pause(); setTimeout(() => socket.resetAndDestroy(), 50) },
  },
  'servers that answer garbage': { serve: after('SSH-2.0-OpenSSH_9\r\n'), send: get(), seen: '502', last: leave },
  'servers that answer garbage without an end': {
    serve: after((peer) => peer.write('HTTP/1.1 200 OK\r\nX: '.padEnd(200_000, 'y'))), send: get(), seen: '502', last: leave,
  },
  'servers that vanish before they answer': {
    serve: after(({ socket }) => socket.resetAndDestroy()), send: get(), seen: '502', last: leave,
  },
  'servers that vanish in their answer': {
    serve: after((peer) => { peer.write('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf'); setTimeout(() => peer.socket.resetAndDestroy(), 5) }),
    send: get(),
  },
  'servers that say more than they announced': {
    serve: after('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and much more'), send: get(), seen: 'hi', last: leave,
  },
  'servers that answer early and read no body': {
    serve: after('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'), send: post, seen: '413', last: leave,
  },
  'WebSockets whose clients vanish': { serve: after(switched), send: upgrade, seen: '101', last: vanish },
  'WebSockets whose servers vanish': {
    serve: after((peer) => { peer.write(switched); setTimeout(() => peer.socket.resetAndDestroy(), 5) }), send: upgrade,
  },
  'upgrades that nobody answers': { send: upgrade, last: leave },
  'upgrades that are refused and stay': {
    serve: after('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'), send: upgrade,
  },
} // prettier-ignore

const openFiles = (): number => readdirSync('/proc/self/fd').length

async function startBounded(t: Test) {
  const limits = { headersTimeout: 300, connectionsCheckingInterval: 50 }
  const front = await startFront(t, {
    server: limits,
    stalls: { stalledMs: () => 500, lookEveryMs: 20 },
  })
  const good = await startRaw(t, answering(ok))
  front.routes.add('/user/ben/', good, owner)
  return front
}

for (const [name, { serve, send, seen, last }] of Object.entries(cases))
  t.test(`${name}, ${peersPerCase} at once`, async (t) => {
    const front = await startBounded(t)
    const upstream = await startRaw(t, serve)
    front.routes.add('/user/ana/', upstream, owner)
    const isQuiet = (): boolean =>
      front.forwarder.counts.exchanges === 0 &&
      front.forwarder.counts.connections === front.forwarder.counts.idle &&
      front.upgrader.size === 0
    const neighbour = await dial(t, front.port)

    const wave = async (): Promise<void> => {
      const clients = await Promise.all(Array.from({ length: peersPerCase }, () => dial(t, front.port)))
      for (const client of clients) client.write(send)
      if (seen !== undefined) await Promise.all(clients.map((client) => client.until(seen)))
      else if (last) await eventually(() => front.forwarder.counts.connections > 0 || front.upgrader.size > 0)
      for (const client of clients) last?.(client)
      neighbour.write(get('/user/ben/'))
      await neighbour.until('hi')
      neighbour.clear()
      await Promise.all(clients.map((client) => client.ended()))
      for (const { socket } of clients) socket.destroy()
      await eventually(isQuiet)
      for (const { socket } of upstream.peers.splice(0)) socket.destroy()
      front.forwarder.close()
      // An error that is kept holds on to the functions of its stack.
      front.failures.splice(0)
    } // prettier-ignore

    // The first waves fill what is kept for good: code, buffers, tables. A leak grows with each of them.
    await wave()
    const files = openFiles()
    let heap = keptHeapBytes()
    let grown = Infinity
    for (let waves = 0; waves < 4 && grown >= mostGrownBytes; waves += 1) {
      await wave()
      const now = keptHeapBytes()
      grown = now - heap
      heap = now
    }
    await eventually(() => openFiles() <= files)
    t.pass('descriptors are back')
    t.ok(grown < mostGrownBytes, `memory is back (${grown})`)
  })

t.test('a thousand idle sockets cost little, and nothing when they have gone', async (t) => {
  const front = await startFront(t)
  const base = openFiles()
  const clients = await Promise.all(Array.from({ length: 1000 }, () => dial(t, front.port)))
  const started = performance.now()
  const quick = await dial(t, front.port)
  quick.write(get('/none'))
  await quick.until('none')
  t.ok(performance.now() - started < 5000, 'others are served')
  for (const { socket } of [...clients, quick]) socket.destroy()
  await eventually(() => openFiles() <= base)
  t.pass('descriptors are back')
})

t.test('a client that vanished without a word is asked for by the kernel', async (t) => {
  const front = await startFront(t)
  const client = await dial(t, front.port)
  client.write(get('/none'))
  await client.until('none')
  const own = `:${front.port.toString(16).toUpperCase().padStart(4, '0')} `
  const timers = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => `${local} `.endsWith(own) && state === '01')
    .map((fields) => fields[5]?.slice(0, 2))
  t.same(timers, ['02'], 'the keep-alive timer runs')
})
