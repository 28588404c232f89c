/** Fields of forms and queries. */
import t from 'tap'
import { parseFields, parseQuery } from '../../src/lib/fields.ts'

t.test('fields are read as browsers write them', (t) => {
  t.same([...parseFields('a=1&a=2&b=%20+')], [['a', '1'], ['a', '2'], ['b', '  ']]) // prettier-ignore
  t.same([...parseFields('')], [])
  t.same([...parseQuery('/a?next=/b?c=1&d')], [['next', '/b?c=1'], ['d', '']]) // prettier-ignore
  t.same([...parseQuery('/a')], [])
  t.end()
})

t.test('a thousand are taken, more are refused before they are read', (t) => {
  t.equal(parseFields('a&'.repeat(999)).size, 999)
  const many = 'a&'.repeat(500_000)
  const began = process.cpuUsage().user
  t.throws(() => parseFields(many), { code: 'TooLarge', status: 413 })
  t.throws(() => parseQuery(`/a?${many}`), { code: 'TooLarge' })
  // To read them takes seconds.
  t.ok(process.cpuUsage().user - began < 1e6)
  t.end()
})
