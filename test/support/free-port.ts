/** Ports for programs that are told where to listen before they run. */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

const given = new Set<number>()

/**
 * A port of 127.0.0.1 that nobody listens on, never the same twice. It is lower than those that Linux gives to whoever
 * asks for any (32768 and above): no connection and no other test takes it before it is used.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_000)
  if (given.has(port) || !(await isFree(port))) return freePort()
  given.add(port)
  return port
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
