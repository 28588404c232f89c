/** Addresses of users' servers that no live server answers (contract §5.3), and the link that leads everybody to their own (§5.8). */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Principal } from '../../core/access.ts'
import { HubError, notFound } from '../../lib/errors.ts'
import { withQuery } from '../../lib/url.ts'
import { serverPath, type Server } from '../../model/server.ts'
import { wantsJson } from '../navigation.ts'
import { cardOf } from '../server-card.ts'
import { showNotRunning } from '../server-pages.ts'
import { type Site } from '../site.ts'

/** Where a request for a server was going. */
type Wanted = {
  readonly userName: string
  /** Of the path behind the user's name, decoded. */
  readonly segments: readonly string[]
  /** Path and query as they would be at the server itself. */
  readonly address: string
}

export function userPages(app: FastifyInstance, site: Site): void {
  const { hubPath } = site
  const baseUrl = site.config.base_url
  const config = { access: 'anyone', embeddable: true, changesNothing: true } as const

  for (const prefix of [`${baseUrl}user/`, `${hubPath}user/`])
    app.all(`${prefix}*`, { config }, (request, reply) => {
      const wanted = wantedFrom(request.url, prefix, baseUrl)
      const principal = site.access.identify(request.headers)
      if (!principal) return askToLogIn(site, reply, wanted)
      if (isBare(wanted) && isLook(request)) return reply.redirect(wanted.address, 301)
      return answerFor(site, reply, { wanted, server: reachable(site, principal, wanted) })
    })

  app.get(`${hubPath}user-redirect/*`, { config: { access: 'user' } }, (request, reply) => {
    const { visitor, url } = request
    if (!visitor) throw notFound('There is nothing at this address.')
    const rest = url.slice(`${hubPath}user-redirect/`.length)
    const next = serverPath(baseUrl, visitor.user.name, '') + rest
    return reply.redirect(withQuery(`${hubPath}spawn`, { next }))
  })
}

/** @throws {HubError} NotFound when it is no address that anybody can have. */
function wantedFrom(url: string, prefix: string, baseUrl: string): Wanted {
  const rest = url.slice(prefix.length)
  const [path = ''] = rest.split('?', 1)
  const segments = path.split('/').map(decoded)
  const [userName = '', ...others] = segments
  const query = rest.slice(path.length)
  const slash = path.includes('/') ? '' : '/'
  return { userName, segments: others, address: `${baseUrl}user/${path}${slash}${query}` }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw notFound('There is nothing at this address.')
  }
}

/** `/user/ana` without the slash that everything below it needs. */
const isBare = ({ segments }: Wanted): boolean => segments.length === 0

const isLook = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD'

/** A script of a server that waits for an answer, not a person who looks at a page. */
function isProgram(request: FastifyRequest, { segments }: Wanted): boolean {
  return !isLook(request) || segments.includes('api') || wantsJson(request.headers)
}

function askToLogIn(site: Site, reply: FastifyReply, wanted: Wanted): FastifyReply {
  const { request } = reply
  if (isProgram(request, wanted)) return sendJson(reply, 401, 'You are not logged in any more.')
  return reply.redirect(withQuery(`${site.hubPath}login`, { next: request.url }))
}

/** The named server if there is one of that name, else the default one. @throws {HubError} NotFound: what you can't use, you can't see. */
function reachable(site: Site, principal: Principal, wanted: Wanted): Server {
  const { userName, segments } = wanted
  const user = site.store.users.findByName(userName)
  const named = segments[0]
    ? user && site.store.servers.findByName(user.id, segments[0])
    : undefined
  const server = named ?? (user && site.store.servers.findByName(user.id, ''))
  const target = { server: `${userName}/${server?.name ?? ''}` }
  if (!server || !site.access.can(principal, 'access:servers', target))
    throw notFound('There is no such server, or none that you may use.')
  return server
}

function answerFor(
  site: Site,
  reply: FastifyReply,
  { wanted, server }: { wanted: Wanted; server: Server },
): FastifyReply {
  const { address } = wanted
  const { pendingPath, startPath } = cardOf(site, server)
  if (isProgram(reply.request, wanted)) {
    const restart = site.ownOrigin(reply.request) + startPath
    const [path = ''] = address.split('?', 1)
    return sendJson(
      reply,
      424,
      `JupyterHub server no longer running at ${path}. Restart the server at ${restart}`,
    )
  }
  if (server.state === 'ready') return backToIt(reply, address)
  if (server.state === 'stopped')
    return showNotRunning(site, reply.code(424), { server, next: address })
  return reply.redirect(withQuery(pendingPath, { next: address }), 303)
}

/** It is ready again, unless this is the very address at which it should have answered. */
function backToIt(reply: FastifyReply, address: string): FastifyReply {
  if (reply.request.url !== address) return reply.redirect(address)
  throw new HubError('Unavailable', 'The server is not reachable yet. Try again in a moment.', {
    retryAfterSeconds: 1,
  })
}

const sendJson = (reply: FastifyReply, status: number, message: string): FastifyReply =>
  reply.code(status).send({ status, message })
