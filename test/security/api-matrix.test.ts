/** Who gets in where: every route of the API against every kind of caller, made from the table of routes. */
import t from 'tap'
import { startApi, type Api, type Call, type Route } from '../support/api.ts'

/** Routes where nothing is asked of anybody, or whose credential is in the body. */
const isOpen = ({ method, path }: Route): boolean =>
  method === 'OPTIONS' || /^\/hub\/api\/?$|\/(?:health|openapi\.json|oauth2\/token|\*)$/.test(path)

/** Any credential is enough to be told that there is nothing. */
const isForAnyCredential = ({ path }: Route): boolean =>
  path === '/hub/api/user' || path.includes('/authorizations/')

const isEnd = ({ path }: Route): boolean => path.endsWith('/shutdown')

const addressOf = ({ path }: Route): string =>
  path
    .replace('/users/:name', '/users/ana')
    .replace(':name', 'ana')
    .replace(':server', 'lab')
    .replace(':owner', 'zed')
    .replace(':group', 'course')
    .replace(':service', 'cull')
    .replace(':id', 'a999')
    .replace(/:[a-z]+/, 'x')

async function setUp(t: Parameters<typeof startApi>[0]): Promise<Api> {
  const api = await startApi(t, { settings: { 'spawner.named_server_limit_per_user': '3' } })
  for (const name of ['ana', 'bob', 'admin', 'zed']) api.addUser(name)
  return api
}

const bodyOf = ({ method }: Route): string | undefined => (method === 'GET' ? undefined : '{}')

/** Statuses by route; each caller meets a world that the ones before did not change much: all bodies are `{}`. */
async function statusesOf(call: Call, routes: readonly Route[]): Promise<Map<string, number>> {
  const statuses = new Map<string, number>()
  for (const route of routes) {
    const { status } = await call(route.method, addressOf(route), bodyOf(route))
    statuses.set(`${route.method} ${route.path}`, status)
  }
  return statuses
}

const except = (statuses: ReadonlyMap<string, number>, allowed: readonly number[]): string[] =>
  [...statuses].filter(([, status]) => !allowed.includes(status)).map((pair) => pair.join(' '))

t.test('nobody, expired and revoked tokens, blocked users: 403 everywhere', async (t) => {
  const api = await setUp(t)
  const { context, clock } = api
  const ana = context.store.users.getByName('ana')
  const expired = context.tokens.issue({ user: ana, note: '', expiresInSeconds: 1 })
  const revoked = context.tokens.issue({ user: ana, note: '' })
  const blocked = context.tokens.issue({ user: context.store.users.getByName('zed'), note: '' })
  context.tokens.revoke(revoked.token)
  await context.users.setDisabled(context.store.users.getByName('zed'), true)
  clock.advance(2000)
  const routes = api.routes.filter((route) => !isOpen(route))
  t.ok(routes.length > 60, 'the routes were found')
  const callers = {
    nobody: api.nobody,
    expired: api.withToken(expired.secret),
    revoked: api.withToken(revoked.secret),
    blocked: api.withToken(blocked.secret),
    nonsense: api.withToken('nonsense'),
  }
  for (const [name, call] of Object.entries(callers))
    t.same(except(await statusesOf(call, routes), [403]), [], name)
})

t.test('a token that may do nothing, and somebody else: 403 or 404 everywhere', async (t) => {
  const api = await setUp(t)
  const bob = api.context.store.users.getByName('bob')
  const routes = api.routes.filter((route) => !isOpen(route) && !isForAnyCredential(route))
  const narrow = api.as(bob, ['read:users:activity!user'])
  t.same(except(await statusesOf(narrow, routes), [403, 404]), [], 'narrow')
  t.same(except(await statusesOf(api.as(bob), routes), [403, 404]), [], 'wrong user')
  api.context.groups.createMany(['course'], ['bob'])
  t.same(except(await statusesOf(api.as(bob), routes), [403, 404]), [], 'member of the group')
  const member = api.as(api.context.store.users.getByName('admin'), ['read:users!group=course'])
  t.same((await member('GET', '/hub/api/users/bob')).status, 200)
  t.same((await member('GET', '/hub/api/users/ana')).status, 404)
})

t.test(
  'the right user is never told 403 about their own, an administrator never at all',
  async (t) => {
    const api = await setUp(t)
    const { store } = api.context
    // Limits are not for their owner to lift.
    const isLimit = ({ path, method }: Route): boolean =>
      method === 'PATCH' && path.endsWith('/limits')
    const own = api.routes.filter(
      (route) =>
        (!isLimit(route) &&
          /\/users\/:name\/(?:server|servers|tokens|activity|shared)/.test(route.path)) ||
        (route.path === '/hub/api/users/:name' && route.method === 'GET'),
    )
    t.ok(own.length > 15)
    const bad = [...(await statusesOf(api.as(store.users.getByName('ana')), own))]
    t.same(
      bad.filter(([, status]) => status === 403 || status >= 500),
      [],
      'right user',
    )
    // Without the user there would be nobody to ask about.
    const isRemoval = ({ method, path }: Route): boolean =>
      method === 'DELETE' && path === '/hub/api/users/:name'
    const routes = api.routes.filter(
      (route) => !isOpen(route) && !isEnd(route) && !isRemoval(route),
    )
    const all = [...(await statusesOf(api.as(store.users.getByName('admin')), routes))]
    t.same(
      all.filter(([, status]) => status === 403 || status >= 500),
      [],
      'admin',
    )
  },
)
