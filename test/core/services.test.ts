import t, { type Test } from 'tap'
import { createRights } from '../../src/core/rights.ts'
import { createServices } from '../../src/core/services.ts'
import { hashSecret } from '../../src/lib/secret.ts'
import { roles } from '../../src/model/role.ts'
import { createScopeSet, expandScopes, type ScopeSet } from '../../src/model/scope.ts'
import { type TokenHash } from '../../src/model/token.ts'
import { createRoutes } from '../../src/proxy/routes.ts'
import { createClock } from '../support/clock.ts'
import { openStore } from '../support/store.ts'

const may = (...scopes: string[]): ScopeSet => createScopeSet(expandScopes(scopes, {}), () => [])
const admin = may(...roles.admin.scopes)

function setUp(t: Test) {
  const store = openStore(t)
  const clock = createClock()
  const routes = createRoutes(() => 0)
  const reported: string[] = []
  const services = createServices({
    store,
    routes,
    clock,
    access: { forgetAll: () => void reported.push('forgotten') },
    rights: createRights({ store, clock }),
    events: {
      serviceAdded: (name) => void reported.push(`added ${name}`),
      serviceRemoved: (name) => void reported.push(`removed ${name}`),
    },
    baseUrl: '/',
  })
  const holderOf = (secret: string) =>
    store.serviceTokens.findByHash(hashSecret(secret) as TokenHash, clock.now())?.serviceName
  return { store, routes, services, reported, holderOf }
}

t.test('a service with a URL is an OAuth client, and its token is the secret', async (t) => {
  const { store, services, holderOf } = setUp(t)
  const url = 'http://127.0.0.1:9000'
  services.declare([{ name: 'grader', url, apiToken: 'a-long-secret', command: [] }])
  t.match(store.services.getByName('grader'), {
    url,
    admin: false,
    access: 'public',
    display: true,
  })
  t.equal(holderOf('a-long-secret'), 'grader')
  t.match(store.oauthProvider.findClient('service-grader'), {
    redirectUri: '/services/grader/oauth_callback',
    secretHash: hashSecret('a-long-secret'),
    allowedScopes: [],
    noConfirm: false,
  })
})

t.test('a service without a URL and OAuth settings is none', async (t) => {
  const { store, services } = setUp(t)
  services.declare([{ name: 'culler', command: ['cull'] }])
  const { id, command } = store.services.getByName('culler')
  t.same(command, ['cull'])
  t.equal(store.oauthProvider.findClientOfService(id), undefined)
  t.same(store.serviceTokens.listOf(id), [])
})

t.test('what the configuration says anew holds, and what it says no more is gone', async (t) => {
  const { store, services, holderOf } = setUp(t)
  const url = 'http://127.0.0.1:9000'
  services.declare([
    { name: 'a', url, apiToken: 'first-secret', command: [] },
    { name: 'b', apiToken: 'b-has-a-secret', command: [] },
  ])
  const { id } = store.services.getByName('a')
  services.declare([
    { name: 'a', url, apiToken: 'second-secret', oauthClientId: 'service-x', command: [] },
  ])
  t.equal(store.services.getByName('a').id, id)
  t.equal(holderOf('first-secret'), undefined)
  t.equal(holderOf('second-secret'), 'a')
  t.equal(holderOf('b-has-a-secret'), undefined)
  t.equal(store.services.findByName('b'), undefined)
  t.equal(store.oauthProvider.findClient('service-a'), undefined)
  t.ok(store.oauthProvider.findClient('service-x'))
  services.declare([{ name: 'a', command: [] }])
  t.equal(store.oauthProvider.findClient('service-x'), undefined)
})

t.test('two services may exchange their tokens', async (t) => {
  const { services, holderOf } = setUp(t)
  const declare = (first: string, second: string) =>
    services.declare([
      { name: 'a', apiToken: first, command: [] },
      { name: 'b', apiToken: second, command: [] },
    ])
  declare('secret-one', 'secret-two')
  declare('secret-two', 'secret-one')
  t.equal(holderOf('secret-one'), 'b')
  t.equal(holderOf('secret-two'), 'a')
})

