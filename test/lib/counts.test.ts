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

t.test('thousands that come and go change nothing for those that stay', async (t) => {
  const counts = createCounts<number>()
  counts.add(-1, 1)
  counts.add(-2, 1)
  for (let key = 0; key < 5000; key++) {
    counts.add(key, 1)
    counts.add(-2, key % 2 === 0 ? -1 : 1)
    counts.add(key, -1)
    t.equal(counts.of(key), 0)
    if (key % 2 === 1) t.equal(counts.of(-2), 1)
  }
  t.equal(counts.of(-1), 1)
})
