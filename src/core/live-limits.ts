/** The limits of a server that runs, changed without a restart. */
import { conflict, HubError } from '../lib/errors.ts'
import { type Limits } from '../model/limits.ts'
import { label, type Server, type SpawnState } from '../model/server.ts'
import { type Spawner } from '../spawn/spawner.ts'

/** @returns the state of its spawner from now on, which is to be kept. @throws {HubError} NotRunning; Conflict: the spawner cannot; Unavailable: a limit does not act. */
export async function changeLimits(
  spawner: Pick<Spawner, 'setLimits'>,
  server: Server,
  limits: Limits,
): Promise<SpawnState> {
  const { state, spawnState } = server
  if (state !== 'ready' || !spawnState)
    throw new HubError('NotRunning', `${label(server)} is not running.`)
  if (!spawner.setLimits)
    throw conflict('Only servers that run as units of systemd can be given other limits.')
  return spawner.setLimits(spawnState, limits)
}
