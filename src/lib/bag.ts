/** Things that come and go all the time, in no order. */

/** `at` is the bag's own affair, and nothing is in two bags. */
export type Item = { at: number }

/**
 * What a `Set` would do at a higher price: whenever one with such a traffic makes itself a new table, the old one leads to
 * it and still holds its items. An old table that has outlived a few collections keeps all later ones, with whatever they
 * held, until the next big one.
 */
export interface Bag<Kind extends Item> {
  add(item: Kind): void
  /** @returns whether it was there. */
  remove(item: Kind): boolean
  /** As it is now, whatever comes or goes meanwhile. */
  list(): Kind[]
  readonly size: number
}

export function createBag<Kind extends Item>(): Bag<Kind> {
  const items: Kind[] = []
  return {
    add(item) {
      item.at = items.length
      items.push(item)
    },
    remove(item) {
      const last = items.at(-1)
      if (!last || items[item.at] !== item) return false
      items[item.at] = last
      last.at = item.at
      items.pop()
      return true
    },
    list: () => [...items],
    get size() {
      return items.length
    },
  }
}
