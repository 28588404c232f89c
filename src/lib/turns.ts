/** Long work in pieces: in between, everybody else gets a turn of the event loop. */

/** What all pieces of one turn may take together; the rest of what a turn may is for what an item takes longer than expected. */
const pieceMs = 0.25

/**
 * What to await between two pieces of work: it lets others go first once the pieces of this turn have taken long enough.
 * There is one for the whole process, as there is one event loop: the pieces of all who work side by side add up. Who has
 * to wait goes on in the order of coming.
 */
export const giveWay = createTurns()

export function createTurns(): () => Promise<void> | undefined {
  /** When the work of this turn began; undefined: there was none yet. */
  let beganMs: number | undefined
  let waiting = 0
  const isOver = (): boolean => {
    if (beganMs === undefined) {
      beganMs = performance.now()
      setImmediate(() => (beganMs = undefined))
    }
    return performance.now() - beganMs >= pieceMs
  }
  // Between two immediates Node runs whatever the first one has let go on, so each sees what those before it took.
  const wait = (goOn: () => void): void => {
    setImmediate(() => {
      if (isOver()) wait(goOn)
      else {
        waiting -= 1
        goOn()
      }
    })
  }
  return () => {
    if (waiting === 0 && !isOver()) return undefined
    waiting += 1
    return new Promise(wait)
  }
}

/** What `work` makes of each item, in order. What it reads may change meanwhile. */
export async function mapInTurns<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Result,
): Promise<Result[]> {
  const results: Result[] = []
  for (const item of items) {
    await giveWay()
    results.push(work(item))
  }
  return results
}
