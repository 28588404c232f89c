/** Random bodies, names, queries and scopes at every route: never a 500, never a hang, never another user's data. */
import t from 'tap'
import { HubError } from '../../src/lib/errors.ts'
import { scopeTable } from '../../src/model/scope-table.ts'
import { startApi, type Route } from '../support/api.ts'

/** Another seed by `SEED=…`; the same one gives the same requests. */
const seed = Number(process.env['SEED'] ?? 20260131)
const rounds = 6

/** @see mulberry32 */
function createRandom(start: number) {
  let state = start
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  const pick = <Item>(items: readonly [Item, ...Item[]]): Item =>
    items[below(items.length)] ?? items[0]
  return { below, pick }
}
type Random = ReturnType<typeof createRandom>

const odd = [
  'ana',
  'course',
  'cull',
  '',
  ' ',
  '..',
  '.',
  '%2e%2e',
  'a/b',
  '__proto__',
  'constructor',
  'null',
  'x'.repeat(300),
  '秀樹',
  '\u0000',
  '\u202e',
  '😀',
  "' or 1=1 --",
  '{}',
  'ANA',
  '-1',
  'a!user=ana',
] as const

const keys = [
  'usernames',
  'admin',
  'name',
  'groups',
  'users',
  'roles',
  'scopes',
  'note',
  'expires_in',
  'auth',
  'user',
  'group',
  'display_name',
  'user_options',
  'remove',
  'last_activity',
  'servers',
  'url',
  'api_token',
  'info',
  'oauth_client_id',
  'oauth_client_allowed_scopes',
  'auth_state',
  'proxy',
  '__proto__',
  'constructor',
  'toString',
] as const

function randomValue(random: Random, depth: number): unknown {
  const kind = random.below(depth > 2 ? 6 : 9)
  if (kind === 0) return random.pick([true, false, null])
  if (kind === 1) return random.pick([0, -1, 1.5, 1e308, 2 ** 53, 60])
  if (kind < 5) return random.pick(odd)
  if (kind === 5) return random.pick(['2026-01-31T12:00:00Z', 'read:users!user=ana', 'inherit'])
  const size = random.below(4)
  if (kind === 6) return Array.from({ length: size }, () => randomValue(random, depth + 1))
  return Object.fromEntries(
    Array.from({ length: size }, () => [random.pick(keys), randomValue(random, depth + 1)]),
  )
}

const randomBody = (random: Random): string =>
  random.below(8) === 0
    ? random.pick(['', '{', 'null', '[]', '"', '\ufeff{}', '[[[[[[', '{"a":'])
    : JSON.stringify(randomValue(random, 0))

const randomAddress = ({ path }: Route, random: Random, isOther: boolean): string => {
  const query = ['', '', '?limit=x', '?offset=-5&limit=0', '?state=ready', '?sort=%00', '?id=sc_9']
  const filled = path.replace(/:[a-z]+/g, (name) => {
    if (isOther && name === ':name') return 'secretive'
    return encodeURIComponent(random.pick(odd))
  })
  return filled.replace('*', 'x') + random.pick(['', ...query])
}

const isEnd = ({ path }: Route): boolean => path.endsWith('/shutdown')

/** Whatever is theirs and nobody else's. */
const mark = 'only-secretive-knows'

t.test(`whatever is sent, an answer comes (SEED=${seed})`, async (t) => {
  const random = createRandom(seed)
  const api = await startApi(t, { settings: { 'spawner.named_server_limit_per_user': '3' } })
  const admin = api.addUser('admin')
  api.addUser('ana')
  api.context.groups.createMany(['course'])
  const failures: string[] = []
  for (let round = 0; round < rounds; round++)
    for (const route of api.routes.filter((one) => !isEnd(one))) {
      const [address, body] = [randomAddress(route, random, false), randomBody(random)]
      const { status, text } = await api.as(admin)(route.method, address, body)
      if (status >= 500 && !text.includes('Spawn failed'))
        failures.push(`${route.method} ${address} ${body} → ${status} ${text.slice(0, 100)}`)
    }
  t.same(failures, [])
  const crashes = api.lines.filter((line) => line.includes('"API failed"'))
  t.same(crashes, [])
})

