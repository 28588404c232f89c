/** `/users/:name/shared` and `/groups/:group/shared`: what others share with them, and giving it back (contract §3.10). */
import { type FastifyInstance, type FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { notFound } from '../lib/errors.ts'
import { type Share } from '../model/share.ts'
import { type ShareHolder } from '../store/shares.ts'
import { groupIn } from './groups.ts'
import { namesIn, type ApiNeeds } from './guard.ts'
import { pageQuery, paginate, readPage } from './page.ts'
import { createSharePresenter } from './present-shares.ts'
import { userIn } from './users.ts'
import { pageOf, share as shareShape } from './schemas.ts'

export function sharedRoutes(app: FastifyInstance, needs: ApiNeeds): void {
  const { shares, store, clock, config } = needs
  const present = createSharePresenter(needs)
  const listing = { query: pageQuery, answers: { 200: pageOf(Type.Array(shareShape)) } }

  app.get(
    '/users/:name/shared',
    { config: { scope: 'read:users:shares', target: 'user', ...listing } },
    (request) => {
      const { id } = userIn(request, needs)
      const page = { ...readPage(request, config.api), wrapped: true }
      const items = store.shares
        .listWithUser(id, page, clock.now())
        .map((one) => present.share(one))
      return paginate(request, page, { items, total: store.shares.countWithUser(id, clock.now()) })
    },
  )

  app.get(
    '/groups/:group/shared',
    { config: { scope: 'read:groups:shares', target: 'group', ...listing } },
    (request) => {
      const { id } = groupIn(request, needs)
      const page = { ...readPage(request, config.api), wrapped: true }
      const items = store.shares
        .listWithGroup(id, page, clock.now())
        .map((one) => present.share(one))
      return paginate(request, page, { items, total: store.shares.countWithGroup(id, clock.now()) })
    },
  )

  const holders = [
    {
      kind: 'user',
      path: '/users/:name',
      idOf: (request: FastifyRequest) => userIn(request, needs).id,
    },
    {
      kind: 'group',
      path: '/groups/:group',
      idOf: (request: FastifyRequest) => groupIn(request, needs).id,
    },
  ] as const
  for (const { kind, path, idOf } of holders) {
    const one = `${path}/shared/:owner/:server`
    const find = (request: FastifyRequest): Share =>
      shareIn(request, { kind, id: idOf(request) }, needs)

    app.get(
      one,
      { config: { scope: `read:${kind}s:shares`, target: kind, answers: { 200: shareShape } } },
      (request) => present.share(find(request)),
    )
    app.delete(
      one,
      { config: { scope: `${kind}s:shares`, target: kind, answers: { 204: 'nothing' } } },
      (request, reply) => {
        shares.leave(find(request))
        return reply.code(204).send()
      },
    )
  }
}

/** Shared with them directly. @throws {HubError} NotFound */
function shareIn(request: FastifyRequest, holder: ShareHolder, { store, clock }: ApiNeeds): Share {
  const { owner: ownerName, server: name } = namesIn(request)
  const owner = store.users.findByName(ownerName)
  const server = owner && store.servers.findByName(owner.id, name)
  const share = server && store.shares.find(server.id, holder, clock.now())
  if (!share) throw notFound('No such share')
  return share
}
