/** Connections that a server of Node's does not know of: ended when it ends its own, and when they are idle for too long. */
import { type Server } from 'node:http'

/** One connection, until it ends or is handed over. */
export type Held = {
  /** Between two requests since then; undefined: one is under way, or a part of its answer or its body is. */
  idleSinceMs: number | undefined
  /** It has carried an exchange. */
  used: boolean
  readonly end: () => void
}

const sweepMs = 5000

/** The first request of a connection may be on its way this long, on a machine that is busy with a new version. */
const freshMs = 1000

/** The server's own ways to end connections end these, too. */
export function endWith(server: Server, held: ReadonlySet<Held>): void {
  const closeIdle = server.closeIdleConnections.bind(server)
  const closeAll = server.closeAllConnections.bind(server)
  server.closeIdleConnections = () => {
    const nowMs = Date.now()
    for (const { idleSinceMs, used, end } of [...held])
      if (idleSinceMs !== undefined && (used || nowMs - idleSinceMs >= freshMs)) end()
    closeIdle()
  }
  server.closeAllConnections = () => {
    for (const { end } of [...held]) end()
    closeAll()
  }
  const sweep = (): void => {
    const nowMs = Date.now()
    for (const { idleSinceMs = nowMs, used, end } of [...held]) {
      const mostMs = used ? server.keepAliveTimeout : server.headersTimeout
      // As with Node's server: 0 is no limit.
      if (mostMs > 0 && nowMs - idleSinceMs >= mostMs) end()
    }
  }
  // One that is closed may listen again, before its last connection has ended.
  let timer: NodeJS.Timeout | undefined
  server.on('listening', () => {
    clearInterval(timer)
    timer = setInterval(sweep, sweepMs).unref()
  })
  server.on('close', () => clearInterval(timer))
}
