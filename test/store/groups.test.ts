import t from 'tap'
import { openStore, scansAbout } from '../support/store.ts'

t.test('a group is found by its id and its name, with its properties', async (t) => {
  const { groups } = openStore(t)
  const group = groups.create('Physik 1', { room: 7, tags: ['a', null] })
  t.same(groups.find(group.id), group)
  t.same(groups.getByName('Physik 1'), group)
  t.equal(groups.findByName('physik 1'), undefined)
  groups.setProperties(group.id, {})
  t.same(groups.getByName('Physik 1').properties, {})
})

t.test('a name is taken once, and asking for one that is not there says so', async (t) => {
  const { groups } = openStore(t)
  groups.create('staff', {})
  t.throws(() => groups.create('staff', {}), { code: 'Conflict', message: /'staff'/ })
  t.throws(() => groups.getByName('nobody'), { code: 'NotFound', message: /'nobody'/ })
})

t.test('groups are listed part by part in the order they were made', async (t) => {
  const { groups } = openStore(t)
  for (const name of ['c', 'a', 'b']) groups.create(name, {})
  const names = (offset: number, limit: number) =>
    groups.list({ offset, limit }).map((group) => group.name)
  t.same(names(0, 2), ['c', 'a'])
  t.same(names(2, 2), ['b'])
  t.equal(groups.count(), 3)
})

t.test('members come and go, each once', async (t) => {
  const { groups, addUser } = openStore(t)
  const [ben, ana] = [addUser('ben'), addUser('ana')]
  const { id } = groups.create('staff', {})
  const other = groups.create('class', {})
  for (const user of [ben, ana, ana]) groups.addMember(id, user.id)
  groups.addMember(other.id, ana.id)
  t.same(groups.listMembers(id), ['ana', 'ben'])
  t.same(groups.listMemberIds(id).sort(), [ben.id, ana.id].sort())
  t.same(groups.listNamesOfUser('ana'), ['class', 'staff'])
  t.same(
    groups.listOfUser(ana.id).map((group) => group.name),
    ['class', 'staff'],
  )
  t.same(groups.listNamesOfUsers([ana.id, 99]), [
    { userId: ana.id, name: 'class' },
    { userId: ana.id, name: 'staff' },
  ])
  groups.removeMember(id, ana.id)
  groups.removeMember(id, ana.id)
  t.same(groups.listMembers(id), ['ben'])
  t.same(groups.listNamesOfUser('nobody'), [])
})

t.test('a user who goes leaves every group, a group that goes leaves every user', async (t) => {
  const store = openStore(t)
  const [ana, ben] = [store.addUser('ana'), store.addUser('ben')]
  const group = store.groups.create('staff', {})
  for (const { id } of [ana, ben]) store.groups.addMember(group.id, id)
  store.users.remove(ana.id)
  t.same(store.groups.listMembers(group.id), ['ben'])
  store.groups.remove(group.id)
  t.ok(store.users.find(ben.id))
  t.same(store.groups.listNamesOfUser('ben'), [])
})

t.test("the id of a group that is gone is nobody else's", async (t) => {
  const { groups } = openStore(t)
  const { id } = groups.create('old', {})
  groups.remove(id)
  t.not(groups.create('new', {}).id, id)
})

t.test('nobody who does not exist can be in a group', async (t) => {
  const { groups } = openStore(t)
  const { id } = groups.create('staff', {})
  t.throws(() => groups.addMember(id, 4711), { code: 'Conflict' })
})

t.test('only what lists all groups reads all groups', async (t) => {
  const { database } = openStore(t)
  t.same(scansAbout(database, 'groups'), [
    'select * from groups order by id limit :limit offset :offset',
    'select count(*) as count from groups',
  ])
  t.same(scansAbout(database, 'group_members'), [])
})
