/** Work that many ask for in one moment is done once, for all who had asked before it began. */

/** What is returned to somebody who asks has begun after they did: nobody gets what was true before. */
export function shareNext<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let current: Promise<unknown> = Promise.resolve()
  let next: Promise<Result> | undefined
  const begin = (): Promise<Result> => {
    next = undefined
    return work()
  }
  return () => {
    if (next === undefined) {
      next = current.then(begin)
      current = next.catch(() => undefined)
    }
    return next
  }
}
