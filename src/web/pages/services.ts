/** Services in the administration: which programs are registered, and what they may do (contract §7.1). */
import { type FastifyInstance, type FastifyReply } from 'fastify'
import { servicePath } from '../../model/service.ts'
import { type Site } from '../site.ts'

export function servicePages(app: FastifyInstance, site: Site): void {
  const config = { access: { scope: 'list:services' } } as const
  app.get(`${site.hubPath}admin/services`, { config }, (_request, reply) =>
    showServices(site, reply),
  )
}

function showServices(site: Site, reply: FastifyReply): FastifyReply {
  const { store, config, rights, serviceWatch } = site
  return site.show(reply, 'admin-services', {
    services: store.services.list().map((service) => ({
      name: service.name,
      path: servicePath(config.base_url, service.name),
      url: service.url,
      isSilent: serviceWatch.isSilent(service.name),
      admin: service.admin,
      display: service.display && service.url !== undefined,
      isPublic: service.access === 'public',
      command: service.command[0],
      fromConfig: service.fromConfig,
      roles: rights.listRolesOfService(service).filter((role) => role !== 'admin'),
    })),
  })
}
