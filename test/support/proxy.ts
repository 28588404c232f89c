/** A proxy on real sockets for tests: a front, servers of raw bytes behind it, clients of raw bytes before it. */
import { EventEmitter, once } from 'node:events'
import http, { type ServerOptions } from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'
import { type Test } from 'tap'
import {
  createForwarder,
  type ForwarderNeeds,
  type UpstreamFailure,
} from '../../src/proxy/forward.ts'
import { inTurn } from '../../src/proxy/in-turn.ts'
import { frontServerOptions, guardServer } from '../../src/proxy/listener.ts'
import { withoutQuery } from '../../src/proxy/path.ts'
import { type ExchangePolicy } from '../../src/proxy/policy.ts'
import { serveDirectly, type DirectFrontNeeds } from '../../src/proxy/direct-front.ts'
import { createRoutes, type Owner } from '../../src/proxy/routes.ts'
import { createStallWatch, watchBodies, type StallNeeds } from '../../src/proxy/stalled-bodies.ts'
import { createUpgrader } from '../../src/proxy/upgrade.ts'

export const owner: Owner = { user: 'ana', server: '', serverId: 1, userId: 1 }

export const hubCookieNames = new Set(['littlehub-session', '__Host-littlehub-session', 'flow'])

export const policyOf = (changes: Partial<ExchangePolicy> = {}): ExchangePolicy => ({
  hubCookieNames,
  forwarded: {
    trustedPeer: false,
    address: '192.0.2.7',
    proto: 'https',
    host: 'hub.example.org',
    port: 443,
  },
  ...changes,
})

export type FrontOptions = {
  /** Node's server reads every request, usual ones too. */
  readonly nodeOnly?: boolean
  readonly policy?: () => ExchangePolicy
  readonly server?: ServerOptions
  readonly connectTimeoutMs?: number
  readonly stalls?: StallNeeds
  readonly nowMs?: () => number
}

/** A door that lets everybody in; what leads nowhere gets 404, a server that does not answer 502 and the kind of failure. */
export async function startFront(t: Test, options: FrontOptions = {}) {
  const routes = createRoutes(options.nowMs ?? Date.now)
  const failures: UpstreamFailure[] = []
  const timeout =
    options.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: options.connectTimeoutMs }
  const onFailure: ForwarderNeeds['onFailure'] = (_, response, failure) => {
    failures.push(failure)
    const body = `failed: ${failure.kind}`
    response.writeHead(502, { 'content-length': body.length }).end(body)
  }
  const forwarder = createForwarder({ routes, ...timeout, onFailure })
  const held = options.stalls?.heldMs === undefined ? {} : { heldMs: options.stalls.heldMs }
  const upgrader = createUpgrader({ routes, ...timeout, ...held })
  const policy = options.policy ?? policyOf
  const server = http.createServer(
    { ...frontServerOptions, ...options.server },
    inTurn((req, response) => {
      const route = routes.match(pathOf(req.url))
      if (!route) response.writeHead(404, { 'content-length': 4 }).end('none')
      else forwarder.forward(req, response, { route, policy: policy() })
    }),
  )
  /** Directly, and not over yet. */
  let admitted = 0
  const admit: DirectFrontNeeds['admit'] = (req) => {
    const route = routes.match(pathOf(req.url))
    if (!route || !forwarder.goesThrough(req, route)) return undefined
    admitted += 1
    return { route, policy: policy(), release: () => void (admitted -= 1) }
  }
  const stalls = createStallWatch(options.stalls ?? { stalledMs: () => 0 })
  if (!options.nodeOnly) serveDirectly(server, { forwarder, admit, stalls })
  watchBodies(server, stalls)
  guardServer(server)
  server.on('upgrade', (req, socket, head) => {
    const route = routes.match(pathOf(req.url))
    if (!route) socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n')
    else upgrader.upgrade(req, socket, { head, route, policy: policy() })
  })
  const port = await listen(server)
  t.teardown(async () => {
    forwarder.close()
    upgrader.close()
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const underWay = (): number => admitted
  return { port, server, routes, forwarder, upgrader, failures, underWay }
}

const pathOf = (target = ''): string => withoutQuery(target.replace(/^https?:\/\/[^/?]*/i, ''))

async function listen(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** One end of a connection, as bytes. */
export type Peer = {
  readonly socket: Socket
  /** Everything that has come so far, as latin1. */
  text(): string
  /** Waits until `text()` holds it, or rejects when the connection ends before. */
  until(wanted: string | RegExp): Promise<string>
  /** Forgets what has come so far. */
  clear(): void
  /** Waits until the other side has ended or cut the connection; then everything that came. */
  ended(): Promise<string>
  write(data: string | Buffer): void
}

export function peerOf(socket: Socket): Peer {
  const news = new EventEmitter().setMaxListeners(0)
  let chunks: Buffer[] = []
  let over = false
  const end = () => {
    over = true
    news.emit('news')
  }
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    news.emit('news')
  })
  socket.on('error', () => undefined)
  socket.on('end', end)
  socket.on('close', end)
  const text = () => Buffer.concat(chunks).toString('latin1')
  const has = (wanted: string | RegExp) =>
    typeof wanted === 'string' ? text().includes(wanted) : wanted.test(text())
  return {
    socket,
    text,
    clear: () => void (chunks = []),
    write: (data) => void socket.write(data, 'latin1' as BufferEncoding),
    async until(wanted) {
      while (!has(wanted)) {
        if (over) throw new Error(`ended before ${String(wanted)}: ${JSON.stringify(text())}`)
        await once(news, 'news')
      }
      return text()
    },
    async ended() {
      while (!over) await once(news, 'news')
      return text()
    },
  }
}

