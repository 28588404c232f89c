/** Home: your servers, and where the hub's bare addresses lead (contract §5.1, §5.5). */
import { type FastifyInstance, type FastifyReply } from 'fastify'
import { asError, HubError } from '../../lib/errors.ts'
import { isStaleForm } from '../csrf.ts'
import { createErrorHandler } from '../errors.ts'
import { queryOf } from '../form.ts'
import { homeData, type Said } from '../home-data.ts'
import { type Site } from '../site.ts'

/** What may be said after a redirect; the address carries the key only. */
const sentences: ReadonlyMap<string | null, string> = new Map([
  ['deleted', 'The server is deleted. Files in your home folder stay.'],
  ['renamed', 'The server has its new name.'],
  ['left', 'You have given the shared server back.'],
])

export function homePages(app: FastifyInstance, site: Site): void {
  const { hubPath } = site
  const baseUrl = site.config.base_url

  app.get(baseUrl, { config: { access: 'anyone' } }, (_request, reply) => reply.redirect(hubPath))
  app.get(`${baseUrl}hub`, { config: { access: 'anyone' } }, (_request, reply) =>
    reply.redirect(hubPath),
  )
  app.get(hubPath, { config: { access: 'user' } }, (request, reply) =>
    reply.redirect(request.visitor ? site.placeOf(request.visitor.user) : `${hubPath}home`),
  )

  app.get(`${hubPath}home`, { config: { access: 'user' } }, (request, reply) =>
    showHome(site, reply, { done: sentences.get(queryOf(request).get('done')) }),
  )
}

const showHome = (site: Site, reply: FastifyReply, said: Said): FastifyReply =>
  site.show(reply, 'home', homeData(site, reply.request, said))

/** Something sent from home was refused: home again, with the reason. */
export function showHomeAgain(site: Site, reply: FastifyReply, thrown: unknown): FastifyReply {
  const error = asError(thrown)
  const { request } = reply
  const isCorrectable =
    error instanceof HubError && ['InvalidInput', 'Conflict', 'TooMany'].includes(error.code)
  if (!request.visitor || (!isCorrectable && !isStaleForm(error)))
    return createErrorHandler(site)(error, request, reply)
  reply.code(isCorrectable ? error.status : 403)
  if (isCorrectable && error.retryAfterSeconds !== undefined)
    reply.header('retry-after', String(error.retryAfterSeconds))
  const problem = isCorrectable ? error.message : 'This form has expired. Try again.'
  return showHome(site, reply, { problem })
}
