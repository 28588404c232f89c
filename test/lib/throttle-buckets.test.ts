/** Counts of failures that delay: growth, forgiveness, clocks that are set back, bounded memory. */
import t from 'tap'
import { createBuckets } from '../../src/lib/throttle-buckets.ts'

const rule = { free: 3, perDoubling: 2, firstMs: 1000, capMs: 8000, forgiveMs: 60_000 }
const start = Date.UTC(2026, 0, 1)

t.test('the first failures cost nothing, then the delay doubles up to its cap', async (t) => {
  const buckets = createBuckets(rule)
  const waits = Array.from({ length: 14 }, () => {
    buckets.add('key', start)
    return buckets.waitMs('key', start)
  })
  t.same(waits, [0, 0, 0, 1000, 1000, 2000, 2000, 4000, 4000, 8000, 8000, 8000, 8000, 8000])
})

t.test('waiting as long as asked is enough', async (t) => {
  const buckets = createBuckets(rule)
  for (let failure = 0; failure < 20; failure++) buckets.add('key', start)
  t.equal(buckets.waitMs('key', start + 7999), 1)
  t.equal(buckets.waitMs('key', start + 8000), 0)
})

t.test('however many the failures, everything is forgiven within a bounded time', async (t) => {
  const buckets = createBuckets(rule)
  for (let failure = 0; failure < 100_000; failure++) buckets.add('key', start)
  t.equal(buckets.list(start)[0]?.failures, 100_000, 'administrators see the true number')
  const hour = start + 60 * 60_000
  t.same(buckets.list(hour), [])
  buckets.add('key', hour)
  t.equal(buckets.waitMs('key', hour), 0)
})

t.test('a clock that is set back makes nobody wait longer than the delay', async (t) => {
  const buckets = createBuckets(rule)
  for (let failure = 0; failure < 5; failure++) buckets.add('key', start)
  const yearBefore = start - 365 * 24 * 3600_000
  t.ok(buckets.waitMs('key', yearBefore) <= 1000)
  t.equal(buckets.waitMs('key', yearBefore + 1000), 0)
  t.same(buckets.list(yearBefore + 10 * 60_000), [], 'and it is forgiven by the new time')
})

t.test('a clock that leaps ahead forgives', async (t) => {
  const buckets = createBuckets(rule)
  for (let failure = 0; failure < 50; failure++) buckets.add('key', start)
  t.equal(buckets.waitMs('key', start + 1e12), 0)
})

t.test('forgiving more than there is leaves nothing, and no credit', async (t) => {
  const buckets = createBuckets(rule)
  buckets.add('key', start)
  buckets.forgive('key', 10, start)
  buckets.forgive('unknown', 10, start)
  for (let failure = 0; failure < 4; failure++) buckets.add('key', start)
  t.equal(buckets.waitMs('key', start), 1000)
})

t.test('keys do not share their failures, and one can be cleared', async (t) => {
  const buckets = createBuckets(rule)
  for (let failure = 0; failure < 9; failure++) buckets.add('one', start)
  t.equal(buckets.waitMs('other', start), 0)
  buckets.clear('one')
  t.equal(buckets.waitMs('one', start), 0)
})

t.test('keys without end take bounded room, and those that fail now are kept', async (t) => {
  const buckets = createBuckets({ ...rule, free: 0 })
  for (let key = 0; key < 50_000; key++) {
    buckets.add(`key ${key}`, start)
    if (key % 5000 === 0) buckets.add('busy', start)
  }
  const kept = buckets.list(start)
  t.ok(kept.length >= 9000 && kept.length <= 10_000, `${kept.length}`)
  t.ok(kept.some(({ key }) => key === 'busy'))
})
