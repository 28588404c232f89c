/** What a proxy takes when it does nothing: time to start, memory at rest, memory of each idle WebSocket. */
import { setTimeout as wait } from 'node:timers/promises'
import { openSockets } from './bench-load.ts'
import { cpuSecondsOf, memoryKiBOf, watchDisturbance, type Disturbance } from './bench-machine.ts'
import { lineOf, type Sample } from './bench-report.ts'
import { end, type Running, type Subject } from './bench-subjects.ts'

export type IdleOptions = {
  readonly rounds: number
  readonly only: string
  tell(line: string): void
}

const idleSockets = 1000
const settleMs = 3000

/** Start-up, memory at rest, and what each idle WebSocket takes of it: each time of a process that has done nothing else. */
export async function benchIdle(
  subjects: readonly Subject[],
  options: IdleOptions,
): Promise<Sample[]> {
  const samples: Sample[] = []
  if (!'idle'.includes(options.only)) return samples
  for (let round = 1; round <= options.rounds; round++)
    for (const subject of subjects) {
      const beganMs = performance.now()
      const watch = watchDisturbance()
      const proxy = await subject.start()
      const startMs = performance.now() - beganMs
      const disturbance = watch(cpuSecondsOf(proxy.pid))
      try {
        const add = (work: string, value: number, unit: string, noticed?: Disturbance): void => {
          const sample: Sample = {
            ...{ work, subject: subject.name, round, value, unit, details: {} },
            ...(noticed && { disturbance: noticed }),
          }
          samples.push(sample)
          options.tell(lineOf(sample))
        }
        add('start, until it listens', startMs, 'ms', disturbance)
        await wait(settleMs)
        add('memory at rest', memoryKiBOf(proxy.pid) / 1024, 'MiB')
        add(`idle WebSocket (of ${idleSockets} more)`, await idleKiB(proxy), 'KiB')
      } finally {
        await end(proxy)
      }
    }
  return samples
}

/** Each of the second thousand: what a process takes once for all of them, room for new objects above all, it has by then. */
async function idleKiB({ port, pid }: Running): Promise<number> {
  const order = { messageBytes: 0, seconds: 0, sockets: idleSockets }
  const first = await openSockets(port, order)
  await wait(settleMs)
  const before = memoryKiBOf(pid)
  const second = await openSockets(port, order)
  await wait(settleMs)
  const after = memoryKiBOf(pid)
  await Promise.all([first.close(), second.close()])
  return (after - before) / idleSockets
}
