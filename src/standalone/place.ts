/** A place to listen at: an address with a port, or a Unix socket. */
import { rmSync, statSync } from 'node:fs'
import { type Server } from 'node:http'
import { connect } from 'node:net'
import { ConfigError, errorCode } from '../lib/errors.ts'
import { listen, type Address } from '../web/listen.ts'

export type Place = Address | { readonly path: string }

/**
 * A socket file that a killed program left is replaced.
 * @returns the place as it is, with the port that was chosen where any would do. @throws {ConfigError}
 */
export async function listenAt(server: Server, place: Place): Promise<Place> {
  if (!('path' in place)) return { host: place.host, port: await listen(server, place) }
  try {
    await listenOn(server, place.path)
  } catch (thrown) {
    const isLeft = errorCode(thrown) === 'EADDRINUSE' && (await isDeadSocket(place.path))
    if (!isLeft) throw refusal(place.path, thrown)
    rmSync(place.path)
    await listenOn(server, place.path)
  }
  return place
}

/** `127.0.0.1:8001`, `*:8000`, or the path of a socket. */
export function inText(place: Place): string {
  if ('path' in place) return place.path
  const { host, port } = place
  return `${host.includes(':') ? `[${host}]` : host || '*'}:${port}`
}

const listenOn = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, () => {
      server.off('error', reject)
      resolve()
    })
  })

/** A program that was killed leaves one: nobody listens on it any more. */
async function isDeadSocket(path: string): Promise<boolean> {
  if (!statSync(path).isSocket()) return false
  return new Promise((resolve) => {
    const socket = connect({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', (error) => resolve(errorCode(error) === 'ECONNREFUSED'))
  })
}

const refusal = (path: string, thrown: unknown): Error =>
  new ConfigError([
    {
      source: 'listening',
      key: 'socket',
      sentence: `${path} cannot be listened on (${errorCode(thrown) ?? String(thrown)}).`,
    },
  ])
