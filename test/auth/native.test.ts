/** Native accounts: right and wrong passwords, and what a stronger cost leads to. */
import t from 'tap'
import { native } from '../../src/auth/native.ts'
import {
  type AuthenticatorNeeds,
  type PasswordAuthenticator,
} from '../../src/auth/authenticator.ts'
import { createPasswords } from '../../src/lib/password.ts'
import { authenticatorContract, quickNeeds } from '../conformance/authenticator.ts'

const weak = createPasswords({ cost: 4, concurrent: 1 })
const password = 'a long enough one'

function create(needs: Partial<AuthenticatorNeeds> = {}): PasswordAuthenticator {
  const made = native.create({}, quickNeeds(needs))
  if (made.kind !== 'password') throw new Error('not a password login')
  return made
}

t.test('contract', (t) => {
  authenticatorContract(t, native, {})
  t.end()
})

t.test('the right password proves the account, by its id', async (t) => {
  const account = { userId: 7, passwordHash: await weak.hash(password) }
  const result = await create().check('ana', password, account)
  t.same(result, { identity: { issuer: 'native', subject: '7', name: 'ana' } })
})

t.test('nothing else does', async (t) => {
  const account = { userId: 7, passwordHash: await weak.hash(password) }
  for (const wrong of [
    '',
    `${password} `,
    password.toUpperCase(),
    password.slice(1),
    `${password}\0`,
  ])
    t.equal(await create().check('ana', wrong, account), undefined, wrong)
  t.equal(await create().check('ana', password, undefined), undefined, 'no account')
  t.equal(
    await create().check('ana', '', { userId: 7, passwordHash: undefined }),
    undefined,
    'no password yet',
  )
  t.equal(await create().check('ana', '', { userId: 7, passwordHash: '' }), undefined, 'no hash')
})

t.test('a name without a password costs as much as one with', async (t) => {
  const asked: string[] = []
  const passwords = {
    ...weak,
    verify: (given: string, hash: string) => {
      asked.push('verify')
      return weak.verify(given, hash)
    },
    verifyDummy: (given: string) => {
      asked.push('dummy')
      return weak.verifyDummy(given)
    },
  }
  const authenticator = create({ passwords })
  await authenticator.check('nobody', 'x', undefined)
  await authenticator.check('invited', 'x', { userId: 1, passwordHash: undefined })
  await authenticator.check('ana', 'x', { userId: 1, passwordHash: await weak.hash(password) })
  t.same(asked, ['dummy', 'dummy', 'verify'])
})

t.test(
  'a hash of a lower cost is made anew when the password is known, and only then',
  async (t) => {
    const strong = createPasswords({ cost: 5, concurrent: 1 })
    const account = { userId: 7, passwordHash: await weak.hash(password) }
    const authenticator = create({ passwords: strong })
    t.equal(await authenticator.check('ana', 'wrong', account), undefined)
    const result = await authenticator.check('ana', password, account)
    t.match(result?.newPasswordHash, /^\$2b\$05\$/)
    t.equal(await strong.verify(password, result?.newPasswordHash ?? ''), true)
    const renewed = { userId: 7, passwordHash: result?.newPasswordHash }
    t.notOk((await authenticator.check('ana', password, renewed))?.newPasswordHash)
  },
)
