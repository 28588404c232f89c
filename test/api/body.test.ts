/** Bodies: raw bytes in, a checked value out (contract §0.6). */
import t from 'tap'
import { Type } from 'typebox'
import { parse, readForm, readJson } from '../../src/api/body.ts'

const withBody = (text: string) => ({ body: Buffer.from(text) })

t.test('nothing, an empty body and null are no value', (t) => {
  for (const request of [{ body: undefined }, { body: null }, withBody(''), withBody('null')])
    t.equal(readJson(request), undefined)
  t.same(readJson(withBody('{"a":[1]}')), { a: [1] })
  t.equal(readJson(withBody('false')), false)
  for (const bad of [' ', '{', 'undefined', '{"a":1}x'])
    t.throws(() => readJson(withBody(bad)), { code: 'InvalidInput' }, JSON.stringify(bad))
  t.end()
})

t.test('a form keeps what comes twice', (t) => {
  t.same(readForm(withBody('a=1&a=2&b=%20')).getAll('a'), ['1', '2'])
  t.equal(readForm(withBody('a=1&b=%20')).get('b'), ' ')
  t.equal(readForm({ body: undefined }).size, 0)
  t.end()
})

t.test('what does not fit is named by its place, not by its value', (t) => {
  const schema = Type.Object({ names: Type.Array(Type.String()) })
  t.same(parse(schema, { names: ['a'] }), { names: ['a'] })
  try {
    parse(schema, { names: ['a', { secret: 'hunter2' }] })
    t.fail('it fits')
  } catch (thrown) {
    t.match(thrown, { code: 'InvalidInput', message: /'names\.1'/ })
    t.notMatch(String(thrown), /hunter2/)
  }
  t.end()
})

t.test('in a large value the place is not looked for, because everybody would wait', (t) => {
  const schema = Type.Object({ names: Type.Array(Type.String()) })
  const names = (count: number) => ({ names: [...Array<string>(count).fill('a name'), 1] })
  t.throws(() => parse(schema, names(900)), { message: /'names\.900' must be string/ })
  t.throws(() => parse(schema, names(1000)), {
    message: /to be told where, send at most 1000 values at once/,
  })
  const deep: unknown = JSON.parse('['.repeat(30_000) + ']'.repeat(30_000))
  t.throws(() => parse(schema, { names: [deep] }), {
    message: 'Invalid request body: does not fit',
  })
  t.end()
})
