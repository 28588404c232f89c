/** Forms and queries of a request. */
import t from 'tap'
import { formOf, namesIn, queryOf } from '../../src/web/form.ts'

t.test('a form is read from the raw body', async (t) => {
  const form = formOf({ body: Buffer.from('name=al%C3%A9+x&password=a%26b') })
  t.equal(form.get('name'), 'alé x')
  t.equal(form.get('password'), 'a&b')
})

t.test('what is no form has no fields', async (t) => {
  for (const body of [undefined, null, '', { name: 'ana' }]) t.equal(formOf({ body }).size, 0)
  t.equal(formOf({ body: Buffer.from([0xff, 0xfe]) }).get('name'), null)
})

t.test('the query is what follows the first question mark', async (t) => {
  t.equal(queryOf({ url: '/a?next=/b?c=1' }).get('next'), '/b?c=1')
  t.equal(queryOf({ url: '/a' }).size, 0)
})

t.test('a pasted list has one name a line, or commas or semicolons between', async (t) => {
  t.same(namesIn(' ana\r\n\nben, carl ;dora\n'), ['ana', 'ben', 'carl', 'dora'])
  t.same(namesIn(' ,;\n'), [])
  t.same(namesIn(null), [])
})

t.test('too many fields are refused once, and then there are none', async (t) => {
  const request = { body: Buffer.from('a&'.repeat(2000)), url: `/x?${'a&'.repeat(2000)}` }
  for (const fieldsOf of [() => formOf(request), () => queryOf(request)]) {
    t.throws(fieldsOf, { code: 'TooLarge' })
    t.equal(fieldsOf().size, 0)
  }
})
