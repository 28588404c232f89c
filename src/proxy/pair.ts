/** The two sockets of a WebSocket: joined byte by byte, and ended together. */
import { type Duplex } from 'node:stream'
import { type Connection } from './connection.ts'
import { type Live } from './live.ts'
import { type Right } from './policy.ts'
import { type Route, type Routes } from './routes.ts'

export interface Pair {
  /** `refused`: what the server says is the client's answer, and nothing else comes. */
  phase: 'asking' | 'refused' | 'joined'
  readonly socket: Duplex
  readonly connection: Connection
  /** Somebody uses the route. */
  readonly touch: () => void
  /** Reads no further of the client, who may leave unseen meanwhile: not for ever. */
  readonly hold: () => void
  readonly goOn: () => void
  /** Both sides at once. */
  readonly cut: () => void
  /** Both sides; what is written still arrives. */
  readonly close: () => void
  /** One side has ended: what the other one still says goes nowhere. */
  isEnding: boolean
  /** The connection to the server is closed. */
  readonly serverGone: () => void
}

export type PairNeeds = {
  readonly socket: Duplex
  readonly connection: Connection
  readonly route: Route
  readonly routes: Routes
  readonly live: Live
  readonly right: Right | undefined
  /** For so long at most a server takes nothing of what its client has for it. */
  readonly heldMs: number
}

/** When one side has ended, the other has this long to take what is left and to end too. */
const graceMs = 5000

export function createPair(needs: PairNeeds): Pair {
  const { socket, connection, route, routes, right } = needs
  let grace: NodeJS.Timeout | undefined
  let isServerGone = false

  const cut = (): void => {
    connection.destroy()
    socket.destroy()
  }

  const close = (): void => {
    pair.isEnding = true
    socket.end()
    if (pair.phase === 'joined') connection.end()
    else connection.destroy()
    grace ??= setTimeout(cut, graceMs).unref()
  }

  const leave = (): void => {
    clearTimeout(grace)
    release()
    if (right) right.onEnd = undefined
  }

  const pair: Pair = {
    ...{ phase: 'asking', isEnding: false, socket, connection, cut, close },
    touch: () => routes.touch(route),
    hold() {
      socket.pause()
      connection.limitQuiet(needs.heldMs)
    },
    goOn() {
      connection.limitQuiet(0)
      socket.resume()
    },
    serverGone() {
      isServerGone = true
      if (socket.closed) leave()
    },
  }
  const release = needs.live.add(route, cut)
  if (right) right.onEnd = cut
  socket.on('drain', () => connection.resume())
  socket.on('end', () => (pair.phase === 'asking' ? cut() : close()))
  socket.on('close', () => {
    close()
    if (isServerGone) leave()
  })
  return pair
}

/** Each side goes no faster than the other reads. @returns what sends bytes to the client. */
export function join(pair: Pair): (bytes: Buffer) => boolean {
  const { socket, connection, touch } = pair

  const toClient = (bytes: Buffer): boolean => {
    touch()
    if (pair.isEnding) return true
    const more = socket.write(bytes)
    if (socket.writableLength > 0) connection.keepBuffer()
    return more
  }

  socket.on('data', (bytes: Buffer) => {
    touch()
    if (!pair.isEnding && !connection.pass(bytes)) pair.hold()
  })
  connection.user = {
    bytes: toClient,
    ended: pair.close,
    drained: pair.goOn,
    closed(error) {
      if (error) pair.cut()
      else pair.close()
      pair.serverGone()
    },
  }
  return toClient
}