t.test(
  '§9.130 a service added while the hub runs survives the next start, until it is removed',
  async (t) => {
    const { store, services, reported, holderOf } = setUp(t)
    const service = services.add(
      { name: 'later', apiToken: 'chosen-secret' },
      may('admin:services'),
    )
    t.equal(holderOf('chosen-secret'), 'later')
    services.declare([])
    t.same(store.services.findByName('later'), service)
    services.remove(service)
    t.equal(holderOf('chosen-secret'), undefined)
    t.same(reported, ['added later', 'forgotten', 'forgotten', 'removed later'])
  },
)

t.test('§9.130 what exists is a conflict, what the configuration declares stays', async (t) => {
  const { store, services } = setUp(t)
  services.declare([{ name: 'a', oauthClientId: 'service-taken', command: [] }])
  t.throws(() => services.add({ name: 'a' }, admin), { code: 'Conflict', status: 409 })
  t.throws(() => services.add({ name: 'taken', url: 'http://a' }, admin), { code: 'Conflict' })
  t.throws(() => services.remove(store.services.getByName('a')), {
    code: 'NotAllowed',
    status: 405,
  })
  t.ok(store.services.findByName('a'))
})

t.test('§9.130 nobody registers what has more power than they have', async (t) => {
  const { store, services } = setUp(t)
  for (const power of [{ admin: true }, { oauthNoConfirm: true }]) {
    const spec = { name: 'strong', url: 'http://a', ...power }
    t.throws(() => services.add(spec, may('admin:services', 'admin:users')), {
      code: 'InvalidInput',
      status: 400,
    })
    t.equal(store.services.findByName('strong'), undefined)
    services.remove(services.add(spec, admin))
  }
})

t.test('§9.38 a service that is wrong is not half made', async (t) => {
  const { store, services } = setUp(t)
  for (const spec of [
    { name: 'a', apiToken: '1234567' },
    { name: ' a' },
    { name: 'a', url: 'ftp://x' },
    { name: 'a', oauthClientAllowedScopes: ['no:such'] },
  ])
    t.throws(() => services.add(spec, admin), { code: 'InvalidInput' })
  services.add({ name: 'first', apiToken: 'the-same-secret' }, admin)
  t.throws(() => services.add({ name: 'a', apiToken: 'the-same-secret' }, admin), {
    code: 'Conflict',
  })
  t.equal(store.services.findByName('a'), undefined)
})

t.test(
  '§9.103 a role among the scopes that a service may ask for stands for its scopes',
  async (t) => {
    const { store, services } = setUp(t)
    const oauthClientAllowedScopes = ['user', 'read:hub']
    services.declare([{ name: 'a', oauthClientAllowedScopes, command: [] }])
    t.same(store.oauthProvider.findClient('service-a')?.allowedScopes, ['self', 'read:hub'])
  },
)

t.test('a new token takes the place of all others, for the OAuth client as well', async (t) => {
  const { store, services, holderOf } = setUp(t)
  services.declare([{ name: 'a', url: 'http://a', apiToken: 'first-secret', command: ['run'] }])
  const secret = services.renewToken(store.services.getByName('a'))
  t.equal(holderOf(secret), 'a')
  t.equal(holderOf('first-secret'), undefined)
  t.equal(store.oauthProvider.findClient('service-a')?.secretHash, hashSecret(secret))
})

t.test('a token that the hub made for a program lasts until its next start', async (t) => {
  const { store, services, holderOf } = setUp(t)
  const managed = { name: 'a', url: 'http://127.0.0.1:9000', command: ['run'] }
  const clientSecret = () => store.oauthProvider.findClient('service-a')?.secretHash
  services.declare([managed])
  const secret = services.renewToken(store.services.getByName('a'))
  services.declare([{ ...managed, display: false }])
  t.equal(holderOf(secret), 'a')
  t.equal(clientSecret(), hashSecret(secret))
  services.declare([{ ...managed, command: [] }])
  t.equal(holderOf(secret), undefined, "a program that is not the hub's has none")
  t.not(clientSecret(), hashSecret(secret))
  services.declare([{ ...managed, apiToken: 'chosen-secret' }])
  services.declare([managed])
  t.equal(holderOf('chosen-secret'), undefined, 'what the configuration took back is void')
})
