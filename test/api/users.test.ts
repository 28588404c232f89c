/** `/user` and `/users/NAME`: nobody, wrong user, right user, admin, narrower token (contract §3.3, §3.7, §9.20–9.26). */
import t from 'tap'
import { startApi } from '../support/api.ts'

t.test('a credential tells whose it is and what it may do', async (t) => {
  const { as, nobody, inBrowser, addUser, logIn } = await startApi(t)
  const ana = addUser('ana')
  t.equal((await nobody('GET', '/hub/api/user')).status, 403)
  const { json } = await as(ana)('GET', '/hub/api/user')
  t.match(json, {
    kind: 'user',
    name: 'ana',
    admin: false,
    groups: [],
    roles: ['user'],
    server: null,
    pending: null,
    user_info: null,
    servers: {},
    created: '2026-01-31T12:00:00Z',
    token_id: /^a\d+$/,
    session_id: null,
  })
  const scopes = json.scopes as string[]
  t.ok(scopes.includes('access:servers!user=ana'))
  t.same(scopes, [...scopes].sort())
  t.notOk(
    scopes.some((scope) => /!(?:user|server)$/.test(scope)),
    'all resolved',
  )
  const narrow = await as(ana, ['read:users:activity!user'])('GET', '/hub/api/user')
  t.same(Object.keys(narrow.json).sort(), [
    'admin',
    'groups',
    'kind',
    'last_activity',
    'name',
    'scopes',
    'session_id',
    'token_id',
    'user_info',
  ])
  const session = logIn(ana)
  const browser = await inBrowser(session)('GET', '/hub/api/user')
  t.match(browser.json, { token_id: null, session_id: session.session.publicId })
})

t.test('a server’s token can ask whose it is, and report, and nothing else (§9.124)', async (t) => {
  const { withToken, context, addUser, serverOf } = await startApi(t)
  const ana = addUser('ana')
  addUser('bob')
  const server = withToken(context.tokens.issueForServer(serverOf(ana)))
  t.match((await server('GET', '/hub/api/user')).json, { name: 'ana', kind: 'user', admin: false })
  const report = { last_activity: '2026-01-31T11:00:00Z' }
  t.equal((await server('POST', '/hub/api/users/ana/activity', report)).status, 200)
  t.equal((await server('POST', '/hub/api/users/bob/activity', report)).status, 404)
  t.equal((await server('GET', '/hub/api/users')).status, 403)
  t.equal((await server('POST', '/hub/api/users/ana/server')).status, 403)
  t.equal((await server('GET', '/hub/api/users/ana/tokens')).status, 403)
})

t.test('what is seen of a user depends on the scope (§9.126)', async (t) => {
  const { as, addUser } = await startApi(t)
  const admin = addUser('admin')
  addUser('ana')
  const rows: [scope: string, keys: string[]][] = [
    ['read:users:name', ['admin', 'kind', 'name', 'user_info']],
    ['read:users:groups', ['groups', 'kind', 'name']],
    ['read:users:activity', ['kind', 'last_activity', 'name']],
    ['read:roles:users', ['admin', 'kind', 'name', 'roles']],
  ]
  for (const [scope, keys] of rows) {
    const { json } = await as(admin, [`${scope}!user=ana`])('GET', '/hub/api/users/ana')
    t.same(Object.keys(json).sort(), keys, scope)
  }
  const { json } = await as(admin, ['read:servers!user=ana'])('GET', '/hub/api/users/ana')
  t.same(json.servers, {})
  const whole = await as(admin)('GET', '/hub/api/users/ana')
  t.equal(whole.json.auth_state, null)
  t.notOk('auth_state' in (await as(admin, ['read:users'])('GET', '/hub/api/users/ana')).json)
})

t.test('a user sees all of themself, and nobody else', async (t) => {
  const { as, nobody, addUser } = await startApi(t)
  const [ana, bob] = [addUser('ana'), addUser('bob')]
  t.equal((await nobody('GET', '/hub/api/users/ana')).status, 403)
  t.equal((await as(bob)('GET', '/hub/api/users/ana')).status, 404)
  t.match(await as(ana)('GET', '/hub/api/users/ana'), { status: 200, json: { name: 'ana' } })
})

