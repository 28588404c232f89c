import t from 'tap'
import { table } from '../../src/cli/table.ts'

t.test('columns are as wide as their widest cell, and no line ends in spaces', (t) => {
  t.same(
    table([
      ['NAME', 'SINCE'],
      ['annabel', 'now'],
      ['b', ''],
    ]),
    ['NAME     SINCE', 'annabel  now', 'b'],
  )
  t.end()
})

t.test('letters outside the basic plane count as one', (t) => {
  t.same(
    table([
      ['𝒳', 'a'],
      ['xx', 'b'],
    ]),
    ['𝒳   a', 'xx  b'],
  )
  t.end()
})

t.test('no rows are no lines', (t) => {
  t.same(table([]), [])
  t.end()
})
