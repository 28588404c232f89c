/** Counts by key, of which those at zero are forgotten. */

export interface Counts<Key> {
  of(key: Key): number
  add(key: Key, change: 1 | -1): void
}

/**
 * So many at zero are forgotten together: a `Map` whose keys come and go at once makes itself a new table every few of
 * them, which costs more than all that is counted, and each old table keeps the next until the next big collection. More
 * than the users of one machine, so that theirs never go.
 */
const mostAtZero = 20_000

export function createCounts<Key>(): Counts<Key> {
  const counts = new Map<Key, number>()
  let atZero = 0

  const forget = (): void => {
    for (const [key, count] of counts) if (count === 0) counts.delete(key)
    atZero = 0
  }

  return {
    of: (key) => counts.get(key) ?? 0,
    add(key, change) {
      const before = counts.get(key)
      const count = (before ?? 0) + change
      counts.set(key, count)
      if (before === 0) atZero -= 1
      if (count === 0) atZero += 1
      if (atZero >= mostAtZero) forget()
    },
  }
}
