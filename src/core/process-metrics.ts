/** What the hub's process uses, by the names that every client of Prometheus gives it. */
import { readdirSync, readFileSync } from 'node:fs'
import { type Registry } from '../lib/metrics.ts'
import { SECOND } from '../lib/time.ts'

/** @see Prometheus: writing client libraries, process metrics */
export function addProcessMetrics(registry: Registry): void {
  const number = (name: string, help: string, read: () => number | undefined): void => {
    registry.gauge({ name, help }, () => {
      const value = read()
      return value === undefined ? [] : [{ value }]
    })
  }
  registry.gauge(
    {
      name: 'process_cpu_seconds_total',
      help: 'Processor time of the hub.',
      type: 'counter',
    },
    () => {
      const { user, system } = process.cpuUsage()
      return [{ value: (user + system) / 1e6 }]
    },
  )
  number('process_resident_memory_bytes', 'Resident memory of the hub.', () =>
    process.memoryUsage.rss(),
  )
  number('process_virtual_memory_bytes', 'Virtual memory of the hub.', virtualBytes)
  number('process_open_fds', 'Open files and sockets of the hub.', openFiles)
  number('process_max_fds', 'How many files and sockets the hub may open.', mostOpenFiles)
  number('process_start_time_seconds', 'When the hub began.', () =>
    Math.round(Date.now() / SECOND - process.uptime()),
  )
  number(
    'nodejs_heap_size_used_bytes',
    'Used heap of the hub.',
    () => process.memoryUsage().heapUsed,
  )
}

/** Undefined where there is no `/proc`. @see proc(5) */
function fromProc<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

const virtualBytes = (): number | undefined =>
  fromProc(() => 1024 * numberIn(readFileSync('/proc/self/status', 'utf8'), /^VmSize:\s+(\d+) kB/m))

const openFiles = (): number | undefined => fromProc(() => readdirSync('/proc/self/fd').length)

/** Files and sockets of this process together; undefined where that is not told. */
export const mostOpenFiles = (): number | undefined =>
  fromProc(() => numberIn(readFileSync('/proc/self/limits', 'utf8'), /^Max open files\s+(\d+)/m))

/** @throws when it is not there. */
function numberIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1]
  if (found === undefined) throw new Error('there is no such number')
  return Number(found)
}
