/** As whom a server runs. */
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { createAccounts } from '../../src/spawn/account.ts'
import { dataFolder, rootOnly } from './support.ts'

const ana = { id: 7, name: 'ana', slug: 'ana' }
const range = { run_as: 'range', first_uid: 1_500_000 } as const

t.test(
  'a user of the range keeps a uid and a home, which is closed again at every start',
  rootOnly,
  async (t) => {
    const homes = path.join(dataFolder(t), 'homes')
    const accounts = createAccounts(range, homes)
    const first = await accounts.of(ana)
    t.match(first, { uid: 1_500_007, gid: 1_500_007, name: 'ana', home: path.join(homes, 'ana') })
    t.same(first.switchTo, { uid: 1_500_007, gid: 1_500_007 })
    chmodSync(first.home, 0o755)
    t.same(await accounts.of(ana), first)
    t.match(statSync(first.home), { uid: 1_500_007, gid: 1_500_007 })
    t.equal(statSync(first.home).mode & 0o777, 0o700)
  },
)

t.test('a name that is no folder name leaves the folder of homes for its slug', async (t) => {
  const homes = path.join(dataFolder(t), 'homes')
  const user = { id: 8, name: '../../x', slug: 'x--0123' }
  const { home } = await createAccounts({ ...range, run_as: 'self' }, homes).of(user)
  t.equal(home, path.join(homes, 'x--0123'))
})

t.test('a uid beyond what programs can count is refused', rootOnly, async (t) => {
  const accounts = createAccounts(range, path.join(dataFolder(t), 'homes'))
  await t.rejects(accounts.of({ ...ana, id: 2 ** 31 }), { message: /no uid left/ })
})

t.test('as the hub itself, servers have its uid and still a home per user', async (t) => {
  const homes = path.join(dataFolder(t), 'homes')
  const account = await createAccounts({ ...range, run_as: 'self' }, homes).of(ana)
  const { uid, gid, username } = userInfo()
  t.match(account, { uid, gid, name: username, home: path.join(homes, 'ana'), through: [] })
  t.equal(account.switchTo, undefined)
})

t.test('where the hub has a helper of root, nobody runs as the hub', async (t) => {
  const homes = path.join(dataFolder(t), 'homes')
  const helper = path.join(dataFolder(t), 'helper.sock')
  const accounts = createAccounts({ ...range, run_as: 'self' }, homes, helper)
  t.match(await accounts.of(ana), { name: userInfo().username })
  writeFileSync(helper, '')
  await t.rejects(accounts.of(ana), {
    code: 'Unavailable',
    message: /servers would run as the hub itself\. Set spawner\.type to systemd/,
  })
})

t.test('a file in the place of a home, and homes that are not there, are refused', async (t) => {
  const dataDir = dataFolder(t)
  writeFileSync(path.join(dataDir, 'homes', 'ana'), '')
  const refused = {
    code: 'Unavailable',
    message: /^The home folder .* (?:is not a folder|cannot be used)\.$/,
  }
  const self = { ...range, run_as: 'self' } as const
  await t.rejects(createAccounts(self, path.join(dataDir, 'homes')).of(ana), refused)
  await t.rejects(createAccounts(self, path.join(dataDir, 'missing')).of(ana), refused)
  mkdirSync(path.join(dataDir, 'missing'))
  await t.resolves(createAccounts(self, path.join(dataDir, 'missing')).of(ana))
})

t.test('an account that may not or cannot be used as unix account is refused', async (t) => {
  const accounts = createAccounts({ ...range, run_as: 'unix' }, '/nowhere')
  const as = (name: string, slug = name) => accounts.of({ id: 1, name, slug })
  await t.rejects(as('root'), { message: /belongs to the system/ })
  await t.rejects(as('daemon'), { message: /belongs to the system/ })
  await t.rejects(as('no-such-account'), { message: 'There is no unix account no-such-account.' })
  // A number is a uid to getent, and would find root.
  await t.rejects(as('0', 'u--00'), { message: 'There is no unix account u--00.' })
})
