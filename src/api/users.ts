/** `/user` and `/users`: who there is; add, change, remove (contract §3.3, §3.4, §3.7). */
import { type FastifyInstance, type FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type Principal } from '../core/access.ts'
import { label } from '../core/servers.ts'
import { conflict, forbidden, HubError, invalidInput } from '../lib/errors.ts'
import { roles } from '../model/role.ts'
import { normaliseName, type User } from '../model/user.ts'
import { parse, readJson } from './body.ts'
import { namesIn, principalOf, type ApiNeeds } from './guard.ts'
import { type Presenter } from './present.ts'
import { within } from './within.ts'

type UserNeeds = ApiNeeds & { readonly present: Presenter }

/** Most users added in one request: each is a write, and others wait meanwhile. */
const mostNames = 1000

const newUsers = Type.Object({
  usernames: Type.Array(Type.String({ maxLength: 300 }), { minItems: 1, maxItems: mostNames }),
  admin: Type.Optional(Type.Boolean()),
})
const newUser = Type.Object({ admin: Type.Optional(Type.Boolean()) })
const userChange = Type.Object(
  { name: Type.Optional(Type.String({ maxLength: 300 })), admin: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
)

export function userRoutes(app: FastifyInstance, needs: UserNeeds): void {
  const { store, users, present } = needs

  app.get('/user', { config: { scope: 'any-credential' } }, (request) => {
    const { user, scopes, credential } = principalOf(request)
    const isToken = credential.kind === 'token'
    return {
      ...present.user(user, scopes),
      token_id: isToken ? `a${credential.token.id}` : null,
      session_id: isToken
        ? (credential.token.sessionPublicId ?? null)
        : credential.session.publicId,
      scopes: scopes.list(),
    }
  })

  app.post('/users', { config: { scope: 'admin:users' } }, (request, reply) => {
    const principal = principalOf(request)
    const { usernames, admin = false } = parse(newUsers, readJson(request))
    if (admin) requireAllRights(principal)
    const names = readNames(usernames).filter((name) => !store.users.findByName(name))
    if (names.length === 0) throw conflict(`All ${usernames.length} users already exist`)
    const added = names.map((name) => users.add(name, { admin }))
    return reply.code(201).send(added.map((user) => present.user(user, principal.scopes)))
  })

  const named = { scope: 'admin:users', target: 'user' } as const
  app.post('/users/:name', { config: named }, (request, reply) => {
    const principal = principalOf(request)
    const { admin = false } = parse(newUser, readJson(request) ?? {})
    if (admin) requireAllRights(principal)
    const user = users.add(namesIn(request).user, { admin })
    return reply.code(201).send(present.user(user, principal.scopes))
  })

  app.patch('/users/:name', { config: named }, (request) => {
    const principal = principalOf(request)
    const user = userIn(request, needs)
    const change = parse(userChange, readJson(request))
    if (user.admin || change.admin === true) requireAllRights(principal)
    if (change.name !== undefined && normaliseName(change.name) !== user.name)
      throw invalidInput('Users of this hub keep their names.')
    if (change.admin !== undefined) users.setAdmin(user, change.admin)
    return present.user(store.users.getByName(user.name), principal.scopes)
  })

  oneUserRoutes(app, needs)
}

function oneUserRoutes(app: FastifyInstance, needs: UserNeeds): void {
  const { store, users, present, config } = needs

  const read = [
    'read:users',
    'read:users:name',
    'read:servers',
    'read:users:groups',
    'read:users:activity',
    'read:roles:users',
  ] as const
  app.get('/users/:name', { config: { scope: read, target: 'user' } }, (request) =>
    present.user(userIn(request, needs), principalOf(request).scopes, {
      stoppedServers: wantsStopped(request),
    }),
  )

  const remove = { scope: 'delete:users', target: 'user' } as const
  app.delete('/users/:name', { config: remove }, async (request, reply) => {
    const principal = principalOf(request)
    const user = userIn(request, needs)
    if (user.id === principal.user.id) throw invalidInput('Cannot delete yourself!')
    if (user.admin) requireAllRights(principal)
    const stopping = store.servers.listOf(user.id).find(({ state }) => state === 'stopping')
    if (stopping) throw invalidInput(`${label(stopping)} is pending stop`)
    const outcome = await within(users.remove(user), config.spawner.slow_stop_timeout)
    return reply.code(outcome === 'late' ? 202 : 204).send()
  })
}

/** @throws {HubError} NotFound */
export function userIn(request: FastifyRequest, { store }: Pick<ApiNeeds, 'store'>): User {
  return store.users.getByName(namesIn(request).user)
}

/** JupyterHub: any value but these. */
export function wantsStopped(request: FastifyRequest): boolean {
  const given = new URL(request.url, 'http://hub').searchParams.get('include_stopped_servers')
  return given !== null && !['0', 'false'].includes(given.toLowerCase())
}

/** Nobody hands out, or acts on, rights that they lack themselves (security S-06). */
function requireAllRights(principal: Principal): void {
  if (!roles.admin.scopes.every((scope) => principal.scopes.has(scope)))
    throw forbidden('Only an administrator can make, change or remove administrators.')
}

/** Each once, as it will be stored. @throws {HubError} InvalidInput that names every impossible one; none is added. */
function readNames(rawNames: readonly string[]): string[] {
  const names = new Set<string>()
  const impossible: string[] = []
  for (const rawName of rawNames) {
    try {
      names.add(normaliseName(rawName))
    } catch (thrown) {
      if (!(thrown instanceof HubError)) throw thrown
      impossible.push(JSON.stringify(rawName.slice(0, 80)))
    }
  }
  if (impossible.length === 0) return [...names]
  const plural = impossible.length === 1 ? '' : 's'
  throw invalidInput(`Invalid username${plural}: ${impossible.slice(0, 20).join(', ')}`)
}