t.test('an admin adds many users at once, and hears of those that are new (§9.20)', async (t) => {
  const { as, nobody, addUser, context } = await startApi(t)
  const [admin, ana] = [as(addUser('admin')), as(addUser('ana'))]
  const add = (usernames: unknown, more = {}) =>
    admin('POST', '/hub/api/users', { usernames, ...more })
  t.equal((await nobody('POST', '/hub/api/users', { usernames: ['x'] })).status, 403)
  t.equal((await ana('POST', '/hub/api/users', { usernames: ['x'] })).status, 403)
  const answer = await add(['ana', 'Bob', 'bob', 'cleo'])
  t.equal(answer.status, 201)
  t.match(answer.json, [{ name: 'bob' }, { name: 'cleo' }])
  t.equal(answer.json.length, 2)
  t.match(await add(['ana', 'bob']), {
    status: 409,
    json: { message: 'All 2 users already exist' },
  })
  for (const bad of ['', '  ', 'a/b', '..', 'a\u0000b', 'x'.repeat(200)]) {
    const { status, json } = await add(['dora', bad])
    t.equal(status, 400, JSON.stringify(bad))
    t.match(json.message, /^Invalid username: /)
    t.equal(context.store.users.findByName('dora'), undefined, 'none was added')
  }
  for (const bad of ['ana', [1], [], null, { a: 1 }]) t.equal((await add(bad)).status, 400)
  t.equal((await add(['eve'], { admin: 'true' })).status, 400, '§9.21')
  t.match((await add(['frida'], { admin: true })).json, [{ name: 'frida', admin: true }])
})

// §9.20
t.test('an admin adds one user by name', async (t) => {
  const { as, nobody, addUser } = await startApi(t)
  const [admin, ana] = [as(addUser('admin')), as(addUser('ana'))]
  t.equal((await nobody('POST', '/hub/api/users/bob')).status, 403)
  t.equal((await ana('POST', '/hub/api/users/bob')).status, 403)
  t.match(await admin('POST', '/hub/api/users/bob'), { status: 201, json: { name: 'bob' } })
  t.match(await admin('POST', '/hub/api/users/bob'), {
    status: 409,
    json: { message: 'User bob already exists' },
  })
  t.equal((await admin('POST', '/hub/api/users/cleo', { admin: 'yes' })).status, 400)
  t.equal((await admin('POST', '/hub/api/users/%20', {})).status, 400)
})

t.test('an admin makes admins, and unmakes them (§9.23)', async (t) => {
  const { as, nobody, addUser } = await startApi(t)
  const [admin, ana] = [as(addUser('admin')), as(addUser('ana'))]
  const change = (body: unknown) => admin('PATCH', '/hub/api/users/ana', body)
  t.equal((await nobody('PATCH', '/hub/api/users/ana', { admin: true })).status, 403)
  t.equal((await ana('PATCH', '/hub/api/users/ana', { admin: true })).status, 403)
  t.match(await change({ admin: true }), {
    status: 200,
    json: { admin: true, roles: ['admin', 'user'] },
  })
  t.match(await change({ admin: false, name: 'ana' }), {
    status: 200,
    json: { admin: false, roles: ['user'] },
  })
  t.match(await change({ name: 'Ana' }), { status: 200, json: { name: 'ana' } })
  for (const bad of [
    { admin: 'no' },
    { colour: 'red' },
    { roles: [] },
    [],
    undefined,
    { name: '' },
  ])
    t.equal((await change(bad)).status, 400, JSON.stringify(bad))
  t.equal((await admin('PATCH', '/hub/api/users/nobody', { admin: false })).status, 404)
  t.equal((await admin('PATCH', '/hub/api/users/admin', { admin: false })).status, 409, 'the last')
})

