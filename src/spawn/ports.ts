/** Free loopback ports, none of them given to two servers. */
import { createServer } from 'node:net'

export interface Ports {
  /** A port of 127.0.0.1 that nobody listens on, reserved until it is released. */
  take(): Promise<number>
  release(port: number): void
}

export function createPorts(find: () => Promise<number> = findFreePort): Ports {
  const taken = new Set<number>()

  return {
    async take() {
      for (;;) {
        const port = await find()
        // The kernel may name a port again whose program has not got as far as listening.
        if (taken.has(port)) continue
        taken.add(port)
        return port
      }
    },
    release: (port) => taken.delete(port),
  }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address()
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port)
        else reject(new Error('no port'))
      })
    })
  })
}
