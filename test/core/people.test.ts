import t from 'tap'
import { createCore } from '../support/core.ts'

t.test('a change of groups, roles and shares is felt at the next request', async (t) => {
  const core = createCore(t)
  const { access, groups, roles, shares, store } = core.context
  const [ana, ben, admin] = ['ana', 'ben', 'admin'].map((name) => core.addUser(name))
  const session = core.logIn(ben!)
  const can = (scope: string, target?: { server: string } | { user: string }) =>
    access.can(core.asSession(session), scope, target)

  const own = { server: 'ana/' }
  t.notOk(can('access:servers', own))
  const issuer = core.asSession(core.logIn(admin!))!.scopes
  shares.grant({ userName: ana!.name, name: '' }, { with: { user: 'ben' }, issuer })
  t.ok(can('access:servers', own))
  shares.revokeAll({ userName: 'ana', name: '' })
  t.notOk(can('access:servers', own))

  roles.declare(
    [{ name: 'teacher', scopes: ['list:users', 'servers!group=class'], groups: ['staff'] }],
    [],
  )
  t.notOk(can('list:users'))
  groups.addUsers(store.groups.getByName('staff'), ['ben'])
  t.ok(can('list:users'))
  t.notOk(can('servers', own))
  groups.createMany(['class'], ['ana'])
  t.ok(can('servers', own), 'a filter by group means whoever is in it now')
  groups.remove(store.groups.getByName('staff'))
  t.notOk(can('list:users'), '§9.127 members lose its role immediately')
})

t.test('a service is who its token says, and may do what its roles say', async (t) => {
  const core = createCore(t)
  const { access, roles, services, store } = core.context
  services.declare([{ name: 'culler', apiToken: 'secret-of-the-culler', command: [] }])
  const caller = (secret: string) => access.identifyService({ authorization: `token ${secret}` })
  const culler = caller('secret-of-the-culler')
  t.equal(culler?.service.name, 'culler')
  t.throws(() => access.require(culler, ['list:users']), { code: 'Forbidden' })
  roles.declare([{ name: 'cull', scopes: ['list:users'], services: ['culler'] }], [])
  t.equal(access.require(caller('secret-of-the-culler'), ['list:users']).service.name, 'culler')
  t.equal(core.asToken('secret-of-the-culler'), undefined, 'it is no user')
  t.equal(caller('secret-of-nobody'), undefined)
  t.equal(access.identifyService({}), undefined)
  core.context.activity.flush()
  const { id } = store.services.getByName('culler')
  t.same(store.serviceTokens.listOf(id)[0]?.lastActivityAt, core.clock.now())
})

t.test('§9.40 a token that inherits has what its owner has at this moment', async (t) => {
  const core = createCore(t)
  const { roles, tokens, access } = core.context
  const ana = core.addUser('ana')
  const teacher = { name: 'teacher', scopes: ['list:users'] }
  roles.declare([{ ...teacher, users: ['ana'] }], [])
  const { secret } = tokens.issue({ user: ana, note: '' })
  const can = () => access.can(core.asToken(secret), 'list:users')
  t.ok(can())
  roles.declare([teacher], [])
  t.notOk(can())
  roles.declare([{ ...teacher, users: ['ana'] }], [])
  t.ok(can())
})

t.test('a token that a service got by OAuth opens this service, if its owner may', async (t) => {
  const core = createCore(t)
  const { services, tokens, access, roles } = core.context
  services.declare([{ name: 'grader', url: 'http://127.0.0.1:1', command: [] }])
  const ana = core.addUser('ana')
  const { secret } = tokens.issueForClient({
    ...{ user: ana, clientId: 'service-grader', scopes: [], expiresInSeconds: 60 },
    sessionPublicId: undefined,
  })
  const can = (service: string) => access.can(core.asToken(secret), 'access:services', { service })
  t.notOk(can('grader'))
  roles.declare([{ name: 'user', scopes: ['self', 'access:services'] }], [])
  t.ok(can('grader'))
  t.notOk(can('other'))
})

t.test('what is shared until some time is not there any more at that time', async (t) => {
  const core = createCore(t)
  const { access, store, shares } = core.context
  const [, ben, admin] = ['ana', 'ben', 'admin'].map((name) => core.addUser(name))
  const session = core.logIn(ben!)
  const issuer = core.asSession(core.logIn(admin!))!.scopes
  const share = shares.grant({ userName: 'ana', name: '' }, { with: { user: 'ben' }, issuer })
  const end = core.clock.now().getTime() + 60_000
  core.database.prepare('update shares set expires_at = ? where id = ?').run([end, share.id])
  access.forget(ben!.id)
  const can = () => access.can(core.asSession(session), 'access:servers', { server: 'ana/' })
  t.ok(can())
  core.clock.advance(60_000)
  t.notOk(can(), 'although nobody forgot who this is')
  t.equal(store.shares.countWithUser(ben!.id, core.clock.now()), 0)
})
