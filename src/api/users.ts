/** `/user` and `/users`: who there is; add, change, remove (contract §3.3, §3.4, §3.7). */
import { type FastifyInstance, type FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type Caller } from '../core/access.ts'
import { label } from '../core/servers.ts'
import { conflict, forbidden, HubError, invalidInput } from '../lib/errors.ts'
import { roles } from '../model/role.ts'
import { normaliseName, type User } from '../model/user.ts'
import { parse, readJson } from './body.ts'
import { callerOf, namesIn, type ApiNeeds } from './guard.ts'
import { type Json, type Presenter } from './present.ts'
import { within } from './within.ts'
import { identity, refusal, user as userShape } from './schemas.ts'

type UserNeeds = ApiNeeds & { readonly present: Presenter }

/** Most users added in one request: each is a write, and others wait meanwhile. */
const mostNames = 1000

const newUsers = Type.Object({
  usernames: Type.Array(Type.String({ maxLength: 300 }), { minItems: 1, maxItems: mostNames }),
  admin: Type.Optional(Type.Boolean()),
})
const newUser = Type.Object({ admin: Type.Optional(Type.Boolean()) })
const userChange = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 300 })),
    admin: Type.Optional(Type.Boolean()),
    auth_state: Type.Optional(
      Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
)

export function userRoutes(app: FastifyInstance, needs: UserNeeds): void {
  const { store, users, present, authStates } = needs

  app.get('/user', { config: { scope: 'any-credential', answers: { 200: identity } } }, (request) =>
    whoIs(callerOf(request), needs),
  )

  const adding = { scope: 'admin:users', body: newUsers, needsBody: true } as const
  const added = { answers: { 201: Type.Array(userShape), 409: refusal } }
  app.post(
    '/users',
    { bodyLimit: needs.config.body_limit, config: { ...adding, ...added } },
    (request, reply) => {
      const caller = callerOf(request)
      const { usernames, admin = false } = parse(newUsers, readJson(request))
      if (admin) requireAllRights(caller)
      const names = readNames(usernames).filter((name) => !store.users.findByName(name))
      if (names.length === 0) throw conflict(`All ${usernames.length} users already exist`)
      const made = names.map((name) => users.add(name, { admin }))
      return reply.code(201).send(present.users(made, caller.scopes))
    },
  )

  const named = { scope: 'admin:users', target: 'user' } as const
  const making = { ...named, body: newUser, answers: { 201: userShape, 409: refusal } }
  app.post('/users/:name', { config: making }, (request, reply) => {
    const caller = callerOf(request)
    const { admin = false } = parse(newUser, readJson(request) ?? {})
    if (admin) requireAllRights(caller)
    const user = users.add(namesIn(request).user, { admin })
    return reply.code(201).send(present.user(user, caller.scopes))
  })

  const changing = {
    ...named,
    body: userChange,
    needsBody: true,
    answers: { 200: userShape, 409: refusal },
  } as const
  app.patch('/users/:name', { bodyLimit: needs.config.body_limit, config: changing }, (request) => {
    const caller = callerOf(request)
    const user = userIn(request, needs)
    const change = parse(userChange, readJson(request))
    if (user.admin || change.admin === true) requireAllRights(caller)
    if (change.auth_state && !authStates.isOn) throw invalidInput(keepsNoState)
    const renamed = change.name === undefined ? user : users.rename(user, change.name)
    if (change.admin !== undefined) users.setAdmin(renamed, change.admin)
    if (change.auth_state !== undefined) authStates.keep(user.id, change.auth_state ?? undefined)
    const changed = store.users.getByName(renamed.name)
    return present.user(changed, caller.scopes, { authState: true })
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
  const reading = {
    scope: read,
    target: 'user',
    query: stoppedQuery,
    answers: { 200: userShape },
  } as const
  app.get('/users/:name', { config: reading }, (request) =>
    present.user(userIn(request, needs), callerOf(request).scopes, {
      stoppedServers: wantsStopped(request),
      authState: true,
    }),
  )

  // What JupyterHub once did here, its front door does at each request: who holds `servers` may look in.
  app.post(
    '/users/:name/admin-access',
    { config: { scope: 'servers', target: 'user', answers: { 200: 'nothing' } } },
    (request, reply) => {
      userIn(request, needs)
      return reply.code(200).send('')
    },
  )

  const answers = { 202: 'nothing', 204: 'nothing' } as const
  const remove = { scope: 'delete:users', target: 'user', answers } as const
  app.delete('/users/:name', { config: remove }, async (request, reply) => {
    const caller = callerOf(request)
    const user = userIn(request, needs)
    if ('user' in caller && user.id === caller.user.id)
      throw invalidInput('Cannot delete yourself!')
    if (user.admin) requireAllRights(caller)
    const stopping = store.servers.listOf(user.id).find(({ state }) => state === 'stopping')
    if (stopping) throw invalidInput(`${label(stopping)} is pending stop`)
    const outcome = await within(users.remove(user), config.spawner.slow_stop_timeout)
    return reply.code(outcome === 'late' ? 202 : 204).send()
  })
}

const keepsNoState = 'auth_state: this hub keeps none; its setting auth.enable_auth_state is off.'

/** The credential's owner, with what it is and may do (contract §3.3). */
function whoIs(caller: Caller, { present, rights }: UserNeeds): Json {
  const scopes = caller.scopes.list()
  if ('service' in caller) {
    const { service, credential } = caller
    const roles = rights.listRolesOfService(service)
    const shown = { kind: 'service', name: service.name, admin: service.admin, roles }
    return { ...shown, token_id: `a${credential.token.id}`, session_id: null, scopes }
  }
  const { credential } = caller
  const ids =
    credential.kind === 'token'
      ? {
          token_id: `a${credential.token.id}`,
          session_id: credential.token.sessionPublicId ?? null,
        }
      : { token_id: null, session_id: credential.session.publicId }
  return { ...present.user(caller.user, caller.scopes), ...ids, scopes }
}

/** @throws {HubError} NotFound */
export function userIn(request: FastifyRequest, { store }: Pick<ApiNeeds, 'store'>): User {
  return store.users.getByName(namesIn(request).user)
}

export const stoppedQuery = {
  include_stopped_servers: Type.String({ description: 'Anything but 0 and false.' }),
}

/** JupyterHub: any value but these. */
export function wantsStopped(request: FastifyRequest): boolean {
  const given = new URL(request.url, 'http://hub').searchParams.get('include_stopped_servers')
  return given !== null && !['0', 'false'].includes(given.toLowerCase())
}

/** Nobody hands out, or acts on, rights that they lack themselves (security S-06). */
function requireAllRights(caller: Caller): void {
  if (!roles.admin.scopes.every((scope) => caller.scopes.has(scope)))
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
