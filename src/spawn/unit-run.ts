/** One run of a unit, as it is remembered: what `start` returned and the store gives back. */
import { type Limits } from '../model/limits.ts'
import { type SpawnState } from '../model/server.ts'

export type UnitRun = {
  /** With its ending. */
  readonly unit: string
  /** systemd's id of this run: another one of the same name has another. */
  readonly invocation: string
  readonly slug: string
  /** 0: it listens on a socket. */
  readonly port: number
  /** Its limits as they are now; 0: none. */
  readonly memoryBytes: number
  readonly cpuCores: number
  readonly tasks: number
}

/** Undefined when it is of another spawner. */
export function readRun(state: SpawnState): UnitRun | undefined {
  const { unit, invocation, slug, port, memoryBytes, cpuCores, tasks } = state
  if (typeof unit !== 'string' || typeof invocation !== 'string' || invocation === '')
    return undefined
  if (typeof slug !== 'string' || typeof port !== 'number' || typeof memoryBytes !== 'number')
    return undefined
  return { unit, invocation, slug, port, memoryBytes, cpuCores: at(cpuCores), tasks: at(tasks) }
}

/** Those of a server that runs since before they were remembered are not known. */
const at = (value: SpawnState[string] | undefined): number =>
  typeof value === 'number' ? value : 0

/** As they are remembered. */
export const rememberLimits = ({ memoryBytes = 0, cpuCores = 0, tasks = 0 }: Limits) => ({
  memoryBytes,
  cpuCores,
  tasks,
})

export const limitsOfRun = ({ memoryBytes, cpuCores, tasks }: UnitRun): Limits => ({
  ...(memoryBytes > 0 && { memoryBytes }),
  ...(cpuCores > 0 && { cpuCores }),
  ...(tasks > 0 && { tasks }),
})

/** Undefined when it is of another spawner. */
export function limitsOfState(state: SpawnState): Limits | undefined {
  const run = readRun(state)
  return run && limitsOfRun(run)
}
