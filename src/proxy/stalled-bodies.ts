/** Requests whose bodies stop coming: what they hold is taken back. */
import { type IncomingMessage, type Server } from 'node:http'
import { SECOND } from '../lib/time.ts'

/** Somebody from whom bytes may be awaited. */
export type Awaited = {
  /** How many have come so far; undefined: none are awaited at the moment. */
  bytes(): number | undefined
  end(): void
}

export interface StallWatch {
  /** @returns what to call when it is over. */
  watch(one: Awaited): () => void
}

export type StallNeeds = {
  /** How long nothing may come; 0: for ever. Asked at every look. */
  readonly stalledMs: () => number
  readonly lookEveryMs?: number
}

/** A body may take as long as it takes, as long as it comes. */
export function createStallWatch({ stalledMs, lookEveryMs = 5 * SECOND }: StallNeeds): StallWatch {
  const watched = new Map<Awaited, { bytes: number | undefined; sinceMs: number }>()
  let timer: NodeJS.Timeout | undefined

  const look = (): void => {
    const longestMs = stalledMs()
    const nowMs = performance.now()
    for (const [one, last] of watched) {
      const bytes = one.bytes()
      if (bytes === undefined || bytes !== last.bytes)
        Object.assign(last, { bytes, sinceMs: nowMs })
      else if (longestMs > 0 && nowMs - last.sinceMs >= longestMs) one.end()
    }
  }

  return {
    watch(one) {
      timer ??= setInterval(look, lookEveryMs).unref()
      watched.set(one, { bytes: undefined, sinceMs: 0 })
      return () => {
        watched.delete(one)
        if (watched.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}

/** For the requests that Node's parser reads. One that the server behind does not read is no stalled one. */
export function watchBodies(server: Server, stalls: StallWatch): void {
  server.prependListener('request', (request: IncomingMessage) => {
    if (!hasBody(request)) return
    const isAwaited = (): boolean => !request.complete && !request.isPaused()
    const { socket } = request
    const unwatch = stalls.watch({
      bytes: () => (isAwaited() ? socket.bytesRead : undefined),
      end: () => void socket.destroy(),
    })
    const over = (): void => {
      unwatch()
      socket.off('close', over)
    }
    request.once('close', over)
    // One that was answered before its body had come never closes itself.
    socket.once('close', over)
  })
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
