import t from 'tap'
import { Value } from 'typebox/value'
import { count, flag, list, section, table, text } from '../../src/config/setting.ts'

t.test('a section of settings may be absent, and knows its own keys only', async (t) => {
  const schema = section({ on: flag(true, 'x'), names: list('x'), more: table('x') }, 'x')
  t.same(Value.Default(schema, undefined), { on: true, names: [], more: {} })
  t.notOk(Value.Check(schema, { on: true, names: [], more: {}, other: 1 }))
})

t.test('numbers are counted from nothing to a bound, texts are texts', async (t) => {
  const few = count(1, 'x', 3)
  t.same(
    [-1, 0, 3, 4, 1.5].map((value) => Value.Check(few, value)),
    [false, true, true, false, false],
  )
  t.notOk(Value.Check(text('', 'x'), 1))
})
