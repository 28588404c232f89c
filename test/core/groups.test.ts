import t, { type Test } from 'tap'
import { createGroups } from '../../src/core/groups.ts'
import { openStore } from '../support/store.ts'

function setUp(t: Test) {
  const store = openStore(t)
  const forgotten: number[] = []
  const users = ['ana', 'ben', 'eve'].map((name) => store.addUser(name))
  const access = {
    forget: (id: number) => void forgotten.push(id),
    forgetAll: () => void forgotten.push(...users.map(({ id }) => id)),
  }
  const groups = createGroups({ store, access })
  return { store, groups, users, forgotten }
}

t.test('groups are made with the same members, all or none', async (t) => {
  const { store, groups, forgotten, users } = setUp(t)
  const made = groups.createMany(['a', 'b'], ['Ana', 'ben'])
  t.same(
    made.map(({ id }) => store.groups.listMembers(id)),
    [
      ['ana', 'ben'],
      ['ana', 'ben'],
    ],
  )
  t.same(forgotten.sort(), [users[0]!.id, users[1]!.id])
  t.throws(() => groups.createMany(['c', 'b']), {
    code: 'Conflict',
    message: 'Group b already exists',
  })
  t.throws(() => groups.createMany(['c', 'c']), { code: 'Conflict' })
  t.equal(store.groups.count(), 2, 'nothing of the failed ones stays')
})

t.test('§9.127 a group with an unknown user is not made', async (t) => {
  const { store, groups } = setUp(t)
  t.throws(() => groups.createMany(['a'], ['ana', 'nobody']), {
    code: 'InvalidInput',
    message: 'No such user: nobody',
  })
  t.throws(() => groups.createMany(['a'], ['a/b']), { code: 'InvalidInput' })
  t.throws(() => groups.createMany(['a/b']), { code: 'InvalidInput' })
  t.equal(store.groups.count(), 0)
})

t.test(
  '§9.127 removing users who are not in the group, and adding those who are, is fine',
  async (t) => {
    const { store, groups, forgotten, users } = setUp(t)
    const [group] = groups.createMany(['a'], ['ana'])
    groups.addUsers(group!, ['ana', 'ben'])
    groups.removeUsers(group!, ['eve', 'ana'])
    t.same(store.groups.listMembers(group!.id), ['ben'])
    t.ok(forgotten.includes(users[1]!.id))
    t.throws(() => groups.addUsers(group!, ['eve', 'nobody']), { code: 'InvalidInput' })
    t.throws(() => groups.removeUsers(group!, ['ben', 'nobody']), { code: 'InvalidInput' })
    t.same(store.groups.listMembers(group!.id), ['ben'])
  },
)

t.test('§9.127 removing a group keeps its users, who are known anew at once', async (t) => {
  const { store, groups, users, forgotten } = setUp(t)
  const [group] = groups.createMany(['a'], ['ana'])
  forgotten.splice(0)
  groups.remove(group!)
  t.ok(store.users.findByName('ana'))
  t.ok(forgotten.includes(users[0]!.id))
  t.equal(store.groups.findByName('a'), undefined)
})

t.test('§9.128 properties are an object, replaced as a whole', async (t) => {
  const { store, groups } = setUp(t)
  const [group] = groups.createMany(['a'])
  groups.setProperties(group!, { old: 1 })
  t.same(groups.setProperties(group!, { room: [7] }).properties, { room: [7] })
  t.same(store.groups.getByName('a').properties, { room: [7] })
  for (const wrong of [[], 'a', 1, null, undefined])
    t.throws(() => groups.setProperties(group!, wrong), { code: 'InvalidInput' })
})

t.test('§9.129 a login sets the groups of its user exactly', async (t) => {
  const { store, groups, users, forgotten } = setUp(t)
  groups.createMany(['old', 'kept'], ['ana', 'ben'])
  groups.syncUser(users[0]!, ['kept', 'new'])
  t.same(store.groups.listNamesOfUser('ana'), ['kept', 'new'])
  t.same(store.groups.listNamesOfUser('ben'), ['kept', 'old'], 'others are left alone')
  t.ok(forgotten.includes(users[0]!.id))
  t.throws(() => groups.syncUser(users[0]!, ['a/b']), { code: 'InvalidInput' })
  t.same(store.groups.listNamesOfUser('ana'), ['kept', 'new'])
})
