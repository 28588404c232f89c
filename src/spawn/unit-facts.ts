/** What the properties of a unit mean: how its program ended, and which of its limits act. */
import { HubError } from '../lib/errors.ts'
import { type Limits } from '../model/limits.ts'
import { cannotRun } from './launch.ts'
import { type Ending } from './spawner.ts'
import { type UnitFacts } from './systemctl.ts'

/** @see waitid(2): what systemd's ExecMainCode is */
const exited = '1'

const killSignal = '9'

/** @param memoryBytes its memory limit, 0: none */
export function endingOf(facts: UnitFacts, memoryBytes: number): Ending {
  const { ExecMainCode: code = '0', ExecMainStatus: status = '', Result: result } = facts
  if (code === '0') return {}
  const exitCode = code === exited ? Number(status) : 128 + Number(status)
  // With control groups of version 1 systemd is not told who killed it; we did not, so the kernel did.
  const forMemory =
    result === 'oom-kill' || (memoryBytes > 0 && code !== exited && status === killSignal)
  return forMemory ? { exitCode, message: outOfMemory(memoryBytes) } : { exitCode }
}

const outOfMemory = (bytes: number): string =>
  `The server was ended because it used more memory than its limit${bytes > 0 ? ` of ${mebibytes(bytes)}` : ''}.`

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

/** @see systemd.exec(5), "Process Exit Codes" */
const codeOfStatus: Readonly<Record<string, string>> = { 203: 'EACCES' }

/** What systemd itself ends with, in the place of a program that it could not execute. */
const ofSystemd = { first: 200, last: 245 }

/** Whether it was the program that ended, however soon, and not what systemd does before it. */
export function wasExecuted(facts: UnitFacts): boolean {
  const { ExecMainCode: code = '0', ExecMainStatus: status = '', InvocationID: id = '' } = facts
  if (id === '' || code === '0') return false
  return code !== exited || Number(status) < ofSystemd.first || Number(status) > ofSystemd.last
}

/** What is the matter with the place of a program, and not with the program. */
const faultsOfPlace: Readonly<Record<string, string>> = {
  200: 'The home folder of this server cannot be entered. An admin can look at its owner and permissions: littlehub doctor says what they should be.',
  216: 'A group of the account of this server is gone. Try again, or ask an admin.',
  217: 'The account of this server is gone. Try again: it is made anew.',
}

/** Why a program was not executed. @param words what systemd said */
export function failedStart(program: string, facts: UnitFacts, words: string): HubError {
  const { Result: result = '', ExecMainStatus: status = '' } = facts
  const details = `${words} (${result} ${status})`
  const fault = faultsOfPlace[status]
  if (fault === undefined) return cannotRun(program, codeOfStatus[status] ?? '', details)
  return new HubError('Unavailable', fault, { cause: new Error(details) })
}

/** The kernel counts memory in pages, and the share of a core in hundredths. */
const pageBytes = 4096
const leastShare = 0.01

/** One sentence for each limit that was asked for and does not act. */
export function missingLimits(asked: Limits, acting: Limits): string[] {
  const missing: string[] = []
  if (asked.memoryBytes !== undefined && !near(asked.memoryBytes, acting.memoryBytes, pageBytes))
    missing.push(
      `The memory limit of ${mebibytes(asked.memoryBytes)} does not act on this machine.`,
    )
  if (asked.cpuCores !== undefined && !near(asked.cpuCores, acting.cpuCores, leastShare))
    missing.push(`The limit of ${asked.cpuCores} processor cores does not act on this machine.`)
  if (asked.tasks !== undefined && asked.tasks !== acting.tasks)
    missing.push(`The limit of ${asked.tasks} processes does not act on this machine.`)
  return missing
}

const near = (one: number, other: number | undefined, by: number): boolean =>
  other !== undefined && Math.abs(one - other) <= by
