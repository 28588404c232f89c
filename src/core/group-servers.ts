/** The default servers of everybody in a group: started before a lesson, stopped after it. */
import { forEach } from '../lib/each.ts'
import { HubError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { mapInTurns } from '../lib/turns.ts'
import { type Group } from '../model/group.ts'
import { isActive, type Server } from '../model/server.ts'
import { type Store } from '../store/store.ts'
import { type ServerVerbs } from './servers.ts'

/** What became of asking: how many begin to start, how many were active before, and who cannot. */
export type GroupStart = {
  readonly starting: number
  readonly active: number
  readonly refused: readonly { readonly name: string; readonly message: string }[]
}

export interface GroupServers {
  /** Starts the servers of all members in the background; whoever presses Start meanwhile goes first. */
  start(group: Group): Promise<GroupStart>
  /** Stops them, and those that wait for their turn. Resolves when they are. @throws {AggregateError} when some did not. */
  stop(group: Group): Promise<void>
}

export type GroupServersNeeds = {
  readonly store: Store
  readonly servers: Pick<ServerVerbs, 'startInBackground' | 'stop'>
  readonly log: Log
}

/** Stopped at the same time: each may take seconds. */
const atOnce = 8

export function createGroupServers({ store, servers, log }: GroupServersNeeds): GroupServers {
  const serversOf = (group: Group): Promise<Server[]> =>
    mapInTurns(store.groups.listMemberIds(group.id), (userId) =>
      store.servers.findByName(userId, ''),
    ).then((found) => found.filter((server) => server !== undefined))

  /** The sentence of a refusal, or nothing. */
  const tryStart = (server: Server): string | undefined => {
    try {
      servers.startInBackground(server)
      return undefined
    } catch (thrown) {
      if (thrown instanceof HubError) return thrown.message
      throw thrown
    }
  }

  return {
    async start(group) {
      const all = await serversOf(group)
      const idle = all.filter((server) => !isActive(server))
      const answers = await mapInTurns(idle, (server) => ({
        name: server.userName,
        message: tryStart(server),
      }))
      const refused = answers.flatMap(({ name, message }) =>
        message === undefined ? [] : [{ name, message }],
      )
      const starting = idle.length - refused.length
      log.info({ group: group.name, starting, refused: refused.length }, 'servers of a group start')
      return { starting, active: all.length - idle.length, refused }
    },
    async stop(group) {
      const active = (await serversOf(group)).filter(isActive)
      log.info({ group: group.name, servers: active.length }, 'servers of a group stop')
      await forEach(active, atOnce, (server) => servers.stop(server))
    },
  }
}
