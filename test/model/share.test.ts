import t from 'tap'
import { bareShareScopes, checkCodeValidity, scopesOnServer } from '../../src/model/share.ts'

t.test('scopes of a share are about its server, with or without saying so', async (t) => {
  const asked = ['read:servers', 'access:servers!server=ana/lab', 'access:servers']
  t.same(bareShareScopes(asked, 'ana/lab'), ['access:servers', 'read:servers'])
  t.same(scopesOnServer(['access:servers'], 'ana/'), ['access:servers!server=ana/'])
})

t.test('§9.131 a scope with any other filter is refused, and so is an unknown one', async (t) => {
  for (const scope of [
    'access:servers!server=ana/',
    'access:servers!server=ana/lab2',
    'access:servers!user=ana',
    'access:servers!server',
    'access:servers!server=ana/lab!server=ana/lab',
    'access:servers!',
    'no:such',
    '',
    'self',
    'inherit',
  ])
    t.throws(() => bareShareScopes([scope], 'ana/lab'), { code: 'InvalidInput' }, scope)
})

t.test('§9.132 a code lasts from a minute to a year', async (t) => {
  const year = 31_536_000
  for (const seconds of [60, 86_400, year]) t.doesNotThrow(() => checkCodeValidity(seconds))
  for (const seconds of [59, year + 1, 0, -1, 60.5, NaN, Infinity])
    t.throws(() => checkCodeValidity(seconds), { code: 'InvalidInput', message: /60 to 31536000/ })
})
