/** Activity: who and which server was used last, noted in memory and written down now and then. */
import { invalidInput } from '../lib/errors.ts'
import { HOUR, MINUTE, type Clock } from '../lib/time.ts'
import { type Server } from '../model/server.ts'
import { type Store } from '../store/store.ts'

export interface Activity {
  /** A person or program used the hub or a server; cheap enough for every request. `at` absent: now. */
  sawUser(userId: number, at?: Date): void
  sawServer(serverId: number, at: Date): void
  sawToken(tokenId: number): void
  sawSession(hash: string, at: Date): void
  /** What a server reported of itself (contract §3.9). Never moves back. @throws {HubError} InvalidInput. */
  report(userId: number, at: Date | undefined, servers: ReadonlyMap<string, Date>): void
  /** The newest of what is stored, by its row as it is now, and of what is only noted. */
  ofServer(server: Pick<Server, 'id' | 'lastActivityAt'>): Date | undefined
  /** When a user was last seen, where that is noted and not written down yet. */
  ofUser(userId: number): Date | undefined
  /** When a session was last used, where that is noted and not written down yet. */
  ofSession(hash: string): Date | undefined
  /**
   * Writes what is noted in one transaction, at most so many of each kind; when that fails, it is kept for the next time.
   * @returns whether there is more.
   */
  flush(most?: number): boolean
}

/** A report this far in the future is refused (JupyterHub: one hour, less a minute). */
const furthestFutureMs = HOUR - MINUTE

export function createActivity(needs: { store: Store; clock: Clock }): Activity {
  const { store, clock } = needs
  const users = new Map<number, Date>()
  const servers = new Map<number, Date>()
  const tokens = new Map<number, Date>()
  const sessions = new Map<string, Date>()

  const note = <Key>(map: Map<Key, Date>, id: Key, at: Date): void => {
    const known = map.get(id)
    if (known === undefined || known < at) map.set(id, at)
  }
  const refuseImpossible = (at: Date): void => {
    if (Number.isNaN(at.getTime())) throw invalidInput('Activity needs a time.')
    if (at.getTime() - clock.now().getTime() > furthestFutureMs)
      throw invalidInput(`Activity cannot lie in the future: ${at.toISOString()}.`)
  }
  const serverIds = (userId: number, names: Iterable<string>): number[] => {
    const rows = new Map(store.servers.listOf(userId).map((server) => [server.name, server]))
    return Array.from(names, (name) => {
      const row = rows.get(name)
      if (row) return row.id
      const user = store.users.find(userId)?.name ?? ''
      throw invalidInput(`No such server '${name.slice(0, 60)}' for user ${user}`)
    })
  }

  return {
    sawUser: (userId, at = clock.now()) => note(users, userId, at),
    sawServer: (serverId, at) => note(servers, serverId, at),
    sawToken: (tokenId) => note(tokens, tokenId, clock.now()),
    sawSession: (hash, at) => note(sessions, hash, at),
    report(userId, at, reported) {
      const ids = serverIds(userId, reported.keys())
      const times = [...reported.values()]
      for (const time of at ? [...times, at] : times) refuseImpossible(time)
      for (const [index, time] of times.entries()) note(servers, ids[index] ?? 0, time)
      if (at) note(users, userId, at)
    },
    ofServer({ id, lastActivityAt: stored }) {
      const noted = servers.get(id)
      return stored !== undefined && (noted === undefined || noted < stored) ? stored : noted
    },
    ofUser: (userId) => users.get(userId),
    ofSession: (hash) => sessions.get(hash),
    flush(most = Infinity) {
      const noted = [users, servers, tokens, sessions]
      if (noted.every((map) => map.size === 0)) return false
      const parts = {
        users: firstOf(users, most),
        servers: firstOf(servers, most),
        tokens: firstOf(tokens, most),
        sessions: firstOf(sessions, most),
      }
      store.transaction(() => {
        for (const [id, at] of parts.users) store.users.touch(id, at)
        for (const [id, at] of parts.tokens) store.tokens.touch(id, at)
        for (const [hash, at] of parts.sessions) store.sessions.touch(hash, at)
        store.servers.touchMany(parts.servers)
      })
      for (const id of parts.users.keys()) users.delete(id)
      for (const id of parts.servers.keys()) servers.delete(id)
      for (const id of parts.tokens.keys()) tokens.delete(id)
      for (const hash of parts.sessions.keys()) sessions.delete(hash)
      return noted.some((map) => map.size > 0)
    },
  }
}

const firstOf = <Key>(map: ReadonlyMap<Key, Date>, most: number): ReadonlyMap<Key, Date> =>
  map.size <= most ? new Map(map) : new Map(map.entries().take(most))
