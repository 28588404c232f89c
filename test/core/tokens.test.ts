/** API tokens: what they may do, until when, and what ends with them (contract §1.9, §2.5, §3.6). */
import { createHash } from 'node:crypto'
import t from 'tap'
import { HOUR, MINUTE } from '../../src/lib/time.ts'
import { createCore } from '../support/core.ts'
import { createParts } from '../support/parts.ts'

t.test(
  'a token may do whatever its owner may do at the moment, when nothing else was asked for',
  (t) => {
    const { addUser, tokens, asToken, store, access } = createParts(t)
    const ana = addUser('ana')
    const { secret } = tokens.issue({ user: ana, note: 'all' })
    t.ok(asToken(secret)?.scopes.has('start:servers', { server: 'ana/' }))
    t.notOk(asToken(secret)?.scopes.has('admin:users'))
    store.users.setAdmin(ana.id, true)
    access.forget(ana.id)
    t.ok(asToken(secret)?.scopes.has('admin:users'), 'a right that was gained')
    store.users.setAdmin(ana.id, false)
    access.forget(ana.id)
    t.notOk(asToken(secret)?.scopes.has('admin:users'), 'and lost again (§9.40)')
    t.end()
  },
)

t.test('a token with scopes may do these, and tell whose it is', (t) => {
  const { addUser, tokens, asToken } = createParts(t)
  const { secret } = tokens.issue({ user: addUser('ana'), note: '', scopes: ['read:servers!user'] })
  t.same(asToken(secret)?.scopes.list(), [
    'read:servers!user=ana',
    'read:users:groups!user=ana',
    'read:users:name!user=ana',
  ])
  t.end()
})

t.test('a scope that is unknown, or that the owner lacks, is refused (§9.32, §9.33)', (t) => {
  const { addUser, tokens, store, clock } = createParts(t)
  const ana = addUser('ana')
  const issue = (scopes: string[]) => () => tokens.issue({ user: ana, note: '', scopes })
  t.throws(issue(['nosuch']), { code: 'InvalidInput', message: /does not exist/ })
  t.throws(issue(['read:users!user=']), { code: 'InvalidInput', message: /does not exist/ })
  for (const scope of ['admin:users', 'read:users', 'read:users!user=bob', 'shares!user=ana'])
    t.throws(issue([scope]), { code: 'InvalidInput', message: /Not assigning .* User ana/ }, scope)
  t.throws(issue(['inherit', 'admin:users']), { code: 'InvalidInput' })
  t.same(store.tokens.listOf(ana.id, clock.now()), [])
  t.end()
})

t.test('a token cannot make one that may do more than itself', (t) => {
  const { addUser, tokens, asToken } = createParts(t)
  const ana = addUser('ana')
  const narrow = tokens.issue({ user: ana, note: '', scopes: ['tokens!user'] })
  const issuer = asToken(narrow.secret)?.scopes
  if (!issuer) throw new Error('no principal')
  t.throws(() => tokens.issue({ user: ana, note: '', scopes: ['servers!user'], issuer }), {
    code: 'InvalidInput',
  })
  t.throws(() => tokens.issue({ user: ana, note: '', scopes: ['inherit'], issuer }), {
    code: 'InvalidInput',
  })
  const child = tokens.issue({ user: ana, note: '', issuer })
  const held = asToken(child.secret)?.scopes
  t.ok(held?.has('read:tokens', { user: 'ana' }))
  t.notOk(held?.has('servers', { user: 'ana' }))
  t.notOk(child.token.scopes.includes('inherit'))
  t.end()
})

t.test('an administrator makes whole tokens for others', (t) => {
  const { addUser, tokens, asSession, logIn } = createParts(t)
  const issuer = asSession(logIn(addUser('admin')))?.scopes
  if (!issuer) throw new Error('no principal')
  const { token } = tokens.issue({ user: addUser('ana'), note: '', issuer })
  t.same(token.scopes, ['inherit'])
  t.end()
})

t.test('a token ends when its time is over, and is then removed', (t) => {
  const { addUser, tokens, asToken, clock, store } = createParts(t)
  const { secret, token } = tokens.issue({ user: addUser('ana'), note: '', expiresInSeconds: 60 })
  t.ok(asToken(secret))
  clock.advance(MINUTE)
  t.notOk(asToken(secret), 'although it was known a moment ago')
  t.ok(store.tokens.find(token.id))
  tokens.expire(9)
  t.notOk(store.tokens.find(token.id))
  t.end()
})

t.test('a revoked token is refused at once', (t) => {
  const { addUser, tokens, asToken } = createParts(t)
  const { secret, token } = tokens.issue({ user: addUser('ana'), note: '' })
  t.ok(asToken(secret))
  tokens.revoke(token)
  t.notOk(asToken(secret))
  t.end()
})

