/** The same work for many, a few at a time. */
import t from 'tap'
import { setTimeout as pause } from 'node:timers/promises'
import { forEach } from '../../src/lib/each.ts'

t.test('everything is done, never more at once than asked for', async (t) => {
  const done: number[] = []
  let now = 0
  let most = 0
  await forEach([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    now += 1
    most = Math.max(most, now)
    await pause(5)
    now -= 1
    done.push(item)
  })
  t.same(done.toSorted(), [1, 2, 3, 4, 5, 6, 7])
  t.equal(most, 3)
})

t.test('one that fails keeps no other from its turn, and all failures are told', async (t) => {
  const done: number[] = []
  const work = async (item: number): Promise<void> => {
    await pause(1)
    if (item % 2 === 1) throw new Error(`no ${item}`)
    done.push(item)
  }
  const thrown: unknown = await forEach([1, 2, 3, 4], 1, work).catch((error: unknown) => error)
  t.same(done, [2, 4])
  t.ok(thrown instanceof AggregateError)
  t.same((thrown as AggregateError).errors.map(String), ['Error: no 1', 'Error: no 3'])
})

t.test('nothing to do is done at once', async (t) => {
  await forEach([], 4, () => Promise.reject(new Error('not called')))
  t.pass('it resolved')
})
