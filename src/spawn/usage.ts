/** How much memory a server uses, with everything that belongs to it. */
import { readFile } from 'node:fs/promises'
import { findFamily, takeCensus, type Census, type Run } from './family.ts'
import { type Usage } from './spawner.ts'

export interface UsageMeter {
  /** Undefined when nothing of it runs. */
  measure(run: Run): Promise<Usage | undefined>
}

/** A page about every server asks for each of them: one look at the machine answers all. */
const censusLastsMs = 2000

export function createUsageMeter(): UsageMeter {
  let census: Promise<Census> | undefined
  let takenMs = 0

  const recentCensus = (): Promise<Census> => {
    const nowMs = performance.now()
    if (census === undefined || nowMs - takenMs > censusLastsMs) {
      takenMs = nowMs
      census = takeCensus()
    }
    return census
  }

  return {
    async measure(run) {
      const family = await findFamily(run, await recentCensus())
      if (family.length === 0) return undefined
      let memoryBytes = 0
      for (const { pid } of family) memoryBytes += await memoryOf(pid)
      return { memoryBytes, processes: family.length }
    },
  }
}

/**
 * The proportional share, in bytes: what several processes hold in common is counted once among them.
 * Zero for a process that has just ended.
 * @see proc_pid_smaps(5), proc_pid_status(5)
 */
async function memoryOf(pid: number): Promise<number> {
  return (
    (await readKib(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB$/m)) ??
    (await readKib(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB$/m)) ??
    0
  )
}

async function readKib(file: string, line: RegExp): Promise<number | undefined> {
  try {
    const kib = line.exec(await readFile(file, 'utf8'))?.[1]
    return kib === undefined ? undefined : Number(kib) * 1024
  } catch {
    return undefined
  }
}
