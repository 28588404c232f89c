/** OAuth clients and codes: a code works once. */
import t from 'tap'
import { type TokenHash } from '../../src/model/token.ts'
import { at, openStore } from '../support/database.ts'

function setUp(t: Parameters<typeof openStore>[0]) {
  const { store } = openStore(t)
  const ana = store.users.create({ name: 'ana', admin: false, at: at(0) }).id
  const serverId = store.servers.findByName(ana, '')?.id ?? 0
  const client = {
    id: 'c',
    secretHash: 's',
    redirectUri: '/cb',
    description: 'd',
    allowedScopes: ['a', 'b'],
    serverId,
  }
  const code = {
    clientId: 'c',
    userId: ana,
    redirectUri: '/cb',
    sessionPublicId: 'p',
    scopes: ['a'],
    challenge: undefined,
    challengeMethod: 'S256' as const,
    expiresAt: at(100),
  }
  store.oauthProvider.saveClient(client)
  return { store, rows: store.oauthProvider, client, code, ana }
}

t.test('a client is replaced without ending what was issued to it', async (t) => {
  const { store, rows, client, code, ana } = setUp(t)
  t.same(rows.findClient('c'), client)
  t.same(rows.findClientOfServer(client.serverId), client)
  rows.addCode('h', code)
  store.tokens.create({
    hash: 'h' as TokenHash,
    userId: ana,
    note: '',
    scopes: [],
    clientId: 'c',
    serverId: undefined,
    sessionPublicId: undefined,
    createdAt: at(0),
    expiresAt: undefined,
  })
  rows.saveClient({ ...client, secretHash: 'new', allowedScopes: [] })
  t.match(rows.findClient('c'), { secretHash: 'new', allowedScopes: [] })
  t.equal(store.tokens.listOf(ana, at(0)).length, 1)
  t.ok(rows.takeCode('h'))
})

t.test('a code is taken once, whole', async (t) => {
  const { rows, code } = setUp(t)
  rows.addCode('h', code)
  rows.addCode('with', { ...code, challenge: 'x', challengeMethod: 'plain' })
  t.same(rows.takeCode('h'), code)
  t.equal(rows.takeCode('h'), undefined)
  t.match(rows.takeCode('with'), { challenge: 'x', challengeMethod: 'plain' })
  t.throws(() => rows.addCode('x', { ...code, clientId: 'nobody' }), { code: 'Conflict' })
})

t.test('codes go with their end and with their client', async (t) => {
  const { rows, code } = setUp(t)
  rows.addCode('h', code)
  rows.removeExpiredCodes(at(99), 9)
  t.ok(rows.takeCode('h'))
  rows.addCode('h', code)
  rows.removeExpiredCodes(at(100), 9)
  t.equal(rows.takeCode('h'), undefined)
  rows.addCode('h', code)
  rows.removeClient('c')
  t.equal(rows.takeCode('h'), undefined)
  t.equal(rows.findClient('c'), undefined)
})
