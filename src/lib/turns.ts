/** Long work in pieces: in between, everybody else gets a turn of the event loop. */
import { setImmediate } from 'node:timers/promises'

/** Half of it is what a request may add to another's, the rest is for what an item takes longer than expected. */
const pieceMs = 5

/** @returns what to await after each piece of work: it lets others go first when this has gone on for long enough. */
export function createTurns(): () => Promise<void> | undefined {
  let beganMs = performance.now()
  // One for all who work side by side: their pieces would add up.
  let pause: Promise<void> | undefined
  const next = async (): Promise<void> => {
    await setImmediate()
    beganMs = performance.now()
    pause = undefined
  }
  return () => pause ?? (performance.now() - beganMs < pieceMs ? undefined : (pause = next()))
}

/** What `work` makes of each item, in order. What it reads may change meanwhile. */
export async function mapInTurns<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Result,
): Promise<Result[]> {
  const turns = createTurns()
  const results: Result[] = []
  for (const item of items) {
    results.push(work(item))
    await turns()
  }
  return results
}
