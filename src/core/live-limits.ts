/** The limits of a server that runs: what they are, and changing them without a restart. */
import { formats } from '../config/formats.ts'
import { conflict, HubError, invalidInput } from '../lib/errors.ts'
import { type Limits } from '../model/limits.ts'
import { limitsOf } from '../model/profile.ts'
import { label, type Server } from '../model/server.ts'
import { type Spawner } from '../spawn/spawner.ts'
import { type Store } from '../store/store.ts'
import { type SpawnOptions } from './spawn-options.ts'

export type LiveLimitsNeeds = {
  readonly spawner: Pick<Spawner, 'setLimits' | 'limits'>
  readonly store: { readonly servers: Pick<Store['servers'], 'find' | 'update'> }
  readonly spawnOptions: Pick<SpawnOptions, 'settingsFor'>
}

/** Those that the kernel holds. @returns undefined when it does not run, or without anything that could hold some. */
export const limitsNow = (
  { spawner }: LiveLimitsNeeds,
  { state, spawnState }: Server,
): Limits | undefined =>
  state === 'ready' && spawnState !== undefined ? spawner.limits?.(spawnState) : undefined

/** Those of its next start. @returns undefined when it was started with a profile that there is no more. */
export function limitsNext({ spawnOptions }: LiveLimitsNeeds, server: Server): Limits | undefined {
  try {
    return limitsOf(spawnOptions.settingsFor({ name: server.userName }, server.options))
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.code === 'InvalidInput') return undefined
    throw thrown
  }
}

/** As people write them: `2G`, `0.5`, `200`; `none` takes one away, and what is absent stays. */
export type WrittenLimits = {
  readonly memory?: string | undefined
  readonly cpu?: string | undefined
  readonly tasks?: string | undefined
}

const mostTasks = 1_000_000

/** @throws {HubError} InvalidInput */
export function changedLimits(before: Limits, { memory, cpu, tasks }: WrittenLimits): Limits {
  const memoryBytes = read('memory', memory, formats['memory-limit'])
  const cpuCores = read('cpu', cpu, formats['cpu-limit'])
  const count = read('tasks', tasks, readTasks)
  const all = { ...before, ...memoryBytes, ...cpuCores, ...count }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value > 0))
}

const keys = { memory: 'memoryBytes', cpu: 'cpuCores', tasks: 'tasks' } as const

/** @returns nothing when it was not written; 0: no limit. */
function read(
  what: keyof typeof keys,
  written: string | undefined,
  format: (typeof formats)[string] | undefined,
): Limits {
  if (written === undefined) return {}
  const read = format?.(written.trim(), '/')
  if (read && 'value' in read) return { [keys[what]]: Number(read.value) }
  throw invalidInput(`${what}: ${read?.problem ?? ''}`)
}

const readTasks: (typeof formats)[string] = (written) => {
  if (written === 'none') return { value: 0 }
  const count = /^\d{1,7}$/.test(written) ? Number(written) : NaN
  if (count <= mostTasks) return { value: count }
  return { problem: `'${written}' is no number of processes; write one such as 200, or none.` }
}

/**
 * A hub after this one knows them, too. @returns the server from now on; undefined: it has ended meanwhile.
 * @throws {HubError} NotRunning; Conflict: the spawner cannot; Unavailable: a limit does not act.
 */
export async function changeLimits(
  { spawner, store: { servers } }: LiveLimitsNeeds,
  server: Server,
  limits: Limits,
): Promise<Server | undefined> {
  const { id, state, spawnState: before } = server
  if (state !== 'ready' || !before)
    throw new HubError('NotRunning', `${label(server)} is not running.`)
  if (!spawner.setLimits)
    throw conflict('Only servers that run as units of systemd can be given other limits.')
  const spawnState = await spawner.setLimits(before, limits)
  if (servers.find(id)?.state !== 'ready') return undefined
  return servers.update(id, { spawnState })
}
