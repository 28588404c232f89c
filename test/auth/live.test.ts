/** An authenticator that is made anew while the hub runs. */
import t from 'tap'
import { type Authenticator } from '../../src/auth/authenticator.ts'
import { createLiveAuthenticator } from '../../src/auth/live.ts'

t.test(
  'whoever holds it asks the newest, and the one before when that cannot be made',
  async (t) => {
    const made: unknown[] = []
    const make = (options: unknown): Authenticator => {
      if (options === 'bad') throw new Error('no')
      made.push(options)
      const identity = { issuer: 'x', subject: 'x', name: String(options) }
      return { kind: 'password', check: async () => ({ identity }) }
    }
    const { authenticator, renew } = createLiveAuthenticator(make, 'one')
    const name = async (): Promise<string | undefined> => {
      if (authenticator.kind !== 'password') return undefined
      return (await authenticator.check('a', 'b', undefined))?.identity.name
    }
    t.equal(await name(), 'one')
    renew('one')
    renew('two')
    t.equal(await name(), 'two')
    t.throws(() => renew('bad'), { message: 'no' })
    t.equal(await name(), 'two')
    t.same(made, ['one', 'two'])
  },
)
