/** Listening: on the address people use, and on the loopback port that running servers remember. */
import { type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { internalPortFact, type WholeContext } from '../context.ts'
import { asError, ConfigError, errorCode } from '../lib/errors.ts'

export type Address = {
  readonly host: string
  readonly port: number
  /** Of the configuration, where host and port stand in one of their own. */
  readonly section?: string
}

/** What is asked for to reach it. */
export const urlAt = (scheme: 'http' | 'https', { host, port }: Address, path = '/'): string =>
  `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`

/** A socket that listens already, such as one that systemd holds: its file descriptor. */
export type Inherited = { readonly fd: number }

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program. Stop that one, or choose another port.',
  EACCES: 'may not be used by this user; ports below 1024 need a privilege. Choose another port.',
  EADDRNOTAVAIL: 'is no address of this machine.',
  ENOTFOUND: 'is no address or host name that this machine knows.',
}

/** @returns the port. @throws {ConfigError} with the reason when nobody can listen there. */
export async function listen(server: Server, at: Address | Inherited): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(at, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (thrown) {
    throw 'fd' in at ? notListening(thrown) : refusal(at, thrown)
  }
  return (server.address() as AddressInfo).port
}

const notListening = (thrown: unknown): Error =>
  new Error('The socket that the hub was given is none that it can listen on.', { cause: thrown })

function refusal({ host, port, section }: Address, thrown: unknown): Error {
  const reason = reasons[errorCode(thrown) ?? '']
  if (reason === undefined) return asError(thrown)
  const name =
    errorCode(thrown) === 'EADDRNOTAVAIL' || errorCode(thrown) === 'ENOTFOUND' ? 'host' : 'port'
  const key = section === undefined ? name : `${section}.${name}`
  return new ConfigError([{ source: 'listening', key, sentence: `${host}:${port} ${reason}` }])
}

export interface KeptPort {
  find(): number | undefined
  keep(port: number): void
}

/**
 * Servers that a hub before this one started know the API by its port, so the same one is taken again. A free one is
 * chosen the first time, and when somebody else has taken it meanwhile and no running server needs it.
 * @param chosen 0: any
 */
export async function listenOnKeptPort(
  server: Server,
  chosen: number,
  { kept, isNeeded }: { readonly kept: KeptPort; readonly isNeeded: boolean },
): Promise<number> {
  const host = '127.0.0.1'
  const before = kept.find()
  const wanted = chosen === 0 || (isNeeded && before !== undefined) ? (before ?? 0) : chosen
  try {
    const port = await listen(server, { host, port: wanted })
    kept.keep(port)
    return port
  } catch (thrown) {
    if (isNeeded || chosen !== 0 || wanted === 0) throw thrown
    const port = await listen(server, { host, port: 0 })
    kept.keep(port)
    return port
  }
}

/** The internal port, which servers that run already know. */
export async function listenInside(
  server: Server,
  { config, store }: Pick<WholeContext, 'config' | 'store'>,
): Promise<void> {
  const kept = store.facts.find(internalPortFact)
  await listenOnKeptPort(server, config.internal_port, {
    kept: {
      find: () => (kept === undefined ? undefined : Number(kept)),
      keep: (port) => store.facts.set(internalPortFact, String(port)),
    },
    isNeeded: store.servers.countActive() > 0,
  })
}
