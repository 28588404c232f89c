import t, { type Test } from 'tap'
import { createRights } from '../../src/core/rights.ts'
import { createRoles } from '../../src/core/roles.ts'
import { ConfigError } from '../../src/lib/errors.ts'
import { listScopes } from '../../src/model/scope.ts'
import { createClock } from '../support/clock.ts'
import { openStore } from '../support/store.ts'

function setUp(t: Test) {
  const store = openStore(t)
  const clock = createClock()
  const access = { forgetAll: () => undefined }
  const roles = createRoles({ store, access, addUser: (name) => store.addUser(name) })
  const rights = createRights({ store, clock })
  const rolesOf = (name: string) => {
    const user = store.users.getByName(name)
    return rights.listRolesOfUsers([user]).get(user.id)
  }
  const addService = (name: string, admin = false) =>
    store.services.save({
      ...{ name, admin, url: undefined, command: [], info: {}, display: true },
      ...{ access: 'public', fromConfig: true, createdAt: clock.now() },
    })
  const isAdmin = (name: string) => store.users.getByName(name).admin
  return { store, roles, rights, rolesOf, addService, isAdmin }
}

t.test('§9.122 users and groups that a role names are made, services are not', async (t) => {
  const { store, roles, rolesOf } = setUp(t)
  roles.declare([{ name: 'teacher', users: ['Ana'], groups: ['staff'] }], [])
  t.same(rolesOf('ana'), ['teacher', 'user'])
  t.ok(store.groups.findByName('staff'))
  t.throws(() => roles.declare([{ name: 'other', services: ['none'] }], []), ConfigError)
  t.same(rolesOf('ana'), ['teacher', 'user'], 'nothing is changed by what fails')
})

t.test('who has a role is what the list says, and nobody where it says nothing', async (t) => {
  const { store, roles, rights, rolesOf, addService } = setUp(t)
  const grader = addService('grader')
  const all = { users: ['ana', 'ben'], groups: ['staff'], services: ['grader'] }
  roles.declare([{ name: 'teacher', ...all }], [])
  t.same(rights.listRolesOfService(grader), ['teacher'])
  roles.declare([{ name: 'teacher', users: ['ben'] }], [])
  t.same(rolesOf('ana'), ['user'])
  t.same(rolesOf('ben'), ['teacher', 'user'])
  t.same(rights.listRolesOfService(grader), [])
  t.same(rights.listRolesOfGroup(store.groups.getByName('staff')), [])
})

t.test(
  'a role that is declared no more is gone, and a changed default role is what it was',
  async (t) => {
    const { store, roles, rights, rolesOf } = setUp(t)
    roles.declare(
      [
        { name: 'teacher', users: ['ana'] },
        { name: 'user', scopes: ['read:hub'] },
      ],
      [],
    )
    t.same(rights.findRole('user')?.scopes, ['read:hub'])
    roles.declare([], [])
    t.same(rolesOf('ana'), ['user'])
    t.equal(rights.findRole('teacher'), undefined)
    t.same(rights.findRole('user')?.scopes, ['self'])
    t.same(
      store.roles.list().map(({ name }) => name),
      ['admin', 'server', 'token', 'user'],
    )
  },
)

t.test('everybody keeps the role user, whoever it lists', async (t) => {
  const { roles, rolesOf, store } = setUp(t)
  store.addUser('ana')
  roles.declare([{ name: 'user', users: ['ben'], scopes: ['self', 'shares!user'] }], [])
  t.same(rolesOf('ana'), ['user'])
  t.same(rolesOf('ben'), ['user'])
})

t.test('§9.120 the list of the role admin is exact, and leaving it out only adds', async (t) => {
  const { roles, isAdmin, rolesOf, store } = setUp(t)
  for (const name of ['ana', 'ben']) store.users.setAdmin(store.addUser(name).id, true)
  roles.declare([], ['eve'])
  t.same(['ana', 'ben', 'eve'].map(isAdmin), [true, true, true])
  roles.declare([{ name: 'admin', groups: ['staff'] }], [])
  t.same(['ana', 'ben', 'eve'].map(isAdmin), [true, true, true])
  roles.declare([{ name: 'admin', users: ['ana'] }], ['eve'])
  t.same(['ana', 'ben', 'eve'].map(isAdmin), [true, false, true])
  t.same(rolesOf('ben'), ['user'])
  t.same(rolesOf('ana'), ['admin', 'user'])
})

t.test('§9.120 the same for services', async (t) => {
  const { roles, store, addService } = setUp(t)
  for (const name of ['a', 'b']) addService(name, name === 'a')
  const admins = () => store.services.list().map(({ admin }) => admin)
  roles.declare([{ name: 'admin' }], [])
  t.same(admins(), [true, false])
  roles.declare([{ name: 'admin', services: ['b'] }], [])
  t.same(admins(), [false, true])
})

t.test(
  'the members of a group with the role admin may do everything, without being called so',
  async (t) => {
    const { roles, rights, store, isAdmin } = setUp(t)
    roles.declare([{ name: 'admin', groups: ['staff'] }], [])
    const ana = store.addUser('ana')
    store.groups.addMember(store.groups.getByName('staff').id, ana.id)
    t.ok(listScopes(rights.ofUser(ana).scopes).includes('admin:users'))
    t.notOk(isAdmin('ana'))
  },
)
