/** Named servers: which names a user may add to their default server, and how many (contract §3.7). */
import { invalidInput } from '../lib/errors.ts'
import { checkServerName, type Server } from '../model/server.ts'
import { type User } from '../model/user.ts'
import { type Store } from '../store/store.ts'

export interface NamedServers {
  /** @throws {HubError} InvalidInput: not enabled, an impossible name, or too many; Conflict: there is one. */
  add(user: User, name: string): Server
  /** @throws {HubError} InvalidInput unless there may be named servers. */
  requireEnabled(): void
}

/** @param needs.limit named servers of a user; 0: none, so they are not enabled */
export function createNamedServers(needs: { store: Store; limit: number }): NamedServers {
  const { store, limit } = needs

  const requireEnabled = (): void => {
    if (limit === 0) throw invalidInput('Named servers are not enabled.')
  }

  return {
    requireEnabled,
    add(user, name) {
      requireEnabled()
      checkServerName(name)
      const named = store.servers.listOf(user.id).filter((server) => server.name !== '')
      // Two spaces, as JupyterHub writes it: clients compare.
      if (named.length >= limit && !named.some((server) => server.name === name))
        throw invalidInput(
          `User ${user.name} already has the maximum of ${limit} named servers.  One must be deleted before a new server can be created`,
        )
      return store.servers.create(user.id, name)
    },
  }
}
