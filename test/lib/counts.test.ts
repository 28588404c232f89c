/** Counting by key. */
import t from 'tap'
import { createCounts } from '../../src/lib/counts.ts'

t.test('each key has its count, and none is zero', async (t) => {
  const counts = createCounts<string>()
  counts.add('a', 1)
  counts.add('a', 1)
  counts.add('b', 1)
  counts.add('b', -1)
  t.equal(counts.of('a'), 2)
  t.equal(counts.of('b'), 0)
  t.equal(counts.of('c'), 0)
})
