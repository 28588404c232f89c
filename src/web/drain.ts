/** The end of servers: nothing new, and a moment for what is under way. */
import { type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { SECOND, sleep } from '../lib/time.ts'

export interface Drain {
  /** Accepts nothing new, gives requests under way a moment, then cuts what is left. */
  all(): Promise<void>
  /** The same for the hub's own requests; what is open to users' servers goes on. @param staying how many those are */
  allBut(staying: () => number): Promise<void>
}

/** How long a stopping hub waits for requests under way. */
const drainMs = 3 * SECOND

const lookEveryMs = 20

export function createDrain(servers: readonly Server[]): Drain {
  const closeIdle = (): void => {
    for (const server of servers) server.closeIdleConnections()
  }

  const waitFor = async (staying: () => number): Promise<void> => {
    for (const server of servers) {
      server.prependListener('request', sayLast)
      if (server.listening) server.close()
    }
    const beganMs = performance.now()
    const isOpen = async (): Promise<boolean> => (await countOpen(servers)) > staying()
    while (performance.now() - beganMs < drainMs && (await isOpen())) {
      await sleep(lookEveryMs)
      closeIdle()
    }
  }

  return {
    async all() {
      await waitFor(() => 0)
      for (const server of servers) server.closeAllConnections()
    },
    async allBut(staying) {
      await waitFor(staying)
      // Nobody is here any more to answer the next request on a connection that goes on.
      setInterval(closeIdle, lookEveryMs).unref()
    },
  }
}

/** The client hears that there is no next request on this connection. */
function sayLast(_: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false
}

async function countOpen(servers: readonly Server[]): Promise<number> {
  const counts = await Promise.all(servers.map(connectionsOf))
  return counts.reduce((sum, count) => sum + count, 0)
}

const connectionsOf = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.getConnections((error, count) => resolve(error ? 0 : count))
  })
