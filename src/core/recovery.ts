/** Recovery: after a restart of the hub, which of the stored servers are still alive? */
import { type Server } from '../model/server.ts'
import { type Liveness, type Spawner } from '../spawn/spawner.ts'
import { type Store } from '../store/store.ts'
import { type Events } from './events.ts'
import { label, nothingRuns, type ServerVerbs } from './servers.ts'
import { type TokenVerbs } from './tokens.ts'

export type RecoveryNeeds = {
  readonly store: Store
  readonly spawner: Spawner
  readonly servers: ServerVerbs
  readonly tokens: TokenVerbs
  readonly events: Events
}

/**
 * Routes to every server that lives, finishes what was being stopped, and shows the dead as stopped with their reason.
 * Runs before the hub answers anybody (JupyterHub: `init_spawners`).
 */
export async function recoverServers(needs: RecoveryNeeds): Promise<void> {
  for (const server of needs.store.servers.listActive()) await recover(server, needs)
}

async function recover(server: Server, needs: RecoveryNeeds): Promise<void> {
  if (server.state === 'stopping') return needs.servers.stop(server)
  const liveness = server.spawnState && (await needs.spawner.poll(server.spawnState))
  if (liveness?.alive && server.url !== undefined) return needs.servers.adopt(server)
  settleDead(server, liveness, needs)
}

function settleDead(server: Server, liveness: Liveness | undefined, needs: RecoveryNeeds): void {
  needs.tokens.revokeForServer(server)
  const message = server.state === 'starting' ? cutShort : diedAlone
  const exitCode = liveness && 'exitCode' in liveness ? liveness.exitCode : undefined
  needs.store.servers.update(server.id, {
    ...nothingRuns,
    state: 'stopped',
    failure: exitCode === undefined ? { message } : { message, exitCode },
  })
  needs.events.serverFailed(label(server), message, exitCode)
}

const cutShort = 'The hub stopped while this server was starting. Start it again.'
const diedAlone = 'The server ended while the hub was not running.'
