/** How long a start that waits for its turn will take, as far as the starts before it tell. */

/** What the queue looks like at one moment; times in ms. */
export type QueueView = {
  readonly atOnce: number
  /** How long a start usually takes once it is its turn; undefined until one was seen. */
  readonly usualMs: number | undefined
  /** For how long each start under way has been going on. */
  readonly runningMs: readonly number[]
}

/**
 * @returns for each of the first `count` in the queue, the time until it is ready; nothing when nobody can know.
 * A start that takes longer than usual is taken to end at any moment.
 */
export function estimates(count: number, { atOnce, usualMs, runningMs }: QueueView): number[] {
  if (usualMs === undefined) return []
  const free = Array.from({ length: atOnce }, (_, slot) =>
    Math.max(0, usualMs - (runningMs[slot] ?? usualMs)),
  )
  return Array.from({ length: count }, () => {
    const next = free.indexOf(Math.min(...free))
    const readyMs = (free[next] ?? 0) + usualMs
    free[next] = readyMs
    return readyMs
  })
}

/** The median: one start that hung for a minute says nothing about the others. */
export function usualOf(tookMs: readonly number[]): number | undefined {
  return tookMs.toSorted((one, other) => one - other)[Math.floor(tookMs.length / 2)]
}
