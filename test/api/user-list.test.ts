/** `GET /users`: pages, filters, order (contract §0.8, §3.4, §9.14–9.19, §9.28). */
import { type Test } from 'tap'
import t from 'tap'
import { startApi } from '../support/api.ts'

const paginated = { accept: 'application/jupyterhub-pagination+json' }

const namesOf = (users: unknown): string[] =>
  (users as readonly { readonly name: string }[]).map(({ name }) => name)

async function createScene(t: Test) {
  const api = await startApi(t)
  const admin = api.addUser('admin')
  for (const name of ['ana', 'ben', 'ina', 'zoe']) api.addUser(name)
  const call = api.as(admin)
  const list = (query: string, headers = {}) =>
    call('GET', `/hub/api/users${query}`, undefined, headers)
  const names = async (query: string): Promise<string[]> => namesOf((await list(query)).json)
  const userOf = (name: string) => api.context.store.users.getByName(name)
  return { ...api, admin, list, names, userOf }
}

t.test('pages lead through all users, each once (§9.14)', async (t) => {
  const { list, as, admin, origin } = await createScene(t)
  const seen: string[] = []
  let path: string | undefined = '/hub/api/users?limit=2&sort=name'
  for (let pages = 0; path !== undefined && pages < 10; pages += 1) {
    const { json } = await as(admin)('GET', path, undefined, paginated)
    seen.push(...namesOf(json.items))
    t.equal(json._pagination.total, 5)
    const next: string | undefined = json._pagination.next?.url
    if (next !== undefined) t.equal(new URL(next).origin, origin, 'absolute, as the client asked')
    path = next?.slice(origin.length)
  }
  t.same(seen, ['admin', 'ana', 'ben', 'ina', 'zoe'])
  t.equal((await list('?limit=2')).json.length, 2, 'a bare list, cut')
})

t.test('odd limits become possible ones, and what is no number is refused (§9.15)', async (t) => {
  const { list } = await createScene(t)
  const limitOf = async (query: string): Promise<unknown> =>
    (await list(query, paginated)).json._pagination.limit
  t.equal(await limitOf('?limit=-3'), 3)
  t.equal(await limitOf('?limit=0'), 1)
  t.equal(await limitOf('?limit=99999'), 200)
  t.equal(await limitOf(''), 50)
  for (const query of ['?limit=x', '?offset=1.5', '?limit=1e3'])
    t.match(await list(query), { status: 400, json: { message: /must be integers/ } })
})

t.test('users are found by the state of their servers (§9.16)', async (t) => {
  const { names, list, context, userOf, serverOf, spawner } = await createScene(t)
  await context.servers.start(serverOf(userOf('ana')))
  spawner.behaviour = 'hangs'
  const hanging = context.servers.start(serverOf(userOf('ben')))
  hanging.catch(() => undefined)
  t.same(await names('?state=ready'), ['ana'])
  t.same(await names('?state=active'), ['ana', 'ben'])
  t.same(await names('?state=inactive'), ['admin', 'ina', 'zoe'])
  t.match(await list('?state=bogus'), { status: 400, json: { message: /state filter/ } })
  const { json } = await list('?state=active&limit=1', paginated)
  t.equal(json._pagination.total, 2)
  spawner.release()
  await hanging.catch(() => undefined)
})

t.test('a part of the name, whatever its case, finds (§9.17)', async (t) => {
  const { names, list } = await createScene(t)
  t.same(await names('?name_filter=IN'), ['admin', 'ina'])
  t.same(await names('?name_filter=%25'), [], 'no wildcards')
  t.equal((await list('?name_filter=in&limit=1', paginated)).json._pagination.total, 2)
})

t.test('order is by id, name or activity, both ways (§9.18)', async (t) => {
  const { names, list, context, userOf } = await createScene(t)
  context.activity.report(userOf('ben').id, new Date('2026-01-31T11:00:00Z'), new Map())
  context.activity.flush()
  t.same(await names('?sort=-name'), ['zoe', 'ina', 'ben', 'ana', 'admin'])
  t.equal((await names('?sort=last_activity'))[0], 'admin', 'those who never were, first')
  t.same((await names('?sort=-last_activity')).slice(0, 2).includes('ben'), true)
  t.match(await list('?sort=foo'), { status: 400, json: { message: /last_activity/ } })
})

t.test('stopped servers are shown to who asks for them (§9.19)', async (t) => {
  const { list, userOf, serverOf } = await createScene(t)
  serverOf(userOf('ana'), 'lab')
  const serversOf = async (query: string) =>
    (await list(`?name_filter=ana${query}`)).json[0].servers as Readonly<Record<string, unknown>>
  for (const query of ['', '&include_stopped_servers=0', '&include_stopped_servers=False'])
    t.same(await serversOf(query), {}, query)
  for (const query of ['&include_stopped_servers=1', '&include_stopped_servers']) {
    const servers = await serversOf(query)
    t.same(Object.keys(servers).sort(), ['', 'lab'])
    t.match(servers[''], { stopped: true, ready: false, pending: null, url: '/user/ana/' })
    t.match(servers['lab'], { full_name: 'ana/lab', url: '/user/ana/lab/' })
  }
})

t.test('who may list some sees some, and how many those are (§9.28)', async (t) => {
  const { as, admin } = await createScene(t)
  const list = (...scopes: string[]) =>
    as(admin, scopes)('GET', '/hub/api/users', undefined, paginated)
  const { json } = await list('list:users!user=ana', 'list:users!user=zoe')
  t.same(json.items, [
    { kind: 'user', name: 'ana', user_info: null, admin: false },
    { kind: 'user', name: 'zoe', user_info: null, admin: false },
  ])
  t.equal(json._pagination.total, 2)
  t.match(await list('list:users!user=ghost'), { status: 200, json: { items: [] } })
  t.equal((await list('list:users!server=ana/')).status, 403)
  t.equal((await list('read:users')).status, 403)
})

t.test('nobody and ordinary users list nothing', async (t) => {
  const { nobody, as, userOf } = await createScene(t)
  t.equal((await nobody('GET', '/hub/api/users')).status, 403)
  t.equal((await as(userOf('ana'))('GET', '/hub/api/users')).status, 403)
})
