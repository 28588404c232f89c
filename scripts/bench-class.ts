/** A class starts: so many students at once, each to the result of a first cell, beside JupyterHub as it ships. */
import { setTimeout as wait } from 'node:timers/promises'
import {
  availableMiB,
  cpuSecondsOf,
  cpuSecondsOfTree,
  descendantsOf,
  median,
  privateMiBOfTree,
} from './bench-machine.ts'
import { type Sample } from './bench-report.ts'
import { jupyterHub, littlehub, password, type Hub, type HubKind } from './bench-hubs.ts'
import { attend, type Lesson } from './bench-student.ts'

export type ClassOptions = {
  readonly rounds: number
  readonly students: readonly number[]
  readonly subjects: readonly string[]
  tell(line: string): void
}

/** Nobody waits longer than this for a first cell. */
const lessonMs = 300_000

/** For the machine to be quiet again. */
const pauseMs = 2000

const hubs = (): HubKind[] => [
  littlehub('littlehub'),
  littlehub('littlehub, cold', { 'spawner.warm_start': 'false' }),
  jupyterHub('JupyterHub, patient', 300),
  jupyterHub('JupyterHub'),
]

/** Without a choice: ours, and JupyterHub with limits of time at which nothing fails for slowness. */
const usual = ['littlehub', 'littlehub, cold', 'JupyterHub, patient']

export async function benchClass(options: ClassOptions): Promise<Sample[]> {
  const chosen = options.subjects.length === 0 ? usual : options.subjects
  const kinds = hubs().filter(({ name }) => chosen.includes(name))
  const samples: Sample[] = []
  for (const students of options.students)
    for (let round = 1; round <= options.rounds; round++)
      for (const kind of kinds) {
        const found = await lessonOf(kind, students)
        options.tell(`${kind.name}, ${students} students, round ${round}: ${JSON.stringify(found)}`)
        samples.push(...samplesOf(found, { subject: kind.name, students, round }))
        await wait(pauseMs)
      }
  return samples
}

type Found = {
  readonly first: number
  readonly half: number
  readonly all: number
  readonly readyMedian: number
  /** Students without a first cell, and starts that failed and were tried again. */
  readonly without: number
  readonly failures: number
  readonly cpuSeconds: number
  /** Of the hub itself, its proxy, and what it forks servers from, for each student. */
  readonly hubCpuSeconds: number
  /** Of servers and kernels, for each student who has one. */
  readonly memoryMiB: number
  readonly freeMiBUsed: number
  /** How far from what was promised, in the median: 1 is as promised. */
  readonly promise: number
}

async function lessonOf(kind: HubKind, students: number): Promise<Found> {
  const hub = await kind.start()
  try {
    return await measure(hub, students)
  } finally {
    await hub.end()
  }
}

async function measure({ url, pid }: Hub, students: number): Promise<Found> {
  const signal = AbortSignal.timeout(lessonMs)
  const own = [pid, ...descendantsOf(pid)]
  const hubCpu = (): number => own.map(cpuSecondsOf).reduce((sum, each) => sum + each, 0)
  const hubCpuBefore = hubCpu()
  const before = { cpu: cpuSecondsOfTree(pid), memory: privateMiBOfTree(pid), free: availableMiB() }
  const names = Array.from({ length: students }, (_, index) => `student${index + 1}`)
  const lessons = await Promise.allSettled(
    names.map((name) => attend({ name, password, url, signal })),
  )
  const done = lessons.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const cells = done.map(({ cellSeconds }) => cellSeconds).sort((one, other) => one - other)
  return {
    first: cells[0] ?? NaN,
    half: cells[Math.ceil(students / 2) - 1] ?? NaN,
    all: cells[students - 1] ?? NaN,
    readyMedian: median(done.map(({ readySeconds }) => readySeconds)),
    without: students - done.length,
    failures: done.reduce((sum, { failures }) => sum + failures, 0),
    cpuSeconds: cpuSecondsOfTree(pid) - before.cpu,
    hubCpuSeconds: (hubCpu() - hubCpuBefore) / students,
    memoryMiB: (privateMiBOfTree(pid) - before.memory) / Math.max(1, done.length),
    freeMiBUsed: (before.free - availableMiB()) / Math.max(1, done.length),
    promise: promiseOf(done),
  }
}

function promiseOf(lessons: readonly Lesson[]): number {
  const kept = lessons.flatMap(({ promised, readySeconds }) =>
    promised ? [(readySeconds - promised.atSeconds) / promised.seconds] : [],
  )
  return kept.length === 0 ? NaN : median(kept)
}

function samplesOf(
  found: Found,
  of: { readonly subject: string; readonly students: number; readonly round: number },
): Sample[] {
  const { subject, students, round } = of
  const sample = (what: string, value: number, unit: string): Sample => ({
    ...{ work: `${students} students: ${what}`, subject, round, value, unit },
    details: found,
  })
  return [
    sample('first cell of all', found.all, 's'),
    sample('first cell of half', found.half, 's'),
    sample('memory of a server and kernel', found.memoryMiB, 'MiB'),
    sample('processor time of all', found.cpuSeconds, 's'),
    sample('processor time of the hub for each', found.hubCpuSeconds * 1000, 'ms CPU'),
  ]
}
