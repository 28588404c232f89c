import t from 'tap'
import { at, openStore, scansAbout } from '../support/store.ts'

const role = (name: string, ...scopes: string[]) => ({ name, description: `the ${name}`, scopes })
const service = {
  name: 'grader',
  admin: false,
  url: undefined,
  command: [],
  info: {},
  display: true,
  access: 'public',
  fromConfig: true,
  createdAt: at,
} as const

t.test('a role is written down once and can be written anew, keeping who has it', async (t) => {
  const { roles, addUser } = openStore(t)
  const ana = { kind: 'user', id: addUser('ana').id } as const
  const first = roles.save(role('teacher', 'list:users'), { fromConfig: true })
  roles.assign(first.id, ana)
  const second = roles.save(role('teacher', 'read:hub'), { fromConfig: false })
  t.equal(second.id, first.id)
  t.same(roles.findByName('teacher'), { ...role('teacher', 'read:hub'), id: 1, fromConfig: false })
  t.same(roles.listOf(ana), [second])
  t.same(roles.listNamesOfUsers([ana.id, 99]), [{ userId: ana.id, name: 'teacher' }])
  t.equal(roles.findByName('pupil'), undefined)
})

t.test('users, groups and services hold roles, each their own', async (t) => {
  const { roles, groups, services, addUser } = openStore(t)
  const holders = [
    { kind: 'user', id: addUser('ana').id },
    { kind: 'group', id: groups.create('staff', {}).id },
    { kind: 'service', id: services.save(service).id },
  ] as const
  for (const holder of holders) {
    const { id } = roles.save(role(`${holder.kind}-role`), { fromConfig: true })
    roles.assign(id, holder)
    roles.assign(id, holder)
    t.same(
      roles.listOf(holder).map(({ name }) => name),
      [`${holder.kind}-role`],
    )
    t.same(roles.listHolders(id, holder.kind), [holder.id])
    roles.strip(id, holder)
    t.same(roles.listOf(holder), [])
  }
  t.equal(roles.list().length, 3)
})

t.test('members have the roles of their groups while they are members', async (t) => {
  const { roles, groups, addUser } = openStore(t)
  const ana = addUser('ana')
  const teacher = roles.save(role('teacher'), { fromConfig: true })
  const both = ['a', 'b'].map((name) => groups.create(name, {}))
  for (const { id } of both) {
    groups.addMember(id, ana.id)
    roles.assign(teacher.id, { kind: 'group', id })
  }
  t.same(roles.listOfGroupsOf(ana.id), [teacher], 'each role once')
  t.same(roles.listOf({ kind: 'user', id: ana.id }), [])
  for (const { id } of both) groups.removeMember(id, ana.id)
  t.same(roles.listOfGroupsOf(ana.id), [])
})

t.test('no assignment outlives the role or who holds it', async (t) => {
  const store = openStore(t)
  const { roles, groups, services, users } = store
  const teacher = roles.save(role('teacher'), { fromConfig: true })
  const ana = store.addUser('ana')
  const group = groups.create('staff', {})
  const { id: serviceId } = services.save(service)
  roles.assign(teacher.id, { kind: 'user', id: ana.id })
  roles.assign(teacher.id, { kind: 'group', id: group.id })
  roles.assign(teacher.id, { kind: 'service', id: serviceId })
  users.remove(ana.id)
  groups.remove(group.id)
  services.remove(serviceId)
  for (const kind of ['user', 'group', 'service'] as const)
    t.same(roles.listHolders(teacher.id, kind), [])

  const ben = { kind: 'user', id: store.addUser('ben').id } as const
  roles.assign(teacher.id, ben)
  roles.remove(teacher.id)
  t.same(roles.listOf(ben), [])
})

t.test('only what lists all roles reads all roles', async (t) => {
  const { database } = openStore(t)
  t.same(scansAbout(database, 'roles'), ['select * from roles order by name'])
  for (const table of ['user_roles', 'group_roles', 'service_roles'])
    t.same(scansAbout(database, table), [])
})
