/** `/users/NAME/tokens` (contract §3.6, §9.30–9.40). */
import t from 'tap'
import { startApi } from '../support/api.ts'

t.test('nobody, a wrong user, the right one, an admin, a narrower token', async (t) => {
  const { nobody, as, addUser, context } = await startApi(t)
  const [ana, bob, admin] = [addUser('ana'), addUser('bob'), addUser('admin')]
  const path = '/hub/api/users/ana/tokens'
  t.equal((await nobody('GET', path)).status, 403)
  t.equal((await nobody('POST', path)).status, 403)
  t.equal((await as(bob)('GET', path)).status, 404)
  t.equal((await as(bob)('POST', path)).status, 404)
  t.equal((await as(ana)('POST', path)).status, 201)
  t.equal((await as(admin)('POST', path)).status, 201)
  t.equal((await as(ana, ['read:tokens!user'])('GET', path)).status, 200)
  t.equal((await as(ana, ['read:tokens!user'])('POST', path)).status, 403)
  t.equal((await as(ana, ['servers!user'])('GET', path)).status, 403)
  t.equal(context.store.tokens.listOf(bob.id, context.clock.now()).length, 2, 'only the test’s own')
})

t.test('a new token is shown once, and works', async (t) => {
  const { as, withToken, addUser } = await startApi(t)
  const ana = as(addUser('ana'))
  const { status, json } = await ana('POST', '/hub/api/users/ana/tokens', {
    note: 'my script',
    expires_in: 3600,
    scopes: ['read:users!user'],
  })
  t.equal(status, 201)
  t.match(json, {
    user: 'ana',
    id: /^a\d+$/,
    kind: 'api_token',
    roles: [],
    scopes: ['read:users!user=ana', String, String, String],
    note: 'my script',
    created: '2026-01-31T12:00:00Z',
    expires_at: '2026-01-31T13:00:00Z',
    last_activity: null,
    session_id: null,
    oauth_client: 'JupyterHub',
    token: String,
  })
  t.equal((await withToken(json.token)('GET', '/hub/api/user')).json.token_id, json.id)
  const listed = await ana('GET', '/hub/api/users/ana/tokens')
  t.notOk(listed.text.includes(json.token))
  t.match(listed.text, `"id":"${String(json.id)}"`)
  const one = await ana('GET', `/hub/api/users/ana/tokens/${String(json.id)}`)
  t.match(one, { status: 200, json: { id: json.id, note: 'my script' } })
  t.notOk('token' in one.json)
})

t.test('the note says who asked when nothing else does (§9.30)', async (t) => {
  const { as, addUser } = await startApi(t)
  const [ana, admin] = [as(addUser('ana')), as(addUser('admin'))]
  const path = '/hub/api/users/ana/tokens'
  t.equal((await ana('POST', path)).json.note, 'Requested via api')
  t.equal((await admin('POST', path, {})).json.note, 'Requested via api by user admin')
  t.equal((await admin('POST', path, 'null')).json.expires_at, null)
})

t.test(
  'a token for a user who does not exist is refused like one without permission (§9.31)',
  async (t) => {
    const { as, addUser } = await startApi(t)
    t.match(await as(addUser('admin'))('POST', '/hub/api/users/ghost/tokens'), {
      status: 403,
      json: { message: 'User ghost not found or no permissions to generate tokens' },
    })
  },
)

t.test('what is no token request is refused, and nothing is issued (§9.32–9.34)', async (t) => {
  const { as, addUser, context } = await startApi(t)
  const user = addUser('ana')
  const ana = as(user)
  const bad: unknown[] = [
    { scopes: ['nosuch'] },
    { roles: ['nosuch'] },
    { scopes: 'read:users' },
    { scopes: [1] },
    { scopes: ['self'], roles: ['token'] },
    { scopes: ['admin:users'] },
    { scopes: ['read:users'] },
    { roles: ['admin'] },
    { note: 5 },
    { expires_in: 0 },
    { expires_in: -1 },
    { expires_in: '60' },
    { expires_in: 1e300 },
    [],
    '"text"',
    '{',
  ]
  for (const body of bad) {
    const { status, json } = await ana('POST', '/hub/api/users/ana/tokens', body)
    t.equal(status, 400, JSON.stringify(body))
    t.type(json.message, 'string')
  }
  t.match(
    (await ana('POST', '/hub/api/users/ana/tokens', { scopes: ['admin:users'] })).json.message,
    /Not assigning requested scopes admin:users not held by User ana/,
  )
  t.equal(context.store.tokens.listOf(user.id, context.clock.now()).length, 1)
})

