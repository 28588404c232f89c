/** Addresses of services that the front door let nobody through to: log in, or nothing here (contract §7.1). */
import { type FastifyInstance, type FastifyReply } from 'fastify'
import { HubError, notFound } from '../../lib/errors.ts'
import { withQuery } from '../../lib/url.ts'
import { wantsJson } from '../navigation.ts'
import { type Site } from '../site.ts'

export function serviceAddresses(app: FastifyInstance, site: Site): void {
  const prefix = `${site.config.base_url}services/`
  const config = { access: 'anyone', embeddable: true, changesNothing: true } as const

  app.all<{ Params: { '*': string } }>(`${prefix}*`, { config }, (request, reply) => {
    const { access, store } = site
    const caller = access.identify(request.headers) ?? access.identifyService(request.headers)
    // Strangers are not told which services there are.
    if (!caller) return askToLogIn(site, reply)
    const [name = ''] = request.params['*'].split('/', 1)
    const service = store.services.findByName(name)
    if (service?.url === undefined || !access.can(caller, 'access:services', { service: name }))
      throw notFound('There is no such service, or none that you may use.')
    throw new HubError('Unavailable', 'The service is not reachable yet. Try again in a moment.', {
      retryAfterSeconds: 1,
    })
  })
}

function askToLogIn(site: Site, reply: FastifyReply): FastifyReply {
  const { method, headers, url } = reply.request
  if ((method !== 'GET' && method !== 'HEAD') || wantsJson(headers))
    return reply.code(401).send({ status: 401, message: 'You are not logged in.' })
  return reply.redirect(withQuery(`${site.hubPath}login`, { next: url }))
}