t.test(
  `whatever scopes of one’s own are held, nobody else’s data comes (SEED=${seed})`,
  async (t) => {
    const random = createRandom(seed)
    const api = await startApi(t)
    const ana = api.addUser('ana')
    const secretive = api.addUser('secretive')
    api.context.tokens.issue({ user: secretive, note: mark })
    api.context.store.servers.update(api.serverOf(secretive).id, {
      options: { mark },
      displayName: mark,
    })
    const names = Object.keys(scopeTable) as [string, ...string[]]
    const leaks: string[] = []
    const routes = api.routes.filter((one) => one.path.includes(':name') && !isEnd(one))
    for (let round = 0; round < rounds; round++) {
      const scopes = Array.from({ length: 3 }, () => `${random.pick(names)}!user`)
      const issue = () => api.as(ana, scopes)
      const call = await Promise.resolve()
        .then(issue)
        .catch(() => api.as(ana))
      for (const route of routes) {
        const [address, body] = [randomAddress(route, random, true), randomBody(random)]
        const { status, text } = await call(route.method, address, body)
        const isLeak = text.includes(mark) || (status < 300 && route.method !== 'OPTIONS')
        if (isLeak || status >= 500)
          leaks.push(`${route.method} ${address} ${body} → ${status} ${text}`)
      }
    }
    t.same(leaks, [])
    t.match(api.context.store.users.getByName('secretive'), { admin: false, id: secretive.id })
  },
)

const filters = [
  '!user=ana',
  '!group=course',
  '!server=ana/',
  '!service=cull',
  '!server=ana/lab',
] as const

t.test(`a right to one is no right to another, whatever it is (SEED=${seed})`, async (t) => {
  const random = createRandom(seed)
  const api = await startApi(t)
  const { context } = api
  const admin = api.addUser('admin')
  api.addUser('ana')
  const secretive = api.addUser('secretive')
  context.groups.createMany(['course'], ['ana'])
  context.groups.createMany(['secretive-group'], ['secretive'])
  context.services.declare([
    { name: 'cull', command: [] },
    { name: 'secretive-service', command: [] },
  ])
  context.tokens.issue({ user: secretive, note: mark })
  const hidden = { options: { mark }, displayName: mark }
  context.store.servers.update(api.serverOf(secretive).id, hidden)

  const names = Object.keys(scopeTable) as [string, ...string[]]
  const randomScope = (): string => random.pick(names) + random.pick(filters)
  const leaks: string[] = []
  const routes = api.routes.filter((one) => !isEnd(one) && one.method !== 'OPTIONS')
  for (let round = 0; round < rounds; round++) {
    const call = issueSome(() => api.as(admin, [randomScope(), randomScope(), randomScope()]))
    for (const route of routes) {
      const isAimed = route.path.includes(':') && random.below(2) === 0
      const address = isAimed
        ? route.path.replace(
            /:(name|group|service|[a-z]+)/g,
            (_, kind: string) => aims[kind] ?? 'x',
          )
        : randomAddress(route, random, false)
      const { status, text } = await call(route.method, address, randomBody(random))
      const mayNameThem = isAimed || route.method !== 'GET'
      const isLeak = text.includes(mark) || (!mayNameThem && text.includes('secretive'))
      if (isLeak || status >= 500 || (isAimed && status < 300 && isAboutThem(route)))
        leaks.push(`${route.method} ${address} → ${status} ${text.slice(0, 200)}`)
    }
  }
  t.same(leaks, [])
})

/** Names of what the caller has no right to. */
const aims: Readonly<Record<string, string>> = {
  name: 'secretive',
  group: 'secretive-group',
  service: 'secretive-service',
  owner: 'secretive',
}

const isAboutThem = ({ path }: Route): boolean => /:(?:name|group|service)/.test(path)

/** Some combinations of scope and filter are none; then others are tried. */
function issueSome<Result>(issue: () => Result): Result {
  for (;;)
    try {
      return issue()
    } catch (thrown) {
      if (!(thrown instanceof HubError)) throw thrown
    }
}
