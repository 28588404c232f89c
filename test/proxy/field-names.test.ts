/** Names of header fields. */
import t from 'tap'
import { inLowerCase, lowerNameOf } from '../../src/proxy/field-names.ts'

t.test('a name is known in lower case, whoever spells it', async (t) => {
  const names = [
    'Content-Length',
    'content-length',
    'CONTENT-length',
    'ETag',
    'X-Odd',
    'x_odd',
    '!',
  ]
  for (const name of names) {
    t.equal(lowerNameOf(name), name.toLowerCase(), name)
    t.equal(inLowerCase(name), name.toLowerCase(), name)
  }
})

t.test('what is no token is no name', async (t) => {
  const texts = [
    '',
    ' ',
    'Host ',
    ' Host',
    'Ho st',
    'Host:',
    'Host\u0000',
    'H\u00f6st',
    'a\r',
    '\n',
    '(a)',
  ]
  for (const text of texts) t.equal(lowerNameOf(text), undefined, JSON.stringify(text))
  t.equal(lowerNameOf('constructor'), 'constructor', 'nothing but what is listed is known')
})
