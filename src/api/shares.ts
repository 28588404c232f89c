/** `/shares`: who else may use a server (contract §3.10). */
import { type FastifyInstance, type FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { type ServerName, type ShareWith } from '../core/shares.ts'
import { invalidInput, notFound } from '../lib/errors.ts'
import { type User } from '../model/user.ts'
import { parse, readJson } from './body.ts'
import { callerOf, namesIn, type ApiNeeds } from './guard.ts'
import { pageQuery, paginate, readPage } from './page.ts'
import { createSharePresenter } from './present-shares.ts'
import { userIn } from './users.ts'
import { pageOf, share as shareShape, shareLeft } from './schemas.ts'

const name = Type.String({ minLength: 1, maxLength: 600 })
export const shareScopes = Type.Optional(
  Type.Array(Type.String({ maxLength: 500 }), { maxItems: 100 }),
)

const shareRequest = Type.Object(
  {
    user: Type.Optional(Type.Union([name, Type.Null()])),
    group: Type.Optional(Type.Union([name, Type.Null()])),
    scopes: Type.Optional(
      Type.Union([Type.Array(Type.String({ maxLength: 500 }), { maxItems: 100 }), Type.Null()]),
    ),
  },
  { additionalProperties: false },
)

export function shareRoutes(app: FastifyInstance, needs: ApiNeeds): void {
  const { shares, store, clock, config } = needs
  const present = createSharePresenter(needs)
  const listing = { query: pageQuery, answers: { 200: pageOf(Type.Array(shareShape)) } }
  const ofUser = { scope: 'read:shares', target: 'user', ...listing } as const
  const ofServer = { scope: 'read:shares', target: 'server', ...listing } as const

  app.get('/shares/:name', { config: ofUser }, (request) => {
    const user = userIn(request, needs)
    const page = { ...readPage(request, config.api), wrapped: true }
    const items = store.shares
      .listOfOwner(user.id, page, clock.now())
      .map((one) => present.share(one))
    return paginate(request, page, {
      items,
      total: store.shares.countOfOwner(user.id, clock.now()),
    })
  })

  app.get('/shares/:name/:server', { config: ofServer }, (request) => {
    const { id } = sharedServerIn(request, needs)
    const page = { ...readPage(request, config.api), wrapped: true }
    const items = store.shares.listOfServer(id, page, clock.now()).map((one) => present.share(one))
    return paginate(request, page, { items, total: store.shares.countOfServer(id, clock.now()) })
  })

  const sharing = { scope: 'shares', target: 'server' } as const
  const changing = { ...sharing, body: shareRequest, needsBody: true } as const
  app.post(
    '/shares/:name/:server',
    { config: { ...changing, answers: { 200: shareShape } } },
    (request) => {
      const wanted = parse(shareRequest, readJson(request))
      const { scopes: issuer } = callerOf(request)
      const scopes = wanted.scopes ?? undefined
      return present.share(
        shares.grant(serverNameIn(request), { with: withOf(wanted), scopes, issuer }),
      )
    },
  )

  app.patch(
    '/shares/:name/:server',
    { config: { ...changing, answers: { 200: shareLeft } } },
    (request) => {
      const wanted = parse(shareRequest, readJson(request))
      const scopes = wanted.scopes ?? undefined
      const left = shares.revoke(serverNameIn(request), { with: withOf(wanted), scopes })
      return left ? present.share(left) : {}
    },
  )

  app.delete(
    '/shares/:name/:server',
    { config: { ...sharing, answers: { 204: 'nothing' } } },
    (request, reply) => {
      shares.revokeAll(serverNameIn(request))
      return reply.code(204).send()
    },
  )
}

export function serverNameIn(request: FastifyRequest): ServerName {
  const { user, server } = namesIn(request)
  return { userName: user, name: server }
}

/** @throws {HubError} NotFound */
export function sharedServerIn(
  request: FastifyRequest,
  needs: Pick<ApiNeeds, 'store'>,
): { readonly id: number; readonly user: User } {
  const user = userIn(request, needs)
  const server = needs.store.servers.findByName(user.id, namesIn(request).server)
  if (!server)
    throw notFound(`No such server: ${user.name}/${namesIn(request).server.slice(0, 60)}`)
  return { id: server.id, user }
}

/** @throws {HubError} InvalidInput unless it is exactly one of the two. */
function withOf({ user, group }: Static<typeof shareRequest>): ShareWith {
  if (user != null && group == null) return { user }
  if (group != null && user == null) return { group }
  throw invalidInput('Name either a user or a group to share with.')
}
