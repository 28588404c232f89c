import t, { type Test } from 'tap'
import { createRights } from '../../src/core/rights.ts'
import { HOUR } from '../../src/lib/time.ts'
import { expandScopes } from '../../src/model/scope.ts'
import { roles } from '../../src/model/role.ts'
import { createClock } from '../support/clock.ts'
import { openStore } from '../support/store.ts'

function setUp(t: Test) {
  const store = openStore(t)
  const clock = createClock()
  const ana = store.addUser('ana')
  const give = (name: string, scopes: string[], kind: 'user' | 'group' | 'service', id: number) =>
    store.roles.assign(
      store.roles.save({ name, description: '', scopes }, { fromConfig: true }).id,
      { kind, id },
    )
  return { store, clock, ana, give, rights: createRights({ store, clock }) }
}

t.test('a user may do what is their own, an administrator everything', async (t) => {
  const { rights, ana } = setUp(t)
  t.same(rights.ofUser(ana).scopes, expandScopes(['self'], { user: 'ana' }))
  const all = rights.ofUser({ ...ana, admin: true }).scopes
  t.ok(expandScopes(roles.admin.scopes, {}).isSubsetOf(all))
  t.same(rights.listRolesOfUser(ana), ['user'])
  t.same(rights.listRolesOfUser({ ...ana, admin: true }), ['admin', 'user'])
})

t.test('roles of their own and of their groups add up, while they have them', async (t) => {
  const { rights, ana, give, store } = setUp(t)
  const group = store.groups.create('staff', {})
  give('teacher', ['list:users'], 'user', ana.id)
  give('grader', ['read:users:name!group=class', 'read:servers!user'], 'group', group.id)
  t.notOk(rights.ofUser(ana).scopes.has('read:users:name!group=class'))
  store.groups.addMember(group.id, ana.id)
  const { scopes } = rights.ofUser(ana)
  t.ok(scopes.has('list:users'))
  t.ok(rights.ofUser(ana).scopes.has('read:servers!user=ana'), 'a bare filter means the member')
  t.same(rights.listRolesOfUser(ana), ['teacher', 'user'], 'roles of groups are not their own')
  t.same(rights.listRolesOfGroup(group), ['grader'])
  store.groups.removeMember(group.id, ana.id)
  t.notOk(rights.ofUser(ana).scopes.has('read:users:name!group=class'))
})

t.test('a service may do nothing unless a role says so', async (t) => {
  const { rights, give, store, clock } = setUp(t)
  const service = store.services.save({
    ...{ name: 'grader', admin: false, url: undefined, command: [], info: {}, display: true },
    ...{ access: 'public', fromConfig: true, createdAt: clock.now() },
  })
  t.equal(rights.ofService(service).scopes.size, 0)
  give('culler', ['list:users', 'read:services!service', 'self', 'inherit'], 'service', service.id)
  t.same([...rights.ofService(service).scopes].sort(), [
    ...['list:users', 'read:services!service=grader', 'read:services:name!service=grader'],
    'read:users:name',
  ])
  t.ok(rights.ofService({ ...service, admin: true }).scopes.has('admin:users'))
  t.same(rights.listRolesOfService({ ...service, admin: true }), ['admin', 'culler'])
})

t.test('what is shared with a user or their groups is theirs until it ends', async (t) => {
  const { rights, ana, store, clock } = setUp(t)
  const owner = store.addUser('owner')
  const server = store.servers.findByName(owner.id, '')!
  const lab = store.servers.create(owner.id, 'lab')
  const group = store.groups.create('staff', {})
  store.groups.addMember(group.id, ana.id)
  const save = (serverId: number, kind: 'user' | 'group', id: number) =>
    store.shares.save({ serverId, holder: { kind, id }, scopes: ['servers'], at: clock.now() })
  save(server.id, 'user', ana.id)
  save(lab.id, 'group', group.id)
  t.ok(rights.ofUser(ana).scopes.has('read:servers!server=owner/'), 'with what it includes')
  t.ok(rights.ofUser(ana).scopes.has('servers!server=owner/lab'))
  t.equal(rights.ofUser(ana).until, undefined)
  const end = new Date(clock.now().getTime() + HOUR)
  store.database.prepare('update shares set expires_at = ? where user_id > 0').run([end.getTime()])
  t.same(rights.ofUser(ana).until, end)
  clock.advance(HOUR)
  t.notOk(rights.ofUser(ana).scopes.has('servers!server=owner/'))
})

t.test('one of the four roles is as the configuration has it', async (t) => {
  const { rights, ana, store } = setUp(t)
  t.same(rights.findRole('token'), roles.token)
  t.equal(rights.findRole('teacher'), undefined)
  const more = { ...roles.user, scopes: ['self', 'shares!user'] }
  store.roles.save(more, { fromConfig: false })
  t.match(rights.findRole('user'), more)
  t.ok(rights.ofUser(ana).scopes.has('shares!user=ana'))
})
