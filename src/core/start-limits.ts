/** How many servers may start and run at the same time. */
import { HubError } from '../lib/errors.ts'
import { type Store } from '../store/store.ts'
import { type Events } from './events.ts'

/** 0: no limit. */
export type StartLimits = { readonly concurrentSpawns: number; readonly activeServers: number }

type Needs = {
  readonly limits: StartLimits
  readonly store: { readonly servers: Pick<Store['servers'], 'countActive'> }
  readonly events: Pick<Events, 'startRefused'>
}

/** @param underWay starts at this moment. @throws {HubError} TooMany when one more is too much. */
export function checkStartLimits(underWay: number, { limits, store, events }: Needs): void {
  const { concurrentSpawns, activeServers } = limits
  if (concurrentSpawns > 0 && underWay >= concurrentSpawns) {
    events.startRefused('throttled')
    throw tooManyStarts()
  }
  if (activeServers === 0 || store.servers.countActive() < activeServers) return
  events.startRefused('too-many-users')
  throw new HubError('TooMany', 'Active user limit exceeded. Try again in a few minutes.')
}

/** JupyterHub: `spawn_throttle_retry_range`, rounded up to ten seconds. */
function tooManyStarts(): HubError {
  const seconds = 30 + Math.floor(Math.random() * 31)
  const rounded = Math.ceil(seconds / 10) * 10
  return new HubError(
    'TooMany',
    `Too many users trying to log in right now. Try again in ${rounded} seconds.`,
    { retryAfterSeconds: seconds },
  )
}
