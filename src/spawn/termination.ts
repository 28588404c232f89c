/** Ending a server: politely at first, and certainly in the end. */
import { errorCode, HubError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { isRunning } from '../lib/process.ts'
import { pollUntil } from '../lib/poll.ts'
import { sleep } from '../lib/time.ts'
import { findFamily, takeCensus, type Process, type Run } from './family.ts'

export type TimeLimits = {
  /** From the interrupt until termination is asked for. */
  readonly interruptMs: number
  /** From there until it is killed. */
  readonly termMs: number
  /** From there until it is given up. */
  readonly killMs: number
}

/** What has lost its server is given this long to end by itself: an editor that saves, a program that cleans up. */
const orphanMs = 1000

/** How soon it is looked again whether something has ended. */
const firstLookMs = 10
const slowestLookMs = 200

/**
 * Interrupts the group of a server, then terminates it, then kills it and whatever was started by it, each after its
 * time. Resolves when nothing of it runs any more, at once when nothing did.
 * @throws {HubError} Unavailable when something cannot be killed.
 */
export async function terminate(
  run: Run,
  limits: TimeLimits & { readonly now: boolean },
  log: Log,
): Promise<void> {
  const known = limits.now ? [] : await findFamily(run, await takeCensus())
  if (!limits.now) {
    await askToEnd(run, limits)
    if (await endOrphans(run, known)) return
  }
  await killAll(run, known, { killMs: limits.killMs, log })
}

/** JupyterHub: `LocalProcessSpawner.stop`, which signals the first process only; here its group hears it, as with Ctrl-C. */
async function askToEnd(run: Run, { interruptMs, termMs }: TimeLimits): Promise<void> {
  for (const [signal, ms] of [
    ['SIGINT', interruptMs],
    ['SIGTERM', termMs],
  ] as const) {
    if (!isRunning(run.pid, run.startTime)) return
    send(-run.pid, signal)
    await hasEnded(() => Promise.resolve(!isRunning(run.pid, run.startTime)), ms)
  }
}

/** @returns whether nothing is left. */
async function endOrphans(run: Run, known: readonly Process[]): Promise<boolean> {
  if (known.length === 0) return true
  if (isRunning(run.pid, run.startTime)) return false
  const orphans = await findFamily(run, await takeCensus(), known)
  for (const orphan of orphans) signalExactly(orphan, 'SIGTERM')
  if (orphans.length > 0) await hasEnded(() => Promise.resolve(!orphans.some(runs)), orphanMs)
  return orphans.length === 0
}

/** Again and again, since a process may start another one between being seen and being killed. */
async function killAll(
  run: Run,
  known: readonly Process[],
  { killMs, log }: { killMs: number; log: Log },
): Promise<void> {
  const foreign = new Set<number>()
  const endMs = performance.now() + killMs
  for (let pauseMs = firstLookMs; ; pauseMs = Math.min(slowestLookMs, pauseMs * 2)) {
    const found = await findFamily(run, await takeCensus(), known)
    const members = found.filter(({ pid }) => !foreign.has(pid))
    if (members.length === 0) return
    if (performance.now() >= endMs) throw unkillable(members)
    for (const member of members)
      if (!signalExactly(member, 'SIGKILL')) {
        foreign.add(member.pid)
        log.warn({ pid: member.pid }, 'a process of a server belongs to somebody else')
      }
    await sleep(pauseMs)
  }
}

const runs = ({ pid, startTime }: Process): boolean => isRunning(pid, startTime)

const unkillable = (members: readonly Process[]): HubError =>
  new HubError('Unavailable', 'Some processes of the server cannot be ended. Try again later.', {
    cause: new Error(`pids ${members.map(({ pid }) => pid).join(', ')}`),
  })

/** @returns false when the kernel does not let us. */
const signalExactly = (process: Process, signal: NodeJS.Signals): boolean =>
  !runs(process) || send(process.pid, signal)

/** @returns false when the kernel does not let us. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (thrown) {
    return errorCode(thrown) !== 'EPERM'
  }
}

const hasEnded = (ask: () => Promise<boolean>, timeoutMs: number): Promise<boolean> =>
  pollUntil(ask, {
    timeoutMs,
    firstMs: firstLookMs,
    maxMs: slowestLookMs,
    signal: new AbortController().signal,
  })
