/** One run of a unit, as it is remembered: what `start` returned and the store gives back. */
import { type SpawnState } from '../model/server.ts'

export type UnitRun = {
  /** With its ending. */
  readonly unit: string
  /** systemd's id of this run: another one of the same name has another. */
  readonly invocation: string
  readonly slug: string
  /** 0: it listens on a socket. */
  readonly port: number
  /** The memory limit it was started with; 0: none. */
  readonly memoryBytes: number
}

/** Undefined when it is of another spawner. */
export function readRun(state: SpawnState): UnitRun | undefined {
  const { unit, invocation, slug, port, memoryBytes } = state
  if (typeof unit !== 'string' || typeof invocation !== 'string' || invocation === '')
    return undefined
  if (typeof slug !== 'string' || typeof port !== 'number' || typeof memoryBytes !== 'number')
    return undefined
  return { unit, invocation, slug, port, memoryBytes }
}
