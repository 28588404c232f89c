/** What is done in which turn of the event loop. */
import { type Test } from 'tap'

/** Keeps the event loop for so long. */
export function workFor(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs;);
}

export type TurnCount = {
  /** Something is done, now. */
  mark(): void
  /** How often it was done. */
  readonly count: number
  /** How often in the turn in which it was done most often. */
  most(): number
}

/** Counts turns until the test ends. */
export function countTurns(t: Test): TurnCount {
  let turn = 0
  const marked: number[] = []
  const next = (): void => {
    turn += 1
    immediate = setImmediate(next)
  }
  let immediate = setImmediate(next)
  t.teardown(() => clearImmediate(immediate))
  return {
    mark: () => void marked.push(turn),
    get count() {
      return marked.length
    },
    most: () => Math.max(...marked.map((one) => marked.filter((each) => each === one).length)),
  }
}
