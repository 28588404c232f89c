/** S-06: nobody hands out a right that they lack: not by adding, changing or removing users, and not by tokens. */
import t from 'tap'
import { startApi } from '../support/api.ts'

t.test('whoever may edit users, but is no administrator, makes none', async (t) => {
  const api = await startApi(t)
  const admin = api.addUser('admin')
  const ana = api.addUser('ana')
  const chief = api.addUser('admin2')
  const rows: [what: string, scopes: string[]][] = [
    ['edits users', ['admin:users']],
    ['edits users and servers', ['admin:users', 'admin:servers', 'tokens']],
    ['edits one user', ['admin:users!user=ana']],
  ]
  for (const [what, scopes] of rows) {
    const staff = api.as(admin, scopes)
    const attempts = [
      await staff('PATCH', '/hub/api/users/ana', { admin: true }),
      await staff('POST', '/hub/api/users/eve', { admin: true }),
      await staff('POST', '/hub/api/users', { usernames: ['eve'], admin: true }),
      await staff('PATCH', '/hub/api/users/admin2', { admin: false }),
      await staff('DELETE', '/hub/api/users/admin2'),
    ]
    for (const { status } of attempts) t.ok(status === 403 || status === 404, `${what}: ${status}`)
  }
  const { users } = api.context.store
  t.equal(users.find(ana.id)?.admin, false)
  t.equal(users.find(chief.id)?.admin, true)
  t.equal(users.findByName('eve'), undefined)
})

t.test('an ordinary user changes nothing about themself that would be more', async (t) => {
  const api = await startApi(t)
  const ana = api.addUser('ana')
  const call = api.as(ana)
  for (const [method, path] of [
    ['PATCH', '/hub/api/users/ana'],
    ['POST', '/hub/api/users/ana'],
    ['POST', '/hub/api/users'],
  ] as const)
    t.equal((await call(method, path, { admin: true, usernames: ['ana'] })).status, 403)
  t.equal(api.context.store.users.find(ana.id)?.admin, false)
})

t.test('a token makes no token that may do more than itself', async (t) => {
  const api = await startApi(t)
  const admin = api.addUser('admin')
  api.addUser('ana')
  const narrow = api.as(admin, ['tokens'])
  for (const name of ['admin', 'ana']) {
    const path = `/hub/api/users/${name}/tokens`
    const { status, json } = await narrow('POST', path)
    t.equal(status, 201)
    const child = api.withToken(json.token)
    t.equal((await child('GET', '/hub/api/users')).status, 403)
    t.not((await child('POST', `/hub/api/users/${name}/server`)).status, 201)
    for (const scopes of [['inherit'], ['self'], ['servers!user'], ['admin:users']])
      t.equal((await narrow('POST', path, { scopes })).status, 400, scopes.join(' '))
  }
  t.same(api.spawner.programs(), [])
})

t.test('no scope makes a token that may do more than its owner', async (t) => {
  const api = await startApi(t)
  const ana = api.as(api.addUser('ana'))
  const path = '/hub/api/users/ana/tokens'
  for (const scope of [
    'admin:users',
    'read:users',
    'list:users!user=ana',
    'self!user=admin',
    'shutdown',
  ])
    t.equal((await ana('POST', path, { scopes: [scope] })).status, 400, scope)
  t.equal((await ana('POST', path, { roles: ['admin'] })).status, 400)
})
