/** Trial accounts: who gets in, how loudly it is said, and where it is refused (S-12). */
import t from 'tap'
import { dummy } from '../../src/auth/dummy.ts'
import { ConfigError } from '../../src/lib/errors.ts'
import { authenticatorContract, quickNeeds, quietLog } from '../conformance/authenticator.ts'

const open = { password: '', allow_network: false }

function create(options: typeof open, change: Parameters<typeof quickNeeds>[0] = {}) {
  const made = dummy.create(options, quickNeeds(change))
  if (made.kind !== 'password') throw new Error('not a password login')
  return made
}

t.test('contract', (t) => {
  authenticatorContract(t, dummy, open)
  t.end()
})

t.test('anybody is who they say', async (t) => {
  const identity = { issuer: 'dummy', subject: 'ana', name: 'ana' }
  t.same(await create(open).check('ana', 'anything', undefined), { identity })
  t.same(await create(open).check('ana', '', undefined), { identity })
})

t.test('with a common password, only who knows it', async (t) => {
  const authenticator = create({ ...open, password: 'geheim' })
  t.ok(await authenticator.check('ana', 'geheim', undefined))
  for (const wrong of ['', 'geheim ', 'Geheim', 'geheimgeheim', 'x'.repeat(100_000)])
    t.equal(await authenticator.check('ana', wrong, undefined), undefined)
})

t.test('it never makes an administrator', async (t) => {
  t.notOk((await create(open).check('admin', '', undefined))?.identity.admin)
})

t.test('it is said in the log and on the login page, without the password', async (t) => {
  const lines: string[] = []
  const authenticator = create({ ...open, password: 'geheim' }, { log: quietLog(lines) })
  t.match(authenticator.notice, /common password can log in as anyone/)
  t.equal(lines.length, 1)
  t.match(lines[0], /"level":40/)
  t.notMatch(lines.join(''), /geheim/)
  t.match(create(open).notice, /^Anyone can log in as anyone/)
})

t.test(
  'on an address that others can reach it is refused unless a second setting says so',
  async (t) => {
    t.throws(() => create(open, { loopback: false }), ConfigError)
    t.throws(() => create({ ...open, password: 'geheim' }, { loopback: false }), /allow_network/)
    t.ok(create({ ...open, allow_network: true }, { loopback: false }).notice)
  },
)
