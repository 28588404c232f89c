import t, { type Test } from 'tap'
import { createRights, type RightsUser } from '../../src/core/rights.ts'
import { HOUR } from '../../src/lib/time.ts'
import { expandScopes, listScopes } from '../../src/model/scope.ts'
import { roles } from '../../src/model/role.ts'
import { createClock } from '../support/clock.ts'
import { openStore } from '../support/store.ts'

const isSubset = (one: readonly string[], other: readonly string[]): boolean =>
  new Set(one).isSubsetOf(new Set(other))

function setUp(t: Test) {
  const store = openStore(t)
  const clock = createClock()
  const ana = store.addUser('ana')
  const give = (name: string, scopes: string[], kind: 'user' | 'group' | 'service', id: number) =>
    store.roles.assign(
      store.roles.save({ name, description: '', scopes }, { fromConfig: true }).id,
      { kind, id },
    )
  const rights = createRights({ store, clock })
  const scopesOf = (user: RightsUser): string[] => listScopes(rights.ofUser(user).scopes)
  const rolesOf = (user: RightsUser) => rights.listRolesOfUsers([user]).get(user.id)
  return { store, clock, ana, give, rights, scopesOf, rolesOf }
}

t.test('a user may do what is their own, an administrator everything', async (t) => {
  const { rights, ana, scopesOf, rolesOf } = setUp(t)
  t.same(rights.ofUser(ana).scopes, expandScopes(['self'], { user: 'ana' }))
  const all = listScopes(expandScopes(roles.admin.scopes, {}))
  t.ok(isSubset(all, scopesOf({ ...ana, admin: true })))
  t.same(rolesOf(ana), ['user'])
  t.same(rolesOf({ ...ana, admin: true }), ['admin', 'user'])
})

t.test('roles of their own and of their groups add up, while they have them', async (t) => {
  const { rights, ana, give, store, scopesOf, rolesOf } = setUp(t)
  const group = store.groups.create('staff', {})
  give('teacher', ['list:users'], 'user', ana.id)
  give('grader', ['read:users:name!group=class', 'read:servers!user'], 'group', group.id)
  t.notOk(scopesOf(ana).includes('read:users:name!group=class'))
  store.groups.addMember(group.id, ana.id)
  t.ok(scopesOf(ana).includes('list:users'))
  t.ok(scopesOf(ana).includes('read:servers!user=ana'), 'a bare filter means the member')
  t.same(rolesOf(ana), ['teacher', 'user'], 'roles of groups are not their own')
  t.same(rights.listRolesOfGroup(group), ['grader'])
  store.groups.removeMember(group.id, ana.id)
  t.notOk(scopesOf(ana).includes('read:users:name!group=class'))
})

t.test('a service may do nothing unless a role says so', async (t) => {
  const { rights, give, store, clock } = setUp(t)
  const service = store.services.save({
    ...{ name: 'grader', admin: false, url: undefined, command: [], info: {}, display: true },
    ...{ access: 'public', fromConfig: true, createdAt: clock.now() },
  })
  t.same(rights.ofService(service).scopes, [])
  give('culler', ['list:users', 'read:services!service', 'self', 'inherit'], 'service', service.id)
  t.same(listScopes(rights.ofService(service).scopes), [
    ...['list:users', 'read:services!service=grader', 'read:services:name!service=grader'],
    'read:users:name',
  ])
  const administrator = rights.ofService({ ...service, admin: true })
  t.ok(listScopes(administrator.scopes).includes('admin:users'))
  t.same(rights.listRolesOfService({ ...service, admin: true }), ['admin', 'culler'])
})

t.test('what is shared with a user or their groups is theirs until it ends', async (t) => {
  const { rights, ana, store, clock, scopesOf } = setUp(t)
  const owner = store.addUser('owner')
  const server = store.servers.findByName(owner.id, '')!
  const lab = store.servers.create(owner.id, 'lab')
  const group = store.groups.create('staff', {})
  store.groups.addMember(group.id, ana.id)
  const save = (serverId: number, kind: 'user' | 'group', id: number) =>
    store.shares.save({ serverId, holder: { kind, id }, scopes: ['servers'], at: clock.now() })
  save(server.id, 'user', ana.id)
  save(lab.id, 'group', group.id)
  t.ok(scopesOf(ana).includes('read:servers!server=owner/'), 'with what it includes')
  t.ok(scopesOf(ana).includes('servers!server=owner/lab'))
  t.same(rights.byRolesOfUser(ana), expandScopes(['self'], { user: 'ana' }), 'by no role')
  t.equal(rights.ofUser(ana).until, undefined)
  const end = new Date(clock.now().getTime() + HOUR)
  store.database.prepare('update shares set expires_at = ? where user_id > 0').run([end.getTime()])
  t.same(rights.ofUser(ana).until, end)
  clock.advance(HOUR)
  t.notOk(scopesOf(ana).includes('servers!server=owner/'))
})

t.test('one of the four roles is as the configuration has it', async (t) => {
  const { rights, ana, store, scopesOf } = setUp(t)
  t.same(rights.findRole('token'), roles.token)
  t.equal(rights.findRole('teacher'), undefined)
  const more = { ...roles.user, scopes: ['self', 'shares!user'] }
  store.roles.save(more, { fromConfig: false })
  t.match(rights.findRole('user'), more)
  t.ok(scopesOf(ana).includes('shares!user=ana'))
})
