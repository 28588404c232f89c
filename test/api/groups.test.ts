/** `/groups`: nobody, wrong user, right user, admin, narrower token; contract §7.4. */
import t from 'tap'
import { startApi } from '../support/api.ts'

const groups = '/hub/api/groups'

t.test('groups are for who has a scope for them', async (t) => {
  const { nobody, as, addUser } = await startApi(t)
  const [ana, admin] = [addUser('ana'), addUser('admin')]
  t.equal((await nobody('GET', groups)).status, 403)
  t.equal((await as(ana)('GET', groups)).status, 403)
  t.equal((await as(ana)('GET', `${groups}/x`)).status, 403)
  t.equal((await as(ana)('POST', groups, { groups: ['x'] })).status, 403)
  t.match(await as(admin)('POST', groups, { groups: ['x', 'y'], users: ['ANA'] }), {
    status: 201,
    json: [
      { kind: 'group', name: 'x', users: ['ana'], properties: {}, roles: [] },
      { name: 'y', users: ['ana'] },
    ],
  })
  const narrow = as(admin, ['list:groups!group=x', 'read:groups!group=x'])
  t.same((await narrow('GET', groups)).json, [
    { kind: 'group', name: 'x', properties: {}, users: ['ana'] },
  ])
  t.equal((await narrow('GET', `${groups}/x`)).status, 200)
  t.equal((await narrow('GET', `${groups}/y`)).status, 404)
  t.equal((await narrow('DELETE', `${groups}/x`)).status, 403)
})

t.test('§9.14 pages of groups count only what the caller may list', async (t) => {
  const { as, addUser } = await startApi(t)
  const admin = addUser('admin')
  await as(admin)('POST', groups, { groups: ['a', 'b', 'c', 'd'] })
  const narrow = as(admin, ['list:groups!group=b', 'list:groups!group=d'])
  const accept = { accept: 'application/jupyterhub-pagination+json' }
  const { json } = await narrow('GET', `${groups}?limit=1`, undefined, accept)
  t.match(json, { items: [{ name: 'b' }], _pagination: { total: 2, next: { offset: 1 } } })
  const next = await narrow('GET', `${groups}?limit=1&offset=1`, undefined, accept)
  t.match(next.json, { items: [{ name: 'd' }], _pagination: { next: null } })
})

t.test('groups are made all or none', async (t) => {
  const { as, addUser, context } = await startApi(t)
  const admin = as(addUser('admin'))
  t.equal((await admin('POST', `${groups}/old`)).status, 201)
  t.equal((await admin('POST', groups, { groups: ['new', 'old'] })).status, 409)
  t.equal((await admin('POST', groups, { groups: { from: {}, keys: {} } })).status, 201)
  t.equal(context.store.groups.count(), 3)
  for (const body of [undefined, [], {}, { groups: 'ab' }, { groups: [1] }, { groups: [''] }])
    t.equal((await admin('POST', groups, body)).status, 400, JSON.stringify(body))
})

t.test('§9.127 members come and go, and with the group its rights', async (t) => {
  const { as, addUser, context } = await startApi(t)
  const admin = as(addUser('admin'))
  const ana = addUser('ana')
  addUser('bob')
  t.match(await admin('POST', `${groups}/course`, { users: ['ghost'] }), {
    status: 400,
    json: { message: /No such user: ghost/ },
  })
  t.equal((await admin('POST', `${groups}/course`, { nonsense: 1 })).status, 400)
  t.equal((await admin('POST', `${groups}/course`, 'null')).status, 201)
  t.equal((await admin('POST', `${groups}/course`)).status, 409)
  const members = `${groups}/course/users`
  t.same((await admin('POST', members, { users: ['ana', 'Bob'] })).json.users, ['ana', 'bob'])
  t.match(await admin('DELETE', members, { users: ['bob', 'bob'] }), {
    status: 200,
    json: { users: ['ana'] },
  })
  t.equal((await admin('DELETE', members, { users: ['bob'] })).status, 200, 'not in it')
  for (const body of [undefined, {}, { users: 'ana' }, { users: ['ghost'] }])
    t.equal((await admin('POST', members, body)).status, 400)
  t.same((await as(ana)('GET', '/hub/api/user')).json.groups, ['course'])

  const role = { name: 'readers', scopes: ['list:users'], groups: ['course'] }
  context.roles.declare([role], [])
  const { secret } = context.tokens.issue({ user: ana, note: '' })
  t.same((await admin('GET', `${groups}/course`)).json.roles, ['readers'])
  const list = () => as(ana)('GET', '/hub/api/users')
  t.equal((await list()).status, 200)
  t.equal((await admin('DELETE', `${groups}/course`)).status, 204)
  t.equal((await list()).status, 403)
  t.equal((await admin('GET', '/hub/api/users/ana')).status, 200, 'users stay')
  t.equal((await admin('GET', `${groups}/course`)).status, 404)
  t.ok(secret)
})

t.test('§9.128 properties are an object, and replaced as a whole', async (t) => {
  const { as, addUser } = await startApi(t)
  const admin = as(addUser('admin'))
  await admin('POST', `${groups}/course`)
  const put = (body: unknown) => admin('PUT', `${groups}/course/properties`, body)
  t.same((await put({ a: 1, b: [2] })).json.properties, { a: 1, b: [2] })
  t.same((await put({ c: null })).json.properties, { c: null })
  for (const bad of ['[]', '"x"', '1', '', '{']) t.equal((await put(bad)).status, 400, bad)
})

t.test('§9.28 a right to list the users of a group lists them', async (t) => {
  const { as, addUser } = await startApi(t)
  const admin = addUser('admin')
  for (const name of ['ana', 'bob', 'cleo']) addUser(name)
  await as(admin)('POST', `${groups}/course`, { users: ['ana', 'bob'] })
  const names = async (scopes: string[]) =>
    ((await as(admin, scopes)('GET', '/hub/api/users')).json as { name: string }[]).map(
      ({ name }) => name,
    )
  t.same(await names(['list:users!group=course']), ['ana', 'bob'])
  t.same(await names(['list:users!group=course', 'list:users!user=cleo']), ['ana', 'bob', 'cleo'])
  t.same(await names(['list:users!group=ghosts']), [])
})

t.test('the servers of a group start and stop for who may start and stop them', async (t) => {
  const { as, addUser, context } = await startApi(t)
  const [ana, admin] = [addUser('ana'), addUser('admin')]
  await as(admin)('POST', groups, { groups: ['class', 'other'], users: ['ana'] })
  const path = `${groups}/class/servers`
  t.equal((await as(ana)('POST', path)).status, 404)
  t.equal((await as(admin, ['start:servers!group=other'])('POST', path)).status, 404)
  const teacher = as(admin, ['start:servers!group=class'])
  t.match(await teacher('POST', path), {
    status: 202,
    json: { starting: 1, active: 0, refused: [] },
  })
  t.equal((await teacher('DELETE', path)).status, 403)
  t.equal((await as(admin)('DELETE', path)).status, 204)
  t.equal(context.store.servers.countActive(), 0)
  t.equal((await as(admin)('POST', `${groups}/none/servers`)).status, 404)
})
