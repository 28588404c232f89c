/** Processes of this machine: which one a pid means, told by when it began. */
import { readFileSync } from 'node:fs'

export type ProcessFacts = {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** Ended, but its parent has not asked how. */
  readonly isZombie: boolean
  /** The boot and the clock ticks since then at which it began: with the pid, what no other process ever has. */
  readonly startTime: string
}

/** What the kernel says about a process; undefined when there is none of this pid. */
export function findProcess(pid: number): ProcessFacts | undefined {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}

/** When a process began; undefined when there is none. A zombie still has it. */
export const startTimeOf = (pid: number): string | undefined => findProcess(pid)?.startTime

/** Whether exactly this process still runs. */
export function isRunning(pid: number, startTime: string): boolean {
  const facts = findProcess(pid)
  return facts?.startTime === startTime && !facts.isZombie
}

/**
 * Reads a line of `/proc/PID/stat`. The program's name, in parentheses, may itself contain spaces and parentheses.
 * @see proc_pid_stat(5), fields 3 to 6 and 22
 */
export function parseStat(pid: number, stat: string): ProcessFacts | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, parent, group, session] = fields
  const ticks = fields[19]
  if (ticks === undefined) return undefined
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    isZombie: state === 'Z' || state === 'X',
    startTime: `${bootId()} ${ticks}`,
  }
}

let knownBootId: string | undefined

/** Changes with every boot of the machine, so that pids and times of an earlier one mean nothing. */
function bootId(): string {
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return knownBootId
}
