/** A spawner all of whose servers run, and never start, stop or end by themselves: for a hub with many. */
import { type Spawner } from '../../src/spawn/spawner.ts'

export const idleSpawner: Spawner = {
  start: () => Promise.reject(new Error('nothing starts here')),
  poll: () => Promise.resolve({ alive: true }),
  stop: () => Promise.resolve(),
  exited: (_state, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('not watched any more')))
    }),
  logTail: () => Promise.resolve([]),
  usage: () => Promise.resolve({ memoryBytes: 100_000_000, processes: 3 }),
  forget: () => Promise.resolve(),
}
