/** The page on which a person lets a program act for them (contract §2.2, §2.3). The wire is the API's. */
import { type FastifyInstance, type FastifyReply } from 'fastify'
import { notFound } from '../../lib/errors.ts'
import { formOf, queryOf } from '../form.ts'
import { type Principal } from '../../core/access.ts'
import { leadOnTo } from '../lead-on.ts'
import { type Site } from '../site.ts'

export function oauthProviderPages(app: FastifyInstance, site: Site): void {
  const authorizePath = `${site.hubPath}api/oauth2/authorize`

  app.get(
    authorizePath,
    { config: { access: 'user' }, exposeHeadRoute: false },
    (request, reply) => {
      const asked = site.oauthProvider.authorize(visitorOf(reply), queryOf(request))
      if ('redirectTo' in asked) return reply.redirect(asked.redirectTo)
      if (!asked.confirm)
        return reply.redirect(site.oauthProvider.approve(visitorOf(reply), asked.request))
      leadOnTo(reply, asked.request.redirectUri)
      return site.show(reply, 'authorize', {
        description: asked.request.client.description,
        owner: asked.owner,
        scopes: asked.request.scopes.map((name, index) => ({
          name,
          meaning: asked.scopeDescriptions[index] ?? name,
        })),
        action: request.url,
      })
    },
  )

  app.post(authorizePath, { config: { access: 'user' } }, (request, reply) => {
    const asked = site.oauthProvider.authorize(visitorOf(reply), queryOf(request))
    if ('redirectTo' in asked) return reply.redirect(asked.redirectTo)
    // None at all: it hears who they are, and no more (contract §2.3).
    const allowed = formOf(request).getAll('scopes')
    const scopes = asked.request.scopes.filter((scope) => allowed.includes(scope))
    return reply.redirect(
      site.oauthProvider.approve(visitorOf(reply), { ...asked.request, scopes }),
    )
  })
}

function visitorOf({ request }: FastifyReply): Principal {
  if (!request.visitor) throw notFound('There is nothing at this address.')
  return request.visitor
}
