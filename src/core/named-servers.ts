/** Named servers: which names a user may add or give to their servers, and how many (contract §3.7). */
import { invalidInput } from '../lib/errors.ts'
import { checkServerName, isActive, normaliseDisplayName, type Server } from '../model/server.ts'
import { type User } from '../model/user.ts'
import { type Store } from '../store/store.ts'
import { type SpawnOptions } from './spawn-options.ts'

/** What may be changed of a server that does not run. */
export type ServerEdit = {
  readonly name?: string
  readonly displayName?: string
  readonly options?: Readonly<Record<string, unknown>>
}

export interface NamedServers {
  /** @throws {HubError} InvalidInput: not enabled, an impossible name, or too many; Conflict: there is one. */
  add(user: User, name: string): Server
  /**
   * A default server that gets a name makes room for a new one without.
   * @throws {HubError} InvalidInput: it is active, an impossible name, too many, or options that are not for its owner;
   * Conflict: there is one of this name.
   */
  edit(server: Server, edit: ServerEdit): Server
  /** @throws {HubError} InvalidInput. @returns the server with this name for people. */
  setDisplayName(server: Server, displayName: string): Server
  /** @throws {HubError} InvalidInput unless there may be named servers. */
  requireEnabled(): void
}

export type NamedServersNeeds = {
  readonly store: Store
  /** Named servers of a user, as it is now; 0: none, so they are not enabled. */
  readonly limit: number
  readonly spawnOptions: Pick<SpawnOptions, 'require'>
}

export function createNamedServers(needs: NamedServersNeeds): NamedServers {
  const { store } = needs

  const requireEnabled = (): void => {
    if (needs.limit === 0) throw invalidInput('Named servers are not enabled.')
  }

  /** @param name one that is there already is no further one. */
  const requireRoom = (owner: { id: number; name: string }, name: string): void => {
    const named = store.servers.listOf(owner.id).filter((server) => server.name !== '')
    if (named.length < needs.limit || named.some((server) => server.name === name)) return
    // Two spaces, as JupyterHub writes it: clients compare.
    throw invalidInput(
      `User ${owner.name} already has the maximum of ${needs.limit} named servers.  One must be deleted before a new server can be created`,
    )
  }

  const checkNewName = (server: Server, name: string): void => {
    requireEnabled()
    if (name === '') throw invalidInput('A server cannot become the default one.')
    checkServerName(name)
    if (server.name === '') requireRoom({ id: server.userId, name: server.userName }, name)
  }

  const setDisplayName: NamedServers['setDisplayName'] = (server, displayName) =>
    store.servers.update(server.id, { displayName: normaliseDisplayName(displayName) })

  return {
    requireEnabled,
    setDisplayName,
    add(user, name) {
      requireEnabled()
      checkServerName(name)
      requireRoom(user, name)
      return store.servers.create(user.id, name)
    },
    edit(server, { name = server.name, displayName, options = server.options }) {
      if (isActive(server)) throw invalidInput('A server is changed only while it is stopped.')
      if (options !== server.options) needs.spawnOptions.require({ name: server.userName }, options)
      if (name !== server.name) checkNewName(server, name)
      return store.transaction(() => {
        const edited = store.servers.update(server.id, { name, options })
        if (server.name === '' && name !== '') store.servers.create(server.userId, '')
        return displayName === undefined ? edited : setDisplayName(edited, displayName)
      })
    },
  }
}
