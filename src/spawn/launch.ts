/** Starts one program: as another uid, in a session of its own, its output in a file. */
import { closeSync } from 'node:fs'
import { constants } from 'node:os'
import { execa } from 'execa'
import { HubError } from '../lib/errors.ts'
import { startTimeOf } from '../lib/process.ts'
import { type Account } from './account.ts'

/** A signal is 128 + its number. */
export type Ended = { readonly exitCode?: number }

export type Child = {
  readonly pid: number
  readonly startTime: string
  /** Forked from a process that had imported what it needs. */
  readonly isWarm?: boolean
  /** Resolves when it has ended; never rejects. */
  readonly ended: Promise<Ended>
}

export type LaunchRequest = {
  /** A program and its arguments. */
  readonly command: readonly string[]
  readonly account: Account
  /** The whole of it: nothing of the hub's own is added. */
  readonly environment: Readonly<Record<string, string>>
  /** Where standard output and error go; closed in any case. */
  readonly logDescriptor: number
}

/** What a server makes is for its owner alone. */
const umask = 0o077

/** @throws {HubError} Unavailable when the program cannot be run at all; nothing is left of it then. */
export async function launch(request: LaunchRequest): Promise<Child> {
  const child = begin(request)
  const ended = child.then(toEnded, () => ({}))
  const { pid } = child
  if (pid === undefined) {
    const { code = '', originalMessage } = await child
    throw cannotRun(request.command[0] ?? '', code, originalMessage)
  }
  // The process is not reaped before the event loop turns: it has a start time even if it has ended.
  const startTime = startTimeOf(pid)
  if (startTime === undefined) throw new HubError('Unavailable', 'The program ended at once.')
  // The hub may end before its servers do.
  child.unref()
  return { pid, startTime, ended }
}

/** The umask belongs to the whole process; a program is started without a turn of the event loop in between. */
function begin({ command, account, environment, logDescriptor }: LaunchRequest) {
  const [file = '', ...args] = [...account.through, ...command]
  const before = process.umask(umask)
  // execa hands any descriptor to the child as it is; its types name those of one digit only.
  const output = logDescriptor as 3
  try {
    return execa(file, args, {
      cwd: account.home,
      env: environment,
      extendEnv: false,
      ...account.switchTo,
      detached: true,
      cleanup: false,
      stdin: 'ignore',
      stdout: output,
      stderr: output,
      buffer: false,
      reject: false,
    })
  } finally {
    process.umask(before)
    closeSync(logDescriptor)
  }
}

type Outcome = Awaited<ReturnType<typeof begin>>

function toEnded({ exitCode, signal }: Outcome): Ended {
  if (exitCode !== undefined) return { exitCode }
  return signal === undefined ? {} : { exitCode: 128 + constants.signals[signal] }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'was not found. Look at the settings spawner.cmd and spawner.path',
  EACCES: 'may not be run by this user. Look at its permissions and those of the folders above it',
  ENOEXEC: 'is no program that this machine can run. Look at the setting spawner.cmd',
  E2BIG: 'was given too large an environment. Look at the setting spawner.environment',
  EAGAIN: 'could not be started: there are too many processes. Try again later',
  ENOMEM: 'could not be started: there is not enough memory. Try again later',
}

/** @param code the kernel's, such as ENOENT */
export function cannotRun(program: string, code: string, details?: string): HubError {
  const reason = reasons[code] ?? 'could not be started'
  const sentence = `The program ${program} ${reason}.`
  return new HubError('Unavailable', sentence, { cause: new Error(details ?? code) })
}
