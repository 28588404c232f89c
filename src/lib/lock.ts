/** One at a time per key, in the order of asking. */

export interface KeyedLock {
  /** Runs `work` when everything asked for before under the same key has ended, however it ended. */
  run<Result>(key: string | number, work: () => Promise<Result>): Promise<Result>
}

export function createKeyedLock(): KeyedLock {
  const last = new Map<string | number, Promise<unknown>>()

  return {
    run(key, work) {
      const before = last.get(key) ?? Promise.resolve()
      const mine = before.then(work, work)
      last.set(key, mine)
      const forget = (): void => {
        if (last.get(key) === mine) last.delete(key)
      }
      mine.then(forget, forget)
      return mine
    },
  }
}
