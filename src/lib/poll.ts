/** Asking again and again, further and further apart, until the answer is yes. */
import { sleep } from './time.ts'

export type PollOptions = {
  readonly timeoutMs: number
  /** The first pause; every further one is longer, up to `maxMs`. */
  readonly firstMs: number
  readonly maxMs: number
  /** So many times as long; without it half as long again. */
  readonly growth?: number
  readonly signal: AbortSignal
}

/** @returns whether the answer was yes before the time was over. Rejects when the signal is aborted or `ask` throws. */
export async function pollUntil(
  ask: () => Promise<boolean>,
  { timeoutMs, firstMs, maxMs, growth = 1.5, signal }: PollOptions,
): Promise<boolean> {
  const endMs = performance.now() + timeoutMs
  for (let pauseMs = firstMs; ; pauseMs = Math.min(maxMs, pauseMs * growth)) {
    signal.throwIfAborted()
    if (await ask()) return true
    const restMs = endMs - performance.now()
    if (restMs <= 0) return false
    await sleep(Math.min(pauseMs, restMs), signal)
  }
}
