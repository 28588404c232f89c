/** Counts by key, of which those at zero are forgotten. */

export interface Counts<Key> {
  of(key: Key): number
  add(key: Key, change: 1 | -1): void
}

export function createCounts<Key>(): Counts<Key> {
  const counts = new Map<Key, number>()
  return {
    of: (key) => counts.get(key) ?? 0,
    add(key, change) {
      const count = (counts.get(key) ?? 0) + change
      if (count === 0) counts.delete(key)
      else counts.set(key, count)
    },
  }
}
