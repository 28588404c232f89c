import t, { type Test } from 'tap'
import { SECOND } from '../../src/lib/time.ts'
import { type Share } from '../../src/model/share.ts'
import { at, later, openStore, scansAbout } from '../support/store.ts'

const everything = { offset: 0, limit: 100 }
const names = (shares: readonly Share[]): string[] =>
  shares.map((share) => `${share.with.kind} ${share.with.name}`)

function owners(t: Test) {
  const store = openStore(t)
  const add = (name: string) => {
    const { id } = store.addUser(name)
    return { id, serverId: store.servers.findByName(id, '')!.id }
  }
  const [ana, ben, eve] = [add('ana'), add('ben'), add('eve')]
  const lab = store.servers.create(ana.id, 'lab')
  const staff = store.groups.create('staff', {})
  const save = (serverId: number, kind: 'user' | 'group', id: number) =>
    store.shares.save({ serverId, holder: { kind, id }, scopes: ['access:servers'], at })
  return { ...store, ana, ben, eve, lab, staff, save }
}

t.test('a share says what, of which server, with whom', async (t) => {
  const { shares, save, ben, ana, lab } = owners(t)
  save(lab.id, 'user', ben.id)
  t.same(shares.find(lab.id, { kind: 'user', id: ben.id }, at), {
    id: 1,
    server: { id: lab.id, userId: ana.id, userName: 'ana', name: 'lab', ready: false },
    with: { kind: 'user', id: ben.id, name: 'ben' },
    scopes: ['access:servers!server=ana/lab'],
    createdAt: at,
    expiresAt: undefined,
  })
  t.equal(shares.find(lab.id, { kind: 'group', id: ben.id }, at), undefined)
})

t.test('saving again replaces the scopes, and user and group stay apart', async (t) => {
  const { shares, save, staff, lab, ben } = owners(t)
  save(lab.id, 'user', ben.id)
  save(lab.id, 'group', staff.id)
  const holder = { kind: 'user', id: ben.id } as const
  shares.save({ serverId: lab.id, holder, scopes: ['read:servers'], at: later(SECOND) })
  t.equal(shares.countOfServer(lab.id, at), 2)
  t.match(shares.find(lab.id, holder, at), {
    scopes: ['read:servers!server=ana/lab'],
    createdAt: at,
  })
})

t.test('what is shared with a user is theirs and that of their groups', async (t) => {
  const { shares, groups, save, ana, ben, eve, lab, staff } = owners(t)
  save(ana.serverId, 'user', ben.id)
  save(lab.id, 'group', staff.id)
  t.same(names(shares.listWithUser(ben.id, everything, at)), ['user ben'])
  groups.addMember(staff.id, ben.id)
  t.same(names(shares.listWithUser(ben.id, everything, at)), ['user ben', 'group staff'])
  t.equal(shares.countWithUser(ben.id, at), 2)
  t.same(shares.listWithUser(eve.id, everything, at), [])
  t.same(names(shares.listWithGroup(staff.id, everything, at)), ['group staff'])
  t.equal(shares.countWithGroup(staff.id, at), 1)
})

t.test('shares of a server and of all servers of its owner are listed part by part', async (t) => {
  const { shares, save, ana, ben, eve, lab, staff } = owners(t)
  save(ana.serverId, 'user', ben.id)
  save(lab.id, 'user', eve.id)
  save(lab.id, 'group', staff.id)
  save(eve.serverId, 'user', ana.id)
  const ofOwner = (offset: number, limit: number) =>
    names(shares.listOfOwner(ana.id, { offset, limit }, at))
  t.same(ofOwner(0, 2), ['user ben', 'user eve'])
  t.same(ofOwner(2, 2), ['group staff'])
  t.equal(shares.countOfOwner(ana.id, at), 3)
  t.same(names(shares.listOfServer(lab.id, everything, at)), ['user eve', 'group staff'])
})

t.test('an expired share is found nowhere', async (t) => {
  const { shares, save, database, ana, ben, lab } = owners(t)
  save(lab.id, 'user', ben.id)
  database.prepare('update shares set expires_at = ?').run([later(SECOND).getTime()])
  t.equal(shares.countWithUser(ben.id, at), 1)
  const end = later(SECOND)
  t.equal(shares.find(lab.id, { kind: 'user', id: ben.id }, end), undefined)
  t.same(shares.listWithUser(ben.id, everything, end), [])
  t.equal(shares.countOfOwner(ana.id, end), 0)
  t.same(shares.removeExpired(at, 9), [])
  t.same(shares.removeExpired(end, 9), [{ kind: 'user', id: ben.id }])
})

t.test('removing says with whom it was shared', async (t) => {
  const { shares, save, ben, lab, staff } = owners(t)
  save(lab.id, 'user', ben.id)
  save(lab.id, 'group', staff.id)
  t.same(shares.removeOfServer(lab.id), [
    { kind: 'user', id: ben.id },
    { kind: 'group', id: staff.id },
  ])
  save(lab.id, 'user', ben.id)
  shares.remove(shares.find(lab.id, { kind: 'user', id: ben.id }, at)?.id ?? 0)
  t.equal(shares.countOfServer(lab.id, at), 0)
})

t.test('§9.115 a share goes with its server, its owner, its user and its group', async (t) => {
  const { shares, servers, users, groups, save, ana, ben, eve, lab, staff } = owners(t)
  save(lab.id, 'user', ben.id)
  servers.remove(lab.id)
  t.same(shares.listWithUser(ben.id, everything, at), [])

  save(ana.serverId, 'user', ben.id)
  save(ana.serverId, 'user', eve.id)
  save(ana.serverId, 'group', staff.id)
  users.remove(ben.id)
  groups.remove(staff.id)
  t.same(names(shares.listOfOwner(ana.id, everything, at)), ['user eve'])
  users.remove(ana.id)
  t.same(shares.listWithUser(eve.id, everything, at), [])
})

t.test('a share with both a user and a group, or with neither, cannot be', async (t) => {
  const { database, lab, ben, staff } = owners(t)
  const insert = database.prepare(`
    insert into shares (server_id, user_id, group_id, scopes, created_at) values (?, ?, ?, '[]', 0)`)
  t.throws(() => insert.run([lab.id, ben.id, staff.id]), /CHECK/)
  t.throws(() => insert.run([lab.id, null, null]), /CHECK/)
})

t.test('no question about shares reads all shares', async (t) => {
  const { database } = openStore(t)
  t.same(scansAbout(database, 'shares'), [])
})
