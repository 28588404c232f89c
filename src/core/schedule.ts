/** Background work: repeats it, never overlaps itself, and owns its failures. */
import { type Log } from '../lib/log.ts'
import { asError } from '../lib/errors.ts'

export interface Schedule {
  /**
   * Runs `work` every `everyMs`, first after one period. A failure is logged once and the next turn comes all the same.
   * @returns what ends it; a turn under way goes on.
   */
  every(everyMs: number, name: string, work: () => void | Promise<void>): () => void
  /** Runs something now without anybody waiting for it. */
  soon(name: string, work: () => Promise<void>): void
  /** No more turns; resolves when what is running has ended. */
  stop(): Promise<void>
}

export function createSchedule(needs: { log: Log }): Schedule {
  const timers = new Set<NodeJS.Timeout>()
  const running = new Set<Promise<void>>()

  const guarded = async (name: string, work: () => void | Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (thrown) {
      needs.log.error({ job: name, error: asError(thrown) }, 'background work failed')
    }
  }
  const track = (job: Promise<void>): Promise<void> => {
    running.add(job)
    return job.finally(() => running.delete(job))
  }

  return {
    every(everyMs, name, work) {
      let busy = false
      const timer = setInterval(() => {
        if (busy) return
        busy = true
        void track(guarded(name, work)).finally(() => (busy = false))
      }, everyMs)
      timer.unref()
      timers.add(timer)
      return () => {
        clearInterval(timer)
        timers.delete(timer)
      }
    },
    soon(name, work) {
      void track(guarded(name, work))
    },
    async stop() {
      for (const timer of timers) clearInterval(timer)
      timers.clear()
      // What is running may have more to do before it ends.
      while (running.size > 0) await Promise.all(running)
    },
  }
}
