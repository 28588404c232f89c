/** `GET /users`: filter, sort and page, as far as the caller may see (contract §3.4). */
import { type FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { forbidden, invalidInput } from '../lib/errors.ts'
import { mapInTurns } from '../lib/turns.ts'
import { type Reach } from '../model/scope.ts'
import { type User } from '../model/user.ts'
import { type StoreReader } from '../store/store.ts'
import { type UserFilter } from '../store/users.ts'
import { callerOf, type ApiNeeds } from './guard.ts'
import { lastOf, pageQuery, paginate, queryOf, readPage } from './page.ts'
import { type Presenter } from './present.ts'
import { stoppedQuery, wantsStopped } from './users.ts'
import { listOf, user as userShape } from './schemas.ts'

/** So many are shown in one go: others wait meanwhile. */
const usersAtOnce = 10

const states = ['active', 'ready', 'inactive'] as const
const sortKeys = ['id', 'name', 'last_activity'] as const
const query = {
  ...pageQuery,
  ...stoppedQuery,
  state: Type.Enum(['', ...states], { description: 'Whose servers are in this state.' }),
  name_filter: Type.String({ description: 'A part of the name, in any case.' }),
  sort: Type.Enum([...sortKeys, ...sortKeys.map((key) => `-${key}`)], {
    description: 'By what they are sorted; with a - the other way round.',
  }),
}

export function userListRoutes(
  app: FastifyInstance,
  { store, present, config }: ApiNeeds & { readonly present: Presenter },
): void {
  const listing = {
    scope: 'list:users',
    target: 'listed',
    query,
    answers: { 200: listOf(Type.Array(userShape)) },
  } as const
  app.get('/users', { config: listing }, async (request) => {
    const { scopes } = callerOf(request)
    const page = readPage(request, config.api)
    const reach = reachOf(scopes.reach('list:users'), store)
    const filter = { ...readFilter(queryOf(request)), ...reach }
    const options = { stoppedServers: wantsStopped(request) }
    const users = store.users.list({ ...filter, ...readSort(queryOf(request)), ...page })
    const total = page.wrapped ? store.users.countOf(filter) : users.length
    const shown = await mapInTurns(piecesOf(users), (some) => present.users(some, scopes, options))
    return paginate(request, page, { items: shown.flat(), total })
  })
}

function piecesOf(users: readonly User[]): User[][] {
  const count = Math.ceil(users.length / usersAtOnce)
  return Array.from({ length: count }, (_, index) =>
    users.slice(index * usersAtOnce, (index + 1) * usersAtOnce),
  )
}

/** Whom the caller's right to list is about. @throws {HubError} Forbidden when it is about no user at all. */
function reachOf(reach: Reach | undefined, { groups }: StoreReader): Pick<UserFilter, 'names'> {
  if (reach === 'everything') return {}
  if (reach?.user === undefined && reach?.group === undefined)
    throw forbidden('The scope list:users of these credentials is not about users.')
  const members = [...(reach.group ?? [])].flatMap((name) => {
    const group = groups.findByName(name)
    return group ? groups.listMembers(group.id) : []
  })
  return { names: [...(reach.user ?? []), ...members] }
}

function readFilter(query: URLSearchParams): UserFilter {
  const search = lastOf(query, 'name_filter') ?? ''
  const given = lastOf(query, 'state') ?? ''
  const state = states.find((one) => one === given)
  if (given !== '' && state === undefined)
    throw invalidInput(`Unrecognized state filter: ${JSON.stringify(given.slice(0, 40))}`)
  return { ...(search === '' ? {} : { search }), ...(state === undefined ? {} : { state }) }
}

function readSort(query: URLSearchParams): {
  readonly sort: (typeof sortKeys)[number]
  readonly descending: boolean
} {
  const given = lastOf(query, 'sort') ?? 'id'
  const descending = given.startsWith('-')
  const sort = sortKeys.find((key) => key === (descending ? given.slice(1) : given))
  if (sort === undefined)
    throw invalidInput(`sort must be one of ${sortKeys.join(', ')}, with or without a leading -`)
  return { sort, descending }
}
