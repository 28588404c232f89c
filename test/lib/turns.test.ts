/** Long work in pieces. */
import t from 'tap'
import { createTurns, mapInTurns } from '../../src/lib/turns.ts'

/** As long as a piece may be, and more. */
function workFor(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs;);
}

t.test(
  'in the middle of long work others get their turn, and the results are in order',
  async (t) => {
    const seen: (number | string)[] = []
    setImmediate(() => seen.push('somebody else'))
    const results = await mapInTurns([1, 2, 3], (item) => {
      workFor(6)
      seen.push(item)
      return item * 2
    })
    t.same(results, [2, 4, 6])
    t.same(seen, [1, 'somebody else', 2, 3])
  },
)

t.test('short work waits for nobody', async (t) => {
  t.equal(createTurns()(), undefined)
})

t.test('what an item throws ends the work', async (t) => {
  const fail = (): never => {
    throw new Error('no')
  }
  await t.rejects(mapInTurns([1], fail), { message: 'no' })
})
