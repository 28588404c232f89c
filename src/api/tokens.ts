/** `/users/:name/tokens`: list, issue, revoke (contract §3.6). */
import { type FastifyInstance, type FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { forbidden, invalidInput, notFound } from '../lib/errors.ts'
import { roles as roleTable } from '../model/role.ts'
import { type Token } from '../model/token.ts'
import { parse, readJson } from './body.ts'
import { namesIn, principalOf, type ApiNeeds } from './guard.ts'
import { type Presenter } from './present.ts'

const nullable = <Schema extends Type.TSchema>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]))

const tokenRequest = Type.Object({
  note: nullable(Type.String({ maxLength: 1000 })),
  expires_in: nullable(Type.Integer({ minimum: 1, maximum: 10_000_000_000 })),
  scopes: nullable(Type.Array(Type.String({ maxLength: 500 }), { maxItems: 200 })),
  roles: nullable(Type.Array(Type.String({ maxLength: 300 }), { maxItems: 50 })),
})
type Wanted = Type.Static<typeof tokenRequest>

export function tokenRoutes(
  app: FastifyInstance,
  { store, clock, tokens, present }: ApiNeeds & { readonly present: Presenter },
): void {
  const read = { config: { scope: 'read:tokens', target: 'user' } } as const
  const write = { config: { scope: 'tokens', target: 'user' } } as const

  const tokenIn = (request: FastifyRequest): Token => {
    const { id = '' } = request.params as { readonly id?: string }
    const token = store.tokens.find(Number(/^a(\d{1,15})$/.exec(id)?.[1] ?? 0))
    const isOver = token?.expiresAt !== undefined && token.expiresAt <= clock.now()
    if (!token || isOver || token.userName !== namesIn(request).user)
      throw notFound(`No such token ${id.slice(0, 40)}`)
    return token
  }

  app.get('/users/:name/tokens', read, (request) => {
    const user = store.users.getByName(namesIn(request).user)
    return {
      api_tokens: store.tokens.listOf(user.id, clock.now()).map((one) => present.token(one)),
    }
  })

  app.post('/users/:name/tokens', write, (request, reply) => {
    const issuer = principalOf(request)
    const { user: name } = namesIn(request)
    const user = store.users.findByName(name)
    if (!user) throw forbidden(`User ${name} not found or no permissions to generate tokens`)
    const wanted = parse(tokenRequest, readJson(request) ?? {})
    const scopes = scopesIn(wanted)
    const { token, secret } = tokens.issue({
      user,
      note: wanted.note ?? defaultNote(issuer.user.name, name),
      issuer: issuer.scopes,
      ...(scopes ? { scopes } : {}),
      ...(wanted.expires_in ? { expiresInSeconds: wanted.expires_in } : {}),
    })
    return reply.code(201).send({ ...present.token(token), token: secret })
  })

  app.get('/users/:name/tokens/:id', read, (request) => present.token(tokenIn(request)))

  app.delete('/users/:name/tokens/:id', write, (request, reply) => {
    tokens.revoke(tokenIn(request))
    return reply.code(204).send()
  })
}

/** Roles are JupyterHub 2's way to say it; what is kept are their scopes. */
function scopesIn({ scopes, roles }: Wanted): readonly string[] | undefined {
  if (scopes && roles) throw invalidInput('Give either scopes or roles, not both.')
  if (!roles) return scopes ?? undefined
  return roles.flatMap((name) => {
    const role = Object.values(roleTable).find((one) => one.name === name)
    if (!role) throw invalidInput(`Role ${JSON.stringify(name.slice(0, 60))} does not exist`)
    return role.scopes
  })
}

const defaultNote = (issuer: string, owner: string): string =>
  issuer === owner ? 'Requested via api' : `Requested via api by user ${issuer}`
