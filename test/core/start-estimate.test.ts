/** Estimates are simple arithmetic of what earlier starts took. */
import t from 'tap'
import { estimates, usualOf } from '../../src/core/start-estimate.ts'

t.test('each in the queue takes the slot that is free first', async (t) => {
  const view = { atOnce: 2, usualMs: 4000, runningMs: [1000, 3000] }
  t.same(estimates(4, view), [5000, 7000, 9000, 11000])
})

t.test(
  'a slot that nobody uses is free at once, a start that takes long ends any moment',
  async (t) => {
    t.same(estimates(2, { atOnce: 2, usualMs: 4000, runningMs: [90_000] }), [4000, 4000])
    t.same(estimates(1, { atOnce: 1, usualMs: 4000, runningMs: [4000, 90_000] }), [4000])
  },
)

t.test('before any start was seen nobody claims to know', async (t) => {
  t.same(estimates(3, { atOnce: 2, usualMs: undefined, runningMs: [1, 2] }), [])
  t.equal(usualOf([]), undefined)
})

t.test('one start that hung does not spoil the estimate', async (t) => {
  t.equal(usualOf([2000, 60_000, 2100]), 2100)
})