t.test(
  'a server gets a token for its own activity, and an OAuth client of which it is the secret',
  (t) => {
    const { addUser, tokens, asToken, serverOf, store } = createParts(t)
    const ana = addUser('ana@x')
    const server = serverOf(ana)
    const secret = tokens.issueForServer(server)
    t.same(asToken(secret)?.scopes.list(), [
      'access:servers!server=ana@x/',
      'read:users:activity!user=ana@x',
      'read:users:groups!user=ana@x',
      'read:users:name!user=ana@x',
      'users:activity!user=ana@x',
    ])
    t.match(store.oauthProvider.findClientOfServer(server.id), {
      id: 'jupyterhub-user-ana%40x',
      redirectUri: '/user/ana@x/oauth_callback',
      description: 'Server at /user/ana@x/',
      secretHash: createHash('sha256').update(secret).digest('hex'),
      allowedScopes: ['access:servers!server=ana@x/'],
    })
    t.end()
  },
)

t.test('a second run of a server has another token, and the first one is dead', (t) => {
  const { addUser, tokens, asToken, serverOf } = createParts(t)
  const server = serverOf(addUser('ana'))
  const first = tokens.issueForServer(server)
  t.ok(asToken(first))
  const second = tokens.issueForServer(server)
  t.notOk(asToken(first))
  t.ok(asToken(second))
  t.end()
})

t.test('no server of one user is taken for the server of another', (t) => {
  const { addUser, tokens, serverOf, store } = createParts(t)
  const named = serverOf(addUser('a'), 'b')
  const other = serverOf(addUser('a-b'))
  tokens.issueForServer(named)
  tokens.issueForServer(other)
  const ids = [named, other].map(({ id }) => store.oauthProvider.findClientOfServer(id)?.id)
  t.equal(new Set(ids).size, 2)
  t.notOk(ids.includes(undefined))
  t.end()
})

t.test('when a server stops, whatever it was given ends, others’ tokens for it as well', (t) => {
  const { addUser, tokens, asToken, serverOf, store } = createParts(t)
  const [ana, admin] = [addUser('ana'), addUser('admin')]
  const server = serverOf(ana)
  const own = tokens.issueForServer(server)
  const clientId = store.oauthProvider.findClientOfServer(server.id)?.id ?? ''
  const given = { clientId, scopes: [], sessionPublicId: 's', expiresInSeconds: 60 }
  const guest = tokens.issueForClient({ ...given, user: admin })
  const mine = tokens.issue({ user: admin, note: 'my own' })
  for (const secret of [own, guest.secret, mine.secret]) t.ok(asToken(secret))
  tokens.revokeForServer(server)
  t.notOk(asToken(own))
  t.notOk(asToken(guest.secret))
  t.ok(asToken(mine.secret))
  t.equal(store.oauthProvider.findClientOfServer(server.id), undefined)
  t.end()
})

t.test('an application’s token takes its siblings with it, and nobody else’s (§9.37)', (t) => {
  const { addUser, tokens, asToken, serverOf, store } = createParts(t)
  const [ana, bob] = [addUser('ana'), addUser('bob')]
  tokens.issueForServer(serverOf(ana))
  tokens.issueForServer(serverOf(bob))
  const issue = (user: typeof ana, clientId: string) =>
    tokens.issueForClient({
      user,
      clientId,
      scopes: [],
      sessionPublicId: 's',
      expiresInSeconds: 60,
    })
  const first = issue(ana, 'jupyterhub-user-ana')
  const sibling = issue(ana, 'jupyterhub-user-ana')
  const others = [issue(ana, 'jupyterhub-user-bob'), issue(bob, 'jupyterhub-user-ana')]
  tokens.revoke(first.token)
  t.notOk(asToken(first.secret))
  t.notOk(asToken(sibling.secret))
  for (const { secret } of others) t.ok(asToken(secret))
  t.equal(store.tokens.listOf(ana.id, new Date(0)).length, 2, 'the server’s own and the other one')
  t.end()
})

t.test('no secret of a token is stored', (t) => {
  const { addUser, tokens, store, clock } = createParts(t)
  const ana = addUser('ana')
  const { secret } = tokens.issue({ user: ana, note: 'n' })
  t.notOk(JSON.stringify(store.tokens.listOf(ana.id, clock.now())).includes(secret))
  t.end()
})

t.test('no token lasts longer than any may, whoever asks for it', async (t) => {
  const core = createCore(t, { settings: { 'tokens.max_age': '1h' } })
  const { tokens, settings, config } = core.context
  const user = core.addUser('ana')
  const endOf = (expiresInSeconds?: number) =>
    tokens.issue({ user, note: '', expiresInSeconds }).token.expiresAt?.getTime()
  const nowMs = core.clock.now().getTime()
  t.equal(endOf(), nowMs + HOUR)
  t.equal(endOf(60), nowMs + 60_000)
  t.equal(endOf(3600), nowMs + HOUR)
  t.throws(() => endOf(3601), { code: 'InvalidInput', message: /3601 must not exceed 3600/ })
  settings.replace({ ...config, tokens: { ...config.tokens, max_age: 0 } })
  t.equal(endOf(), undefined)
  t.equal(endOf(4000), nowMs + 4_000_000)
})
