/** Free loopback ports, none of them given to two servers. */
import { createServer } from 'node:net'
import { HubError } from '../lib/errors.ts'

export interface Ports {
  /**
   * A port of 127.0.0.1 that nobody listens on, reserved until it is released.
   * @param others never one of these, free or not: whoever is expected there may have ended for a moment.
   * @throws {HubError} Unavailable
   */
  take(others?: readonly number[]): Promise<number>
  release(port: number): void
}

/** More are in vain: nearly every port that the kernel has to give is somebody's. */
const mostTries = 1000

export function createPorts(find: () => Promise<number> = findFreePort): Ports {
  const taken = new Set<number>()

  return {
    async take(others = []) {
      for (let tries = 0; tries < mostTries; tries++) {
        const port = await find()
        // The kernel may name a port again whose program has not got as far as listening.
        if (taken.has(port) || others.includes(port)) continue
        taken.add(port)
        return port
      }
      throw new HubError('Unavailable', 'No port of this machine is left for a server.')
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
