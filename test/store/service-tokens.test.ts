import t, { type Test } from 'tap'
import { type TokenHash } from '../../src/model/token.ts'
import { at, later, openStore, scansAbout } from '../support/store.ts'

const hash = (text: string): TokenHash => text as TokenHash

function setUp(t: Test) {
  const store = openStore(t)
  const service = store.services.save({
    ...{ name: 'grader', admin: false, url: undefined, command: [], info: {}, display: true },
    ...{ access: 'public', fromConfig: true, createdAt: at },
  })
  const create = (text: string, createdAt = at) =>
    store.serviceTokens.create({
      ...{ hash: hash(text), serviceId: service.id, note: 'from config', scopes: ['inherit'] },
      createdAt,
    })
  return { store, service, create }
}

t.test('a token of a service is found by its hash, and is not that of a user', async (t) => {
  const { store, service, create } = setUp(t)
  const token = create('one')
  t.same(token, {
    ...{ id: 1, serviceId: service.id, serviceName: 'grader', note: 'from config' },
    ...{ scopes: ['inherit'], createdAt: at, lastActivityAt: undefined },
    ...{ clientId: undefined, expiresAt: undefined },
  })
  t.same(store.serviceTokens.findByHash(hash('one'), at), token)
  t.equal(store.serviceTokens.findByHash(hash('two'), at), undefined)
  t.equal(store.tokens.findByHash(hash('one'), at), undefined)
  t.equal(store.tokens.find(token.id), undefined)
  t.throws(() => create('one'), { code: 'Conflict' })
})

t.test(
  'tokens are listed newest first, know when they were used, and go with their service',
  async (t) => {
    const { store, service, create } = setUp(t)
    create('old')
    const { id } = create('new', later(1))
    store.tokens.touch(id, later(5))
    t.match(store.serviceTokens.listOf(service.id), [{ lastActivityAt: later(5) }, { id: 1 }])
    store.serviceTokens.removeOf(service.id)
    t.same(store.serviceTokens.listOf(service.id), [])
    create('again')
    store.services.remove(service.id)
    t.equal(store.serviceTokens.findByHash(hash('again'), at), undefined)
  },
)

t.test('a token of a user and a service, or of nobody, cannot be', async (t) => {
  const { store, service } = setUp(t)
  const ana = store.addUser('ana')
  const insert = store.database.prepare(`
    insert into tokens (hash, user_id, service_id, note, scopes, created_at)
    values ('x', ?, ?, '', '[]', 0)`)
  t.throws(() => insert.run([ana.id, service.id]), /CHECK/)
  t.throws(() => insert.run([null, null]), /CHECK/)
})

t.test('an OAuth client of a service goes with it, and with it what it was given', async (t) => {
  const { store, service } = setUp(t)
  const client = {
    ...{ id: 'service-grader', secretHash: 'x', redirectUri: '/cb', description: 'grader' },
    ...{ allowedScopes: [], serverId: undefined, serviceId: service.id, noConfirm: true },
  }
  store.oauthProvider.saveClient(client)
  t.same(store.oauthProvider.findClientOfService(service.id), client)
  const ana = store.addUser('ana')
  const token = store.tokens.create({
    ...{ hash: hash('of ana'), userId: ana.id, note: '', scopes: [], clientId: client.id },
    ...{ serverId: undefined, sessionPublicId: undefined, createdAt: at, expiresAt: undefined },
  })
  store.services.remove(service.id)
  t.equal(store.oauthProvider.findClient(client.id), undefined)
  t.equal(store.tokens.find(token.id), undefined)
})

t.test('no question about tokens of services reads all tokens', async (t) => {
  const { store } = setUp(t)
  t.same(
    scansAbout(store.database, 'tokens').filter((sql) => sql.includes('service')),
    [],
  )
})

t.test('one with an end is not found from then on, and is removed with what has expired', async (t) => {
  const { store, service } = setUp(t)
  const token = { serviceId: service.id, note: '', scopes: ['read:hub'], createdAt: at }
  store.serviceTokens.create({ ...token, hash: hash('short'), expiresAt: later(5) })
  t.match(store.serviceTokens.findByHash(hash('short'), later(4)), { expiresAt: later(5) })
  t.equal(store.serviceTokens.findByHash(hash('short'), later(5)), undefined)
  t.same(store.tokens.removeExpired(later(5), 9), [undefined], 'no user is concerned')
  t.same(store.serviceTokens.listOf(service.id), [])
}) // prettier-ignore
