/** Long work in pieces: in between, everybody else gets a turn of the event loop. */

/** What all pieces of one turn may take together; the rest of what a turn may is for what an item takes longer than expected. */
const pieceMs = 0.25

/** So many go on in one turn at most, however little they take: of thousands who wait, not each is asked in every turn. */
const mostInATurn = 16

/**
 * What to await between two pieces of work: it lets others go first once the pieces of this turn have taken long enough.
 * There is one for the whole process, as there is one event loop: the pieces of all who work side by side add up. Who has
 * to wait goes on in the order of coming.
 */
export const giveWay = createTurns()

export function createTurns(): () => Promise<void> | undefined {
  /** When the work of this turn began; undefined: there was none yet. */
  let beganMs: number | undefined
  const waiting: (() => void)[] = []
  /** Immediates that let one of them go on each. */
  let armed = 0
  const isOver = (): boolean => {
    if (beganMs === undefined) {
      beganMs = performance.now()
      setImmediate(() => (beganMs = undefined))
    }
    return performance.now() - beganMs >= pieceMs
  }
  const letGoOn = (): void => {
    armed -= 1
    if (!isOver()) waiting.shift()?.()
    arm()
  }
  // Between two immediates Node runs whatever the first one has let go on, so each sees what those before it took.
  const arm = (): void => {
    for (; armed < Math.min(waiting.length, mostInATurn); armed += 1) setImmediate(letGoOn)
  }
  return () => {
    if (waiting.length === 0 && !isOver()) return undefined
    return new Promise((resolve) => {
      waiting.push(resolve)
      arm()
    })
  }
}

/** Does a piece of work that nobody waits for: at once, or when its turn comes. */
export function whenDue(work: () => void): void {
  const turn = giveWay()
  if (turn) void turn.then(work)
  else work()
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