t.test('deleting a user ends whatever was theirs (§9.24)', async (t) => {
  const { as, nobody, withToken, addUser, context, spawner, serverOf } = await startApi(t)
  const [admin, ana, bob] = [addUser('admin'), addUser('ana'), addUser('bob')]
  await context.servers.start(serverOf(ana))
  const { secret } = context.tokens.issue({ user: ana, note: '' })
  t.equal(spawner.programs().length, 1)
  t.equal((await nobody('DELETE', '/hub/api/users/ana')).status, 403)
  t.equal((await as(bob)('DELETE', '/hub/api/users/ana')).status, 403)
  t.match(await as(admin)('DELETE', '/hub/api/users/admin'), {
    status: 400,
    json: { message: 'Cannot delete yourself!' },
  })
  const { status, text } = await as(admin)('DELETE', '/hub/api/users/ana')
  t.equal(status, 204)
  t.equal(text, '')
  t.same(spawner.programs(), [])
  t.equal((await withToken(secret)('GET', '/hub/api/user')).status, 403)
  t.equal((await as(admin)('DELETE', '/hub/api/users/ana')).status, 404)
})

t.test('§9.25 a rename keeps id and tokens; what is impossible is a 400', async (t) => {
  const { as, withToken, addUser, context, serverOf } = await startApi(t)
  const admin = as(addUser('admin'))
  const ana = addUser('ana')
  addUser('bob')
  const { secret } = context.tokens.issue({ user: ana, note: '' })
  const patch = (body: unknown) => admin('PATCH', '/hub/api/users/ana', body)
  for (const bad of [{ name: 'bob' }, { name: '' }, { name: 'a/b' }, { name: '..' }, { name: 5 }])
    t.equal((await patch(bad)).status, 400, JSON.stringify(bad))
  for (const bad of [{}, { groups: [] }, { roles: [] }, [], undefined])
    t.equal((await patch(bad)).status, 400, JSON.stringify(bad))
  t.match(await patch({ name: 'ANA' }), { status: 200, json: { name: 'ana' } }, 'unchanged')
  await context.servers.start(serverOf(ana))
  t.match(await patch({ name: 'zoe' }), { status: 400, json: { message: /Stop the servers/ } })
  await context.servers.stop(serverOf(ana))
  t.match(await patch({ name: 'Zoe' }), { status: 200, json: { name: 'zoe' } })
  t.match((await withToken(secret)('GET', '/hub/api/user')).json, { name: 'zoe' })
  t.equal((await admin('GET', '/hub/api/users/ana')).status, 404)
  t.equal((await admin('POST', '/hub/api/users/zoe/admin-access')).status, 200)
})

t.test('an admin sets, reads and removes auth state (§9.26)', async (t) => {
  const { as, addUser } = await startApi(t, { settings: { 'auth.enable_auth_state': 'true' } })
  const admin = as(addUser('admin'))
  const ana = addUser('ana')
  const patch = (body: unknown) => admin('PATCH', '/hub/api/users/ana', body)
  const auth_state = { a: { b: [1] } }
  t.match(await patch({ auth_state }), { status: 200, json: { name: 'ana', auth_state } })
  t.same((await admin('GET', '/hub/api/users/ana')).json.auth_state, auth_state)
  t.equal((await as(ana)('PATCH', '/hub/api/users/ana', { auth_state: null })).status, 403)
  for (const bad of ['text', 5, [], true])
    t.equal((await patch({ auth_state: bad })).status, 400, JSON.stringify(bad))
  t.same((await patch({ name: 'zoe' })).json.auth_state, auth_state, 'it moves with the name')
  const removed = await admin('PATCH', '/hub/api/users/zoe', { auth_state: null })
  t.match(removed, { status: 200, json: { auth_state: null } })
})

t.test('a hub that keeps no auth state says so, and changes nothing else', async (t) => {
  const { as, addUser, context } = await startApi(t)
  const admin = as(addUser('admin'))
  addUser('ana')
  const change = { name: 'zoe', admin: true, auth_state: {} }
  const { status, json } = await admin('PATCH', '/hub/api/users/ana', change)
  t.equal(status, 400)
  t.match(json.message, /enable_auth_state/)
  t.match(context.store.users.findByName('ana'), { admin: false })
  t.equal((await admin('PATCH', '/hub/api/users/ana', { auth_state: null })).status, 200)
})
