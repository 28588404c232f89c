/** API tokens: valid or not, and every way in which they end. */
import t from 'tap'
import { type TokenHash } from '../../src/model/token.ts'
import { at, openStore } from '../support/database.ts'

function setUp(t: Parameters<typeof openStore>[0]) {
  const { store } = openStore(t)
  const ana = store.users.create({ name: 'ana', admin: false, at: at(0) }).id
  const serverId = store.servers.findByName(ana, '')?.id ?? 0
  store.oauthProvider.saveClient({
    id: 'c',
    secretHash: '',
    redirectUri: '',
    description: '',
    allowedScopes: [],
    serverId,
  })
  const create = (hash: string, change: object = {}) =>
    store.tokens.create({
      hash: hash as TokenHash,
      userId: ana,
      note: 'n',
      scopes: ['read:users!user=ana'],
      clientId: undefined,
      serverId: undefined,
      sessionPublicId: undefined,
      createdAt: at(0),
      expiresAt: undefined,
      ...change,
    })
  const left = () =>
    store.tokens
      .listOf(ana, at(0))
      .map(({ note }) => note)
      .sort()
  return { store, tokens: store.tokens, ana, serverId, create, left }
}

t.test('a token is found by its hash until it expires, and never shows it', async (t) => {
  const { tokens, ana, create } = setUp(t)
  const token = create('h', { expiresAt: at(100) })
  t.match(token, {
    userName: 'ana',
    scopes: ['read:users!user=ana'],
    expiresAt: at(100),
    clientId: undefined,
  })
  t.notOk('hash' in token)
  t.same(tokens.findByHash('h' as TokenHash, at(99)), token)
  t.equal(tokens.findByHash('h' as TokenHash, at(100)), undefined)
  t.same(tokens.listOf(ana, at(100)), [])
  t.ok(tokens.find(token.id))
  t.throws(() => create('h'), { code: 'Conflict' })
})

t.test('each end ends its own and no more', async (t) => {
  const { store, tokens, ana, serverId, create, left } = setUp(t)
  const fill = (): void => {
    create('plain', { note: 'plain' })
    create('server', { note: 'server', serverId })
    create('session', { note: 'session', sessionPublicId: 's1' })
    create('session2', { note: 'session2', sessionPublicId: 's2' })
    create('client', { note: 'client', clientId: 'c' })
    create('late', { note: 'late', expiresAt: at(50) })
  }
  fill()
  t.same(tokens.removeExpired(at(50), 9), [ana])
  t.same(left(), ['client', 'plain', 'server', 'session', 'session2'])
  tokens.removeOfSession('s1')
  t.same(left(), ['client', 'plain', 'server', 'session2'])
  tokens.removeOfClient(ana, 'c')
  t.same(left(), ['plain', 'server', 'session2'])
  tokens.removeAllOf(ana)
  t.same(left(), ['server'], "the running server's own one stays")
  tokens.removeOfServer(serverId)
  t.same(left(), [])
  fill()
  store.oauthProvider.removeClient('c')
  t.notOk(left().includes('client'))
  store.servers.remove(serverId)
  t.notOk(left().includes('server'))
})

t.test('use only moves forward', async (t) => {
  const { tokens, create } = setUp(t)
  const { id } = create('h')
  tokens.touch(id, at(9))
  tokens.touch(id, at(5))
  t.same(tokens.find(id)?.lastActivityAt, at(9))
})
