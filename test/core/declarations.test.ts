import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { pluginSchemas } from '../../src/context.ts'
import { applyDeclarations } from '../../src/core/declarations.ts'
import { createRights } from '../../src/core/rights.ts'
import { createRoles } from '../../src/core/roles.ts'
import { createServices } from '../../src/core/services.ts'
import { createRoutes } from '../../src/proxy/routes.ts'
import { ConfigError } from '../../src/lib/errors.ts'
import { listScopes } from '../../src/model/scope.ts'
import { createClock } from '../support/clock.ts'
import { openStore } from '../support/store.ts'

function setUp(t: Test) {
  const store = openStore(t)
  const clock = createClock()
  const access = { forgetAll: () => undefined }
  const addUser = (name: string) => store.addUser(name)
  const rights = createRights({ store, clock })
  const events = { serviceAdded: () => undefined, serviceRemoved: () => undefined }
  const routes = createRoutes(() => 0)
  const needs = {
    store,
    users: { add: addUser },
    roles: createRoles({ store, access, addUser }),
    services: createServices({ store, routes, clock, access, rights, events, baseUrl: '/' }),
  }
  const apply = (declared: Record<string, unknown>) => {
    const env = Object.fromEntries(
      Object.entries(declared).map(([key, value]) => [
        `LITTLEHUB_${key.toUpperCase()}`,
        JSON.stringify(value),
      ]),
    )
    applyDeclarations(loadConfig({ env, flags: {} }, pluginSchemas), needs)
  }
  return { store, rights, apply }
}

t.test(
  'groups get members and keep those they have; properties are replaced where given',
  async (t) => {
    const { store, apply } = setUp(t)
    apply({ groups: { staff: { users: ['Ana'], properties: { room: 1 } } } })
    const staff = store.groups.getByName('staff')
    store.groups.addMember(staff.id, store.addUser('ben').id)
    apply({ groups: { staff: { users: ['eve'] } } })
    t.same(store.groups.listMembers(staff.id), ['ana', 'ben', 'eve'])
    t.same(store.groups.getByName('staff').properties, { room: 1 })
    apply({ groups: { staff: { properties: {} } } })
    t.same(store.groups.getByName('staff').properties, {})
    apply({})
    t.ok(store.groups.findByName('staff'), 'a group outlives its entry')
  },
)

t.test('a role may name a service and a group of the same configuration', async (t) => {
  const { store, rights, apply } = setUp(t)
  apply({
    admin_users: ['root'],
    groups: { staff: { users: ['ana'] } },
    services: [{ name: 'grader' }],
    roles: [{ name: 'teacher', scopes: ['list:users'], groups: ['staff'], services: ['grader'] }],
  })
  t.equal(store.users.getByName('root').admin, true)
  t.ok(listScopes(rights.ofUser(store.users.getByName('ana')).scopes).includes('list:users'))
  t.ok(
    listScopes(rights.ofService(store.services.getByName('grader')).scopes).includes('list:users'),
  )
})

t.test('§9.122 a role of a service that is not there changes nothing at all', async (t) => {
  const { store, apply } = setUp(t)
  const declared = {
    admin_users: ['root'],
    groups: { staff: {} },
    roles: [{ name: 'teacher', services: ['none'] }],
  }
  t.throws(() => apply(declared), ConfigError)
  t.equal(store.users.findByName('root'), undefined)
  t.equal(store.groups.findByName('staff'), undefined)
})
