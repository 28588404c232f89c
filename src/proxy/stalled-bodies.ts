/** Requests whose bodies stop coming: what they hold is taken back. */
import { type IncomingMessage, type Server } from 'node:http'
import { SECOND } from '../lib/time.ts'

export type StalledBodiesNeeds = {
  /** How long nothing may come; 0: for ever. Asked at every look. */
  stalledMs(): number
  readonly lookEveryMs?: number
}

type Watched = { bytes: number; sinceMs: number }

/** A body may take as long as it takes, as long as it comes. One that the server behind does not read is no stalled one. */
export function endStalledBodies(server: Server, needs: StalledBodiesNeeds): void {
  const { lookEveryMs = 5 * SECOND } = needs
  const watched = new Map<IncomingMessage, Watched>()

  const look = (): void => {
    const stalledMs = needs.stalledMs()
    const nowMs = performance.now()
    for (const [request, last] of watched) {
      const bytes = request.socket.bytesRead
      if (request.complete || request.destroyed) watched.delete(request)
      else if (bytes !== last.bytes || request.isPaused())
        Object.assign(last, { bytes, sinceMs: nowMs })
      else if (stalledMs > 0 && nowMs - last.sinceMs >= stalledMs) request.socket.destroy()
    }
  }

  const timer = setInterval(look, lookEveryMs).unref()
  server.on('close', () => clearInterval(timer))
  server.on('listening', () => timer.refresh())
  server.prependListener('request', (request: IncomingMessage) => {
    if (!hasBody(request)) return
    watched.set(request, { bytes: request.socket.bytesRead, sinceMs: performance.now() })
    request.once('close', () => watched.delete(request))
  })
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
