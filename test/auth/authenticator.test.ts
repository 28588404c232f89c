/** Defining an authenticator. */
import t from 'tap'
import { Type } from 'typebox'
import { defineAuthenticator } from '../../src/auth/authenticator.ts'
import { quickNeeds } from '../conformance/authenticator.ts'

t.test('a plug-in gets its options and what it needs, and stays a value', async (t) => {
  const given: unknown[] = []
  const plugin = defineAuthenticator({
    name: 'mine',
    options: Type.Object({ word: Type.String() }),
    create: (options, needs) => {
      given.push(options.word, needs.loopback)
      return { kind: 'password', check: () => Promise.resolve(undefined) }
    },
  })
  t.same(given, [], 'defining makes nothing')
  t.equal(plugin.create({ word: 'hello' }, quickNeeds()).kind, 'password')
  t.same(given, ['hello', true])
})