t.test('roles become their scopes (§9.39)', async (t) => {
  const { as, addUser } = await startApi(t)
  const { json } = await as(addUser('ana'))('POST', '/hub/api/users/ana/tokens', {
    roles: ['user'],
  })
  t.same(json.roles, [])
  t.ok((json.scopes as string[]).includes('servers!user=ana'))
})

t.test('a token is revoked at once, an expired one is not listed (§9.35)', async (t) => {
  const { as, withToken, addUser, clock, context } = await startApi(t)
  const user = addUser('ana')
  const ana = as(user)
  const path = '/hub/api/users/ana/tokens'
  const { json } = await ana('POST', path)
  t.equal((await withToken(json.token)('GET', '/hub/api/user')).status, 200)
  t.match(await ana('DELETE', `${path}/${String(json.id)}`), { status: 204, text: '' })
  t.equal((await withToken(json.token)('GET', '/hub/api/user')).status, 403)
  t.equal((await ana('DELETE', `${path}/${String(json.id)}`)).status, 404)
  const short = (await ana('POST', path, { expires_in: 60 })).json
  clock.advance(60_000)
  t.notMatch((await ana('GET', path)).text, `"${String(short.id)}"`)
  t.equal((await ana('GET', `${path}/${String(short.id)}`)).status, 404)
  const other = context.tokens.issue({ user: addUser('bob'), note: '' }).token.id
  for (const id of ['1', 'b1', 'a', 'a1.5', 'a-1', 'a99999', 'A1', `a${other}`])
    t.match(
      await ana('GET', `${path}/${id}`),
      { status: 404, json: { message: /No such token/ } },
      id,
    )
})

t.test('a token of an application is shown with the application’s name', async (t) => {
  const { as, addUser, context, serverOf } = await startApi(t)
  const ana = addUser('ana')
  context.tokens.issueForServer(serverOf(ana))
  context.tokens.issueForClient({
    user: ana,
    clientId: 'jupyterhub-user-ana',
    scopes: [],
    sessionPublicId: 'the login',
    expiresInSeconds: 60,
  })
  const { json } = await as(ana)('GET', '/hub/api/users/ana/tokens')
  const shown = (json.api_tokens as { session_id: string | null }[]).find(
    ({ session_id }) => session_id !== null,
  )
  t.match(shown, { oauth_client: 'Server at /user/ana/', session_id: 'the login', note: '' })
})

t.test(
  '§9.36 a name and password in the body get a token, and leave nobody logged in',
  async (t) => {
    const { nobody, withToken, addUser, context } = await startApi(t)
    const ana = addUser('ana')
    addUser('bob')
    const password = 'four words of a long sentence'
    await context.users.setPassword(ana, password)
    const ask = (auth: unknown, name = 'ana') =>
      nobody('POST', `/hub/api/users/${name}/tokens`, { auth, note: 'mine' })
    const made = await ask({ username: 'ana', password })
    t.match(made, { status: 201, json: { user: 'ana', note: 'mine', token: String } })
    t.equal((await withToken(String(made.json.token))('GET', '/hub/api/user')).status, 200)
    t.same(context.store.sessions.listOf(ana.id), [])
    t.equal((await ask({ username: 'ana', password }, 'bob')).status, 403)
    t.equal((await ask({ username: 'ana', password }, 'ghost')).status, 403)
    t.equal((await ask({ username: 'ana', password: 'wrong' })).status, 403)
    t.equal((await ask(null)).status, 403)
    t.equal((await ask('x')).status, 400)
  },
)

t.test('§9.34 tokens live no longer than the configuration allows', async (t) => {
  const { as, addUser } = await startApi(t, { settings: { 'tokens.max_age': '1h' } })
  const ana = as(addUser('ana'))
  const ask = (body: unknown) => ana('POST', '/hub/api/users/ana/tokens', body)
  t.match(await ask({ expires_in: null }), { json: { expires_at: '2026-01-31T13:00:00Z' } })
  t.equal((await ask({ expires_in: 3600 })).status, 201)
  t.match(await ask({ expires_in: 3601 }), { status: 400, json: { message: /must not exceed/ } })
})
