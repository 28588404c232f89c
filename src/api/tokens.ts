/** `/users/:name/tokens`: list, issue, revoke (contract §3.6). */
import { type FastifyInstance, type FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type Caller } from '../core/access.ts'
import { type RightsReader } from '../core/rights.ts'
import { forbidden, HubError, invalidInput, notFound } from '../lib/errors.ts'
import { sessionCookie } from '../model/session.ts'
import { type Token } from '../model/token.ts'
import { parse, readJson } from './body.ts'
import { findCaller, namesIn, type ApiNeeds } from './guard.ts'
import { type Presenter } from './present.ts'
import { newToken, refusal, token as tokenShape, tokens as tokenShapes } from './schemas.ts'

const nullable = <Schema extends Type.TSchema>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]))

const credentials = Type.Object({
  username: Type.String({ maxLength: 600 }),
  password: Type.String({ maxLength: 5000 }),
})
const tokenRequest = Type.Object({
  note: nullable(Type.String({ maxLength: 1000 })),
  expires_in: nullable(Type.Integer({ minimum: 1, maximum: 10_000_000_000 })),
  scopes: nullable(Type.Array(Type.String({ maxLength: 500 }), { maxItems: 200 })),
  roles: nullable(Type.Array(Type.String({ maxLength: 300 }), { maxItems: 50 })),
  auth: nullable(credentials),
})
type Wanted = Type.Static<typeof tokenRequest>

export function tokenRoutes(
  app: FastifyInstance,
  needs: ApiNeeds & { readonly present: Presenter },
): void {
  const { store, clock, tokens, present, rights } = needs
  const read = { scope: 'read:tokens', target: 'user' } as const
  const write = { scope: 'tokens', target: 'user' } as const

  const tokenIn = (request: FastifyRequest): Token => {
    const { id = '' } = request.params as { readonly id?: string }
    const token = store.tokens.find(Number(/^a(\d{1,15})$/.exec(id)?.[1] ?? 0))
    const isOver = token?.expiresAt !== undefined && token.expiresAt <= clock.now()
    if (!token || isOver || token.userName !== namesIn(request).user)
      throw notFound(`No such token ${id.slice(0, 40)}`)
    return token
  }

  app.get(
    '/users/:name/tokens',
    { config: { ...read, answers: { 200: tokenShapes } } },
    (request) => {
      const user = store.users.getByName(namesIn(request).user)
      return {
        api_tokens: store.tokens.listOf(user.id, clock.now()).map((one) => present.token(one)),
      }
    },
  )

  const answers = { 201: newToken, 429: refusal }
  const issuing = { ...write, credentialInBody: true, body: tokenRequest, answers } as const
  app.post('/users/:name/tokens', { config: issuing }, async (request, reply) => {
    const { user: name } = namesIn(request)
    const issuer = findCaller(request) ?? (await callerInBody(request, needs))
    const user = store.users.findByName(name)
    if (!user) throw forbidden(`User ${name} not found or no permissions to generate tokens`)
    const wanted = parse(tokenRequest, readJson(request) ?? {})
    const scopes = scopesIn(wanted, rights)
    const { token, secret } = tokens.issue({
      user,
      note: wanted.note ?? defaultNote(issuer, name),
      issuer: issuer.scopes,
      ...(scopes ? { scopes } : {}),
      expiresInSeconds: wanted.expires_in ?? undefined,
    })
    return reply.code(201).send({ ...present.token(token), token: secret })
  })

  app.get(
    '/users/:name/tokens/:id',
    { config: { ...read, answers: { 200: tokenShape } } },
    (request) => present.token(tokenIn(request)),
  )

  app.delete(
    '/users/:name/tokens/:id',
    { config: { ...write, answers: { 204: 'nothing' } } },
    (request, reply) => {
      tokens.revoke(tokenIn(request))
      return reply.code(204).send()
    },
  )
}

/**
 * Whoever proves with name and password in the body to be somebody who may (contract §3.6). Nobody stays logged in.
 * @throws {HubError} Forbidden, TooMany
 */
async function callerInBody(request: FastifyRequest, needs: ApiNeeds): Promise<Caller> {
  const { auth } = parse(tokenRequest, readJson(request) ?? {})
  if (!auth) throw forbidden('Missing or invalid credentials.')
  const origin = { address: request.ip, userAgent: request.headers['user-agent'] ?? '' }
  const { secret, session } = await needs.login.withPassword(auth.username, auth.password, origin)
  try {
    const cookie = `${sessionCookie.plain}=${secret}`
    const target = { user: namesIn(request).user }
    return needs.access.require(needs.access.identifySession({ cookie }), ['tokens'], target)
  } catch (thrown) {
    // As for somebody who is not there: names are not told apart.
    if (thrown instanceof HubError && thrown.code === 'NotFound')
      throw forbidden(`User not found or no permissions to generate tokens`)
    throw thrown
  } finally {
    needs.sessions.end(session)
  }
}

/** Roles are JupyterHub 2's way to say it; what is kept are their scopes. */
function scopesIn({ scopes, roles }: Wanted, rights: RightsReader): readonly string[] | undefined {
  if (scopes && roles) throw invalidInput('Give either scopes or roles, not both.')
  if (!roles) return scopes ?? undefined
  return roles.flatMap((name) => {
    const role = rights.findRole(name)
    if (!role) throw invalidInput(`Role ${JSON.stringify(name.slice(0, 60))} does not exist`)
    return role.scopes
  })
}

function defaultNote(issuer: Caller, owner: string): string {
  if ('service' in issuer) return `Requested via api by service ${issuer.service.name}`
  const by = issuer.user.name === owner ? '' : ` by user ${issuer.user.name}`
  return `Requested via api${by}`
}
