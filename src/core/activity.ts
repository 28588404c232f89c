/** Activity: who and which server was used last, noted in memory and written down now and then. */
import { invalidInput } from '../lib/errors.ts'
import { HOUR, MINUTE, type Clock } from '../lib/time.ts'
import { type Store } from '../store/store.ts'

export interface Activity {
  /** A person or program used the hub or a server; cheap enough for every request. */
  sawUser(userId: number): void
  sawServer(serverId: number, at: Date): void
  sawToken(tokenId: number): void
  sawSession(hash: string): void
  /** What a server reported of itself (contract §3.9). Never moves back. @throws {HubError} InvalidInput. */
  report(userId: number, at: Date | undefined, servers: ReadonlyMap<string, Date>): void
  /** The newest of what is stored and what is only noted. */
  ofServer(serverId: number): Date | undefined
  /** Writes everything noted in one transaction. */
  flush(): void
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
  const refuseFuture = (at: Date): void => {
    if (at.getTime() - clock.now().getTime() > furthestFutureMs)
      throw invalidInput(`Activity cannot lie in the future: ${at.toISOString()}.`)
  }

  return {
    sawUser: (userId) => note(users, userId, clock.now()),
    sawServer: (serverId, at) => note(servers, serverId, at),
    sawToken: (tokenId) => note(tokens, tokenId, clock.now()),
    sawSession: (hash) => note(sessions, hash, clock.now()),
    report(userId, at, reported) {
      const rows = new Map(store.servers.listOf(userId).map((server) => [server.name, server.id]))
      const unknown = [...reported.keys()].find((name) => !rows.has(name))
      if (unknown !== undefined) throw invalidInput(`No such server '${unknown}'.`)
      for (const date of [...reported.values(), ...(at ? [at] : [])]) refuseFuture(date)
      for (const [name, date] of reported) note(servers, rows.get(name) ?? 0, date)
      if (at) note(users, userId, at)
    },
    ofServer(serverId) {
      const stored = store.servers.find(serverId)?.lastActivityAt
      const noted = servers.get(serverId)
      return stored !== undefined && (noted === undefined || noted < stored) ? stored : noted
    },
    flush() {
      const noted = [users, servers, tokens, sessions]
      if (noted.every((map) => map.size === 0)) return
      store.transaction(() => {
        for (const [id, at] of users) store.users.touch(id, at)
        for (const [id, at] of tokens) store.tokens.touch(id, at)
        for (const [hash, at] of sessions) store.sessions.touch(hash, at)
        store.servers.touchMany(servers)
      })
      for (const map of noted) map.clear()
    },
  }
}
