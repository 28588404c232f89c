/** Requests whose bodies stop coming: what they hold is taken back. */
import { type IncomingMessage, type Server } from 'node:http'
import { type Socket } from 'node:net'
import { MINUTE, SECOND } from '../lib/time.ts'

/** Somebody from whom bytes may be awaited. */
export type Awaited = {
  readonly socket: Socket
  /**
   * `awaited`: bytes are to come from there; `held`: it has more than anybody takes at the moment, and so nothing is read
   * of it, not even that it has gone; undefined: nothing of both.
   */
  state(): 'awaited' | 'held' | undefined
}

export interface StallWatch {
  /** @returns what to call when it is over. */
  watch(one: Awaited): () => void
}

export type StallNeeds = {
  /** How long nothing may come; 0: for ever. Asked at every look. */
  readonly stalledMs: () => number
  /** The same for what is held. */
  readonly heldMs?: number
  readonly lookEveryMs?: number
}

/**
 * A server that takes nothing for so long, or does not answer those who have sent on, takes nothing any more; and who
 * waits for it may have left long ago.
 */
export const usualHeldMs = 30 * MINUTE

/** A body may take as long as it takes, as long as it comes. */
export function createStallWatch(needs: StallNeeds): StallWatch {
  const { stalledMs, heldMs = usualHeldMs, lookEveryMs = 5 * SECOND } = needs
  const watched = new Map<Awaited, { state: unknown; bytes: number; sinceMs: number }>()
  let timer: NodeJS.Timeout | undefined

  const look = (): void => {
    const longest = { awaited: stalledMs(), held: heldMs }
    const nowMs = performance.now()
    for (const [one, last] of watched) {
      const state = one.state()
      const { bytesRead, bytesWritten } = one.socket
      const bytes = state === 'held' ? bytesRead + bytesWritten : bytesRead
      const longestMs = state === undefined ? 0 : longest[state]
      if (state !== last.state || bytes !== last.bytes)
        Object.assign(last, { state, bytes, sinceMs: nowMs })
      else if (longestMs > 0 && nowMs - last.sinceMs >= longestMs) one.socket.destroy()
    }
  }

  return {
    watch(one) {
      timer ??= setInterval(look, lookEveryMs).unref()
      watched.set(one, { state: undefined, bytes: 0, sinceMs: 0 })
      return () => {
        watched.delete(one)
        if (watched.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}

/**
 * For the requests that Node's parser reads. One that the server behind does not read, or whose turn has not come, is
 * held, and not stalled.
 */
export function watchBodies(server: Server, stalls: StallWatch): void {
  /** Of each connection the latest: before its head was read, the bodies of those before it had come. */
  const latest = new WeakMap<Socket, { request: IncomingMessage | undefined }>()

  const placeOf = (socket: Socket): { request: IncomingMessage | undefined } => {
    const known = latest.get(socket)
    if (known) return known
    const place = { request: undefined }
    latest.set(socket, place)
    socket.once('close', stalls.watch({ socket, state: () => stateOf(place.request) }))
    return place
  }

  server.prependListener('request', (request: IncomingMessage) => {
    if (!hasBody(request)) return
    const place = placeOf(request.socket)
    place.request = request
    // One that was answered before its body had come never closes itself.
    request.once('close', () => {
      if (place.request === request) place.request = undefined
    })
  })
}

function stateOf(request: IncomingMessage | undefined): ReturnType<Awaited['state']> {
  if (!request || request.complete) return undefined
  return request.isPaused() || request.readableFlowing === null ? 'held' : 'awaited'
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
