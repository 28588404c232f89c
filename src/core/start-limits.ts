/** How many servers may start and run at the same time, and whether the machine's memory holds one more. */
import { HubError } from '../lib/errors.ts'
import { type Store } from '../store/store.ts'
import { type Events } from './events.ts'

/** 0: no limit. */
export type StartLimits = {
  /** Starts under way or waiting. */
  readonly concurrentSpawns: number
  readonly activeServers: number
  /** What a server takes while it starts. */
  readonly startMemoryBytes: number
}

type Needs = {
  readonly limits: StartLimits
  readonly store: { readonly servers: Pick<Store['servers'], 'countActive'> }
  readonly events: Pick<Events, 'startRefused'>
  /** What programs could still take of the machine's memory without anything being ended. */
  readonly freeMemoryBytes: () => number
}

/** @param underWay starts at this moment. @throws {HubError} TooMany when one more is too much. */
export function checkStartLimits(underWay: number, needs: Needs): void {
  const { limits, store, events } = needs
  const { concurrentSpawns, activeServers } = limits
  if (concurrentSpawns > 0 && underWay >= concurrentSpawns) {
    events.startRefused('throttled')
    throw tooManyStarts()
  }
  if (activeServers > 0 && store.servers.countActive() >= activeServers) {
    events.startRefused('too-many-users')
    throw new HubError('TooMany', 'Active user limit exceeded. Try again in a few minutes.')
  }
  const lack = memoryLack(underWay, needs)
  if (lack === undefined) return
  events.startRefused('throttled')
  throw new HubError('TooMany', lack, { retryAfterSeconds: 60 })
}

/** Why one more server would not fit, when `others` that have begun to start take their share first. */
export function memoryLack(
  others: number,
  { limits, freeMemoryBytes }: Pick<Needs, 'limits' | 'freeMemoryBytes'>,
): string | undefined {
  const { startMemoryBytes } = limits
  if (startMemoryBytes === 0) return undefined
  const freeBytes = freeMemoryBytes()
  if (freeBytes >= (others + 1) * startMemoryBytes) return undefined
  const before =
    others === 0 ? '' : `, and ${others} ${others === 1 ? 'other' : 'others'} come first`
  return (
    `There is not enough memory for one more server: ${megabytes(freeBytes)} are free${before}; ` +
    `each takes about ${megabytes(startMemoryBytes)}. Try again when somebody has stopped theirs.`
  )
}

const megabytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MB`

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
