/** Home: your servers, and where the hub's bare addresses lead (contract §5.1, §5.5). */
import { type FastifyInstance } from 'fastify'
import { cardOf } from '../server-card.ts'
import { type Site } from '../site.ts'

export function homePages(app: FastifyInstance, site: Site): void {
  const { hubPath, store } = site
  const baseUrl = site.config.base_url

  app.get(baseUrl, { config: { access: 'anyone' } }, (_request, reply) => reply.redirect(hubPath))
  app.get(`${baseUrl}hub`, { config: { access: 'anyone' } }, (_request, reply) =>
    reply.redirect(hubPath),
  )
  app.get(hubPath, { config: { access: 'user' } }, (request, reply) =>
    reply.redirect(request.visitor ? site.placeOf(request.visitor.user) : `${hubPath}home`),
  )

  app.get(`${hubPath}home`, { config: { access: 'user' } }, (request, reply) => {
    const { visitor } = request
    const servers = visitor ? store.servers.listOf(visitor.user.id) : []
    const changing = servers.some(({ state }) => state === 'starting' || state === 'stopping')
    const alone = site.access.can(visitor, 'admin-ui') && store.users.count() === 1
    return site.show(reply, 'home', {
      servers: servers.map((server) => cardOf(site, server)),
      changing,
      alone,
    })
  })
}
