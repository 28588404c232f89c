/** Every process that belongs to a server, wherever it has gone. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { parseStat, type ProcessFacts } from '../lib/process.ts'
import { shareNext } from '../lib/share-next.ts'

/**
 * The variable every process of a run inherits, with a random value of its own. Kernels run in sessions of their own
 * and daemons lose their parents, but what a process was started with stays with it.
 */
export const runVariable = 'HUB_SERVER_RUN'

/** One run of a server: its first process, its uid, and the value of its variable. */
export type Run = {
  readonly pid: number
  readonly startTime: string
  readonly uid: number
  readonly run: string
}

export type Process = ProcessFacts & { readonly uid: number }

/** All processes of the machine at one time. Zombies are left out: nothing of them runs. */
export type Census = {
  readonly processes: readonly Process[]
  /** The run a process was started in. */
  runOf(process: Process): Promise<string | undefined>
}

/** So many files are read at the same time that a census is quick, and the thread pool has room for others. */
const atOnce = 16

/** Reads /proc; once for all servers that are stopped in one moment. */
export const takeCensus = shareNext(readCensus)

async function readCensus(): Promise<Census> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const processes: Process[] = []
  for (let index = 0; index < pids.length; index += atOnce)
    for (const found of await Promise.all(pids.slice(index, index + atOnce).map(readProcess)))
      if (found !== undefined && !found.isZombie) processes.push(found)
  const runs = new Map<number, Promise<string | undefined>>()
  return {
    processes,
    runOf({ pid }) {
      const run = runs.get(pid) ?? readRun(pid)
      runs.set(pid, run)
      return run
    },
  }
}

async function readProcess(pid: number): Promise<Process | undefined> {
  try {
    const [line, { uid }] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      stat(`/proc/${pid}`),
    ])
    const facts = parseStat(pid, line)
    return facts && { ...facts, uid }
  } catch {
    // It ended meanwhile.
    return undefined
  }
}

async function readRun(pid: number): Promise<string | undefined> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1')
    const beginning = `${runVariable}=`
    const entry = environment.split('\0').find((text) => text.startsWith(beginning))
    return entry?.slice(beginning.length)
  } catch {
    return undefined
  }
}

/**
 * The first process of a run, everything in its session, everything of its uid that was started in this run, what
 * was `known` of it before, and all their descendants. Never one that merely got a pid of theirs.
 */
export async function findFamily(
  run: Run,
  census: Census,
  known: readonly Process[] = [],
): Promise<Process[]> {
  if (!isOfThisBoot(run, census)) return []
  const knownTimes = new Map(known.map(({ pid, startTime }) => [pid, startTime]))
  const leader = census.processes.find(({ pid }) => pid === run.pid)
  const hasSession = leader === undefined || leader.startTime === run.startTime
  const family = new Map<number, Process>()
  for (const candidate of census.processes) {
    const isKnown = knownTimes.get(candidate.pid) === candidate.startTime
    const isInSession = hasSession && candidate.session === run.pid && candidate.uid === run.uid
    if (isKnown || isInSession || (await wasStartedIn(run, candidate, census)))
      family.set(candidate.pid, candidate)
  }
  addDescendants(family, census.processes)
  family.delete(process.pid)
  return [...family.values()]
}

/** The uid is compared first: a variable may be set by anybody, a uid may not. */
async function wasStartedIn(run: Run, candidate: Process, census: Census): Promise<boolean> {
  return candidate.uid === run.uid && (await census.runOf(candidate)) === run.run
}

const bootOf = (startTime: string): string | undefined => startTime.split(' ')[0]

const isOfThisBoot = (run: Run, { processes: [any] }: Census): boolean =>
  any !== undefined && bootOf(any.startTime) === bootOf(run.startTime)

function addDescendants(family: Map<number, Process>, processes: readonly Process[]): void {
  const childrenOf = Map.groupBy(processes, ({ parent }) => parent)
  const open = [...family.keys()]
  for (let pid = open.pop(); pid !== undefined; pid = open.pop())
    for (const child of childrenOf.get(pid) ?? []) {
      if (family.has(child.pid)) continue
      family.set(child.pid, child)
      open.push(child.pid)
    }
}