/** A client of raw bytes. */
export async function dial(t: Test, port: number): Promise<Peer> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  t.teardown(() => socket.destroy())
  const peer = peerOf(socket)
  await once(socket, 'connect')
  return peer
}

/** A server of raw bytes; each connection is handed to `serve` and kept in `peers`. */
export async function startRaw(t: Test, serve: (peer: Peer) => unknown = () => undefined) {
  const peers: Peer[] = []
  const server = net.createServer({ noDelay: true }, (socket) => {
    const peer = peerOf(socket)
    peers.push(peer)
    serve(peer)
  })
  const port = await listen(server)
  t.teardown(() => {
    for (const { socket } of peers) socket.destroy()
    server.close()
  })
  /** The first connection, once there is one. */
  const first = async (): Promise<Peer> => {
    await eventually(() => peers.length > 0)
    return peers[0]!
  }
  return { port, host: '127.0.0.1', peers, first, server }
}

/** The same on a Unix socket. */
export async function startRawSocket(t: Test, socket: string, serve: (peer: Peer) => unknown) {
  const server = net.createServer((accepted) => serve(peerOf(accepted)))
  server.listen(socket)
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { host: 'localhost', port: 0, socket }
}

/** Answers each head with the same bytes, for requests without a body. */
export const answering =
  (answer: string | Buffer | ((head: string, peer: Peer) => string)) =>
  (peer: Peer): void => {
    let seen = ''
    peer.socket.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1')
      for (let end = seen.indexOf('\r\n\r\n'); end !== -1; end = seen.indexOf('\r\n\r\n')) {
        const head = seen.slice(0, end + 4)
        seen = seen.slice(end + 4)
        peer.write(typeof answer === 'function' ? answer(head, peer) : answer)
      }
    })
  }

/** A real HTTP server behind the front. */
export async function startServer(t: Test, handler: http.RequestListener) {
  const server = http.createServer(handler)
  const port = await listen(server)
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port, host: '127.0.0.1', server }
}

/** A front with one route, `/user/ana/`, to a server of raw bytes. */
export async function startPair(
  t: Test,
  serve?: (peer: Peer) => unknown,
  options: FrontOptions = {},
) {
  const front = await startFront(t, options)
  const upstream = await startRaw(t, serve)
  front.routes.add('/user/ana/', upstream, owner)
  return { ...front, upstream, dial: () => dial(t, front.port) }
}

const pieceBytes = 16 * 1024

/**
 * Sends pieces to a client that does not read, until its kernel takes no more and some of the last one wait in `socket`.
 * @returns how many bytes all of them are
 */
export async function fillUp(socket: Socket, send: (piece: string) => void): Promise<number> {
  let bytes = 0
  while (socket.writableLength === 0) {
    send('x'.repeat(pieceBytes))
    bytes += pieceBytes
    await eventually(() => socket.bytesWritten >= bytes)
  }
  return bytes
}

export const get = (path = '/user/ana/', lines = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: hub.example.org\r\n${lines}\r\n`

/** Waits until a condition holds; the test's own time limit is the deadline. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
