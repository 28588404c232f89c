/** The end of servers: nothing new, and a moment for what is under way. */
import { type Server } from 'node:http'
import { SECOND } from '../lib/time.ts'

/** How long a stopping hub waits for requests under way. */
const drainMs = 3 * SECOND

/** Accepts nothing new, gives requests under way a moment, then cuts what is left. */
export async function drain(servers: readonly Server[]): Promise<void> {
  const closed = servers.map(
    (server) => new Promise((resolve) => (server.listening ? server.close(resolve) : resolve(0))),
  )
  for (const server of servers) server.closeIdleConnections()
  const timer = setTimeout(() => {
    for (const server of servers) server.closeAllConnections()
  }, drainMs)
  await Promise.all(closed)
  clearTimeout(timer)
}
