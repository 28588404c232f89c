/** What `bench.ts` reads of the machine: processor time of processes and of cores, and whether somebody else was at work. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'

/** The proxy has this core for itself; load and upstream share the other one. */
export const proxyCore = '0'
export const loadCore = '1'

const ticksPerSecond = 100

/** All threads of a process, in seconds. */
export function cpuSecondsOf(pid: number): number {
  let nanoseconds = 0
  for (const task of readdirSync(`/proc/${pid}/task`))
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
  return nanoseconds / 1e9
}

export const memoryKiBOf = (pid: number): number =>
  Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)

/** All that came from it, and from those, without itself. */
export function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const parent = parentOf(Number(name))
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const below = (one: number): number[] =>
    (children.get(one) ?? []).flatMap((child) => [child, ...below(child)])
  return below(pid)
}

const parentOf = (pid: number): number | undefined => {
  const fields = statOf(pid)
  return fields === undefined ? undefined : Number(fields[1])
}

/** What follows the name of the program in `/proc/PID/stat`; undefined: no such process. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** Of a process with all that came from it, also those that have ended and were waited for. */
export function cpuSecondsOfTree(pid: number): number {
  const ticks = [pid, ...descendantsOf(pid)].flatMap((each) => statOf(each)?.slice(11, 15) ?? [])
  return ticks.reduce((sum, value) => sum + Number(value), 0) / ticksPerSecond
}

/** What all that came from a process have in memory, what they share divided among those who do (PSS). */
export function privateMiBOfTree(pid: number): number {
  const kib = descendantsOf(pid).map((each) => {
    try {
      return Number(/^Pss:\s*(\d+)/m.exec(readFileSync(`/proc/${each}/smaps_rollup`, 'utf8'))?.[1])
    } catch {
      return 0
    }
  })
  return kib.reduce((sum, value) => sum + (value || 0), 0) / 1024
}

export const availableMiB = (): number =>
  Number(/MemAvailable:\s*(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) / 1024

/** `inProcesses`: what processes are told they used, without the kernel's work for devices and the network. */
type Core = { readonly busy: number; readonly inProcesses: number; readonly stolen: number }

/** @param name of a core; empty: all of them together */
function coreNow(name: string): Core {
  const line = new RegExp(`^cpu${name} +(.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1]
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (line ?? '')
    .split(' ')
    .map(Number)
  return {
    inProcesses: (user + nice + system) / ticksPerSecond,
    busy: (user + nice + system + irq + softirq) / ticksPerSecond,
    stolen: steal / ticksPerSecond,
  }
}

/** What the host took from the whole machine since it began. */
export const stolenSeconds = (): number => coreNow('').stolen

export type Disturbance = {
  /** Parts of the time: others at work on the proxy's core, and what the host took from both cores. */
  readonly others: number
  readonly stolen: number
}

/** @returns a function that tells what disturbed since. @param cpuSeconds of the measured process meanwhile */
export function watchDisturbance(): (cpuSeconds: number) => Disturbance {
  const [mine, load, atMs] = [coreNow(proxyCore), coreNow(loadCore), performance.now()]
  return (cpuSeconds) => {
    const seconds = (performance.now() - atMs) / 1000
    const [mineNow, loadNow] = [coreNow(proxyCore), coreNow(loadCore)]
    const stolen = mineNow.stolen - mine.stolen + loadNow.stolen - load.stolen
    return {
      others: Math.max(0, mineNow.busy - mine.busy - cpuSeconds) / seconds,
      stolen: stolen / seconds / 2,
    }
  }
}

/** The same for a measurement that has the whole machine: others are who did not come from `pid`. */
export function watchMachine(pid: number): () => Disturbance {
  const [before, ownBefore, atMs] = [coreNow(''), cpuSecondsOfTree(pid), performance.now()]
  return () => {
    const coreSeconds = ((performance.now() - atMs) / 1000) * cpus().length
    const now = coreNow('')
    const own = cpuSecondsOfTree(pid) - ownBefore
    return {
      others: Math.max(0, now.inProcesses - before.inProcesses - own) / coreSeconds,
      stolen: (now.stolen - before.stolen) / coreSeconds,
    }
  }
}

/** Processor time for each unit bears company, until caches are no longer one's own; times by the clock bear none. */
export const worstOthers = { 'processor time': 0.5, clock: 0.1 } as const
export const worstStolen = 0.05

export const isDisturbed = (
  { others, stolen }: Disturbance,
  measured: keyof typeof worstOthers,
): boolean => others > worstOthers[measured] || stolen > worstStolen

/** The first line that a program says about its version; undefined: it is not installed. */
export function versionOf(program: string, ...words: string[]): string | undefined {
  try {
    const said = execFileSync('sh', ['-c', '"$0" "$@" 2>&1 || true', program, ...words]).toString()
    if (/not found/.test(said)) return undefined
    return /\d+\.\d+(?:\.\d+)*/.exec(said)?.[0] ?? said.split('\n', 1)[0]
  } catch {
    return undefined
  }
}

export function describeMachine(): string {
  const [first] = cpus()
  const gib = Math.round(totalmem() / 1024 ** 3)
  return `${cpus().length} cores of ${first?.model.trim() ?? 'an unknown kind'}, ${gib} GiB, Linux ${release()}, Node ${process.version}`
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}
