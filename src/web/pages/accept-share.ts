/** Accepting a server that somebody shares by a link, and giving one back (contract §5.10). */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Principal } from '../../core/access.ts'
import { forbidden, invalidInput, notFound } from '../../lib/errors.ts'
import { describeScope } from '../../model/scope.ts'
import { serverPath } from '../../model/server.ts'
import { formOf, queryOf } from '../form.ts'
import { serverIn, type ServerParams } from '../server-route.ts'
import { type Site } from '../site.ts'

export function acceptSharePages(app: FastifyInstance, site: Site): void {
  const acceptPath = `${site.hubPath}accept-share`
  const config = { access: 'user' } as const
  // The secret is in the address; the server that it leads to has no business with it.
  const onRequest = (_request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    reply.header('referrer-policy', 'strict-origin')
    done()
  }

  app.get(acceptPath, { config, onRequest }, (request, reply) => {
    const secret = queryOf(request).get('code') ?? ''
    if (secret === '') throw invalidInput('This link is incomplete. Open it as you got it.')
    const { server, scopes } = site.shares.lookAtCode(visitorOf(request).user, secret)
    return site.show(reply, 'accept-share', {
      owner: server.userName,
      name: server.name,
      scopes: scopes.map((scope) => describeScope(scope, {})),
      action: acceptPath,
      code: secret,
      next: site.nextOf(request) ?? '',
    })
  })

  app.post(acceptPath, { config, onRequest }, (request, reply) => {
    const { user } = visitorOf(request)
    const { server } = site.shares.acceptCode(user, formOf(request).get('code') ?? '')
    const url = serverPath(site.config.base_url, server.userName, server.name)
    return reply.redirect(site.nextOf(request) ?? url, 302)
  })

  for (const name of [':user', ':user/:server'])
    app.post<ServerParams>(`${site.hubPath}share-left/${name}`, { config }, (request, reply) => {
      const { user } = visitorOf(request)
      const holder = { kind: 'user', id: user.id } as const
      const server = serverIn(site.store, request)
      const share = site.store.shares.find(server.id, holder, site.clock.now())
      if (!share) throw notFound('This server is not shared with you any more.')
      site.shares.leave(share)
      return reply.redirect(`${site.hubPath}home?done=left`, 303)
    })
}

/** @throws {HubError} Forbidden */
function visitorOf({ visitor }: FastifyRequest): Principal {
  if (!visitor) throw forbidden('You are not logged in any more.')
  return visitor
}
