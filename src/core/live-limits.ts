/** The limits of a server that runs, changed without a restart. */
import { conflict, HubError } from '../lib/errors.ts'
import { type Limits } from '../model/limits.ts'
import { label, type Server } from '../model/server.ts'
import { type Spawner } from '../spawn/spawner.ts'
import { type Store } from '../store/store.ts'

export type LiveLimitsNeeds = {
  readonly spawner: Pick<Spawner, 'setLimits'>
  readonly store: { readonly servers: Pick<Store['servers'], 'find' | 'update'> }
}

/**
 * A hub after this one knows them, too.
 * @throws {HubError} NotRunning; Conflict: the spawner cannot; Unavailable: a limit does not act.
 */
export async function changeLimits(
  { spawner, store: { servers } }: LiveLimitsNeeds,
  server: Server,
  limits: Limits,
): Promise<void> {
  const { id, state, spawnState: before } = server
  if (state !== 'ready' || !before)
    throw new HubError('NotRunning', `${label(server)} is not running.`)
  if (!spawner.setLimits)
    throw conflict('Only servers that run as units of systemd can be given other limits.')
  const spawnState = await spawner.setLimits(before, limits)
  // It may have ended meanwhile.
  if (servers.find(id)?.state === 'ready') servers.update(id, { spawnState })
}
