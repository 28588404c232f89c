/** `/shares`: grant, revoke, list (contract §3.10). */
import t from 'tap'
import { startApi } from '../support/api.ts'

const shares = '/hub/api/shares/ana'

async function setUp(t: Parameters<typeof startApi>[0]) {
  const api = await startApi(t, { settings: { 'spawner.named_server_limit_per_user': '2' } })
  const ana = api.addUser('ana')
  api.serverOf(ana, 'lab')
  const admin = api.as(api.addUser('admin'))
  const bob = api.addUser('bob')
  await admin('POST', '/hub/api/groups/course', { users: ['bob'] })
  return { ...api, ana, bob, admin }
}

t.test('§9.131 granting twice unites the scopes, revoking takes them apart', async (t) => {
  const { admin, as, bob, ana, nobody } = await setUp(t)
  t.equal((await nobody('POST', `${shares}/lab`, { user: 'bob' })).status, 403)
  t.equal((await as(ana)('POST', `${shares}/lab`, { user: 'bob' })).status, 403, 'read:shares only')
  const grant = (body: unknown) => admin('POST', `${shares}/lab`, body)
  t.match(await grant({ user: 'bob' }), {
    status: 200,
    json: {
      server: { user: { name: 'ana' }, name: 'lab', url: '/user/ana/lab/', ready: false },
      scopes: ['access:servers!server=ana/lab'],
      user: { name: 'bob' },
      group: null,
      kind: 'user',
    },
  })
  const both = ['access:servers!server=ana/lab', 'read:servers!server=ana/lab']
  t.same((await grant({ user: 'bob', scopes: ['read:servers'] })).json.scopes, both)
  t.equal((await as(bob)('GET', '/hub/api/users/ana/servers/lab')).status, 200, 'at once')
  const revoke = (body: unknown) => admin('PATCH', `${shares}/lab`, body)
  t.same((await revoke({ user: 'bob', scopes: ['read:servers'] })).json.scopes, [both[0]])
  t.equal((await as(bob)('GET', '/hub/api/users/ana/servers/lab')).status, 404)
  t.same((await revoke({ user: 'bob' })).json, {})
  t.same((await revoke({ user: 'ghost' })).json, {})
})

t.test('§9.131 what is no share is refused, with nothing shared', async (t) => {
  const { admin, context, ana } = await setUp(t)
  for (const bad of [
    undefined,
    {},
    { user: 'bob', group: 'course' },
    { user: 'bob', more: 1 },
    { user: 'ghost' },
    { group: 'ghosts' },
    { user: 'bob', scopes: ['read:servers!server=ana/'] },
    { user: 'bob', scopes: ['access:servers!user=ana'] },
    { user: 'bob', scopes: ['nonsense'] },
    { user: 'bob', scopes: 'read:servers' },
  ])
    t.equal((await admin('POST', `${shares}/lab`, bad)).status, 400, JSON.stringify(bad))
  t.equal((await admin('POST', `${shares}/none`, { user: 'bob' })).status, 404)
  t.equal((await admin('PUT', shares, {})).status, 405)
  t.equal(context.store.shares.countOfOwner(ana.id, context.clock.now()), 0)
})

t.test('the default server is shared at an address that ends with a slash', async (t) => {
  const { admin, as, ana } = await setUp(t)
  t.equal((await admin('POST', `${shares}/`, { group: 'course' })).status, 200)
  await admin('POST', `${shares}/lab`, { user: 'bob' })
  const { json } = await as(ana)('GET', shares)
  t.match(json, { items: [{ kind: 'group', group: { name: 'course' } }, { kind: 'user' }] })
  t.match(json._pagination, { total: 2, next: null }, 'paginated whatever the client accepts')
  t.match((await admin('GET', `${shares}/?limit=1`)).json, {
    items: [{ server: { name: '', url: '/user/ana/' }, scopes: ['access:servers!server=ana/'] }],
    _pagination: { total: 1 },
  })
  t.equal((await admin('DELETE', `${shares}/`)).status, 204)
  t.match((await admin('GET', `${shares}/`)).json, { items: [] })
})
