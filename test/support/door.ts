/** A whole hub on real sockets whose users' servers are raw bytes: what reaches which server can be looked at. */
import { type Server as NetServer } from 'node:net'
import { type Test } from 'tap'
import { type NewSession } from '../../src/core/sessions.ts'
import { type Server } from '../../src/model/server.ts'
import { sessionCookie } from '../../src/model/session.ts'
import { type User } from '../../src/model/user.ts'
import { type Spawner } from '../../src/spawn/spawner.ts'
import { createFakeSpawner } from './fake-spawner.ts'
import { startHub, type HubOptions, type TestHub } from './hub.ts'
import { answering, dial, startRaw, type Peer } from './proxy.ts'

type Raw = Awaited<ReturnType<typeof startRaw>>

export type TestDoor = TestHub & {
  readonly port: number
  dial(): Promise<Peer>
  /** Sends a request on a connection of its own; the whole answer once the connection has ended. */
  ask(head: string): Promise<string>
  userOf(name: string): User
  serverOf(name: string): Server
  logIn(name: string): NewSession
  /** Starts the default server of a user; readiness probes are forgotten. */
  startServer(name: string): Promise<Raw>
  /** Everything a server was sent since it started, as latin1. */
  seenBy(name: string): string
  /** The program of this user is gone from one moment to the next, as by SIGKILL. */
  kill(name: string): void
}

export type DoorOptions = HubOptions & {
  /** How every server answers a head; by default 200 with `server of NAME`. */
  readonly answer?: (head: string, peer: Peer) => string
}

export const cookieOf = ({ secret }: NewSession): string =>
  `Cookie: ${sessionCookie.plain}=${secret}\r\n`

export const get = (path: string, lines = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: hub.test\r\n${lines}\r\n`

export const upgrade = (path: string, lines = ''): string =>
  get(
    path,
    `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${lines}`,
  )

/** A WebSocket opens, `/events` is a stream that goes on, `/silence` stays unanswered, the rest says whose server it is. */
function usualAnswer(name: string, head: string): string {
  if (/\r\nupgrade: websocket/i.test(head))
    return 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nopen'
  const [, path = ''] = head.split(' ', 2)
  if (path.endsWith('/events'))
    return 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: open\n\n'
  if (path.endsWith('/silence')) return ''
  const body = `server of ${name}`
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${head.startsWith('HEAD ') ? '' : body}`
}

export async function startDoor(t: Test, options: DoorOptions = {}): Promise<TestDoor> {
  const servers = new Map<string, Raw>()
  const before = new Map<string, number>()
  const fake = createFakeSpawner()
  const spawner: Spawner = {
    ...fake,
    async start(request) {
      const { name } = request.user
      const answer = options.answer ?? ((head: string) => usualAnswer(name, head))
      const raw = await startRaw(t, answering(answer))
      servers.set(name, raw)
      return { ...(await fake.start(request)), url: `http://127.0.0.1:${raw.port}` }
    },
  }
  const test = await startHub(t, { spawner, ...options })
  const { store, sessions, servers: verbs } = test.hub.context
  const port = Number(new URL(test.url).port)

  const userOf = (name: string): User => store.users.getByName(name)
  const rawOf = (name: string): Raw => {
    const raw = servers.get(name)
    if (!raw) throw new Error(`${name} has no server`)
    return raw
  }
  const serverOf = (name: string): Server => {
    const { id } = userOf(name)
    return store.servers.findByName(id, '') ?? store.servers.create(id, '')
  }

  return {
    ...test,
    port,
    dial: () => dial(t, port),
    async ask(head) {
      const peer = await dial(t, port)
      peer.write(head.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
      return peer.ended()
    },
    userOf,
    serverOf,
    logIn: (name) => sessions.begin(userOf(name), { address: '127.0.0.1', userAgent: 'test' }),
    async startServer(name) {
      await verbs.start(serverOf(name))
      before.set(name, rawOf(name).peers.length)
      return rawOf(name)
    },
    seenBy(name) {
      const { peers } = rawOf(name)
      return peers.slice(before.get(name)).map((peer) => peer.text()).join('') // prettier-ignore
    },
    kill(name) {
      const raw = rawOf(name)
      raw.server.close()
      for (const { socket } of raw.peers) socket.resetAndDestroy()
      fake.end(userOf(name).slug, 137)
    },
  }
}

/** How many connections a server has at this moment. */
export const connectionsOf = (server: NetServer): Promise<number> =>
  new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  )
