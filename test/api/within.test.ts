/** Waiting, but not for ever. */
import t from 'tap'
import { within } from '../../src/api/within.ts'

t.test('what ends in time is what comes out, its failure as well', async (t) => {
  t.equal(await within(Promise.resolve('done'), 10_000), 'done')
  await t.rejects(within(Promise.reject(new Error('no')), 10_000), { message: 'no' })
})

t.test('what takes longer is late, and may fail afterwards without harm', async (t) => {
  const { promise, reject } = Promise.withResolvers<string>()
  t.equal(await within(promise, 1), 'late')
  reject(new Error('nobody waits for this'))
  await new Promise((resolve) => setImmediate(resolve))
  t.pass('still here')
})
