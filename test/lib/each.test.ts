/** The same work for many, a few at a time. */
import t from 'tap'
import { forEach } from '../../src/lib/each.ts'

t.test('a few at a time, in order, and all of them', async (t) => {
  let running = 0
  let most = 0
  const done: number[] = []
  await forEach([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
    done.push(item)
  })
  t.equal(most, 3)
  t.same(done, [1, 2, 3, 4, 5, 6, 7])
})

t.test('all are tried, and every failure is told', async (t) => {
  const tried: number[] = []
  const work = async (item: number): Promise<void> => {
    tried.push(item)
    if (item % 2 === 0) throw new Error(`no ${item}`)
  }
  await t.rejects(forEach([1, 2, 3, 4], 2, work), {
    errors: [{ message: 'no 2' }, { message: 'no 4' }],
  })
  t.same(tried, [1, 2, 3, 4])
  await forEach([], 2, work)
})
