/** A clock that stands still until a test turns it. */
import { type Clock } from '../../src/lib/time.ts'

export type TestClock = Clock & { advance(ms: number): void }

export function createClock(start = '2026-01-31T12:00:00.000Z'): TestClock {
  let nowMs = Date.parse(start)
  return {
    now: () => new Date(nowMs),
    advance(ms) {
      nowMs += ms
    },
  }
}
