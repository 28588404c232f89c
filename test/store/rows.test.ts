/** Columns to values and back. */
import t from 'tap'
import { fromJson, toDate, toDateOrNone, toFlag, toJson, toMs } from '../../src/store/rows.ts'

t.test('what is written comes back', async (t) => {
  const date = new Date(1_767_225_600_123)
  t.same(toDate(toMs(date) ?? 0), date)
  t.same(toDateOrNone(toMs(date)), date)
  t.equal(toMs(undefined), null)
  t.equal(toDateOrNone(null), undefined)
  t.same(toDateOrNone(0), new Date(0), 'the beginning of time is a time')
  t.same([toFlag(true), toFlag(false)], [1, 0])
  for (const value of [{ a: [1, 'x', null] }, [], '', 0, false, null])
    t.same(fromJson(toJson(value)), value)
  t.equal(fromJson(toJson(undefined)), undefined)
})
