/** Any error of the API → status and JSON (contract §0.4, §2.4). The only file of api/ that does so. */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { asError, HubError, OAuthError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'

/** Sentences for what Fastify refuses by itself; its own may quote what was sent. */
const refusals: Readonly<Record<number, string>> = {
  400: 'This request cannot be understood.',
  404: 'There is nothing at this address.',
  405: 'This address does not know this method.',
  413: 'The body of the request is too large.',
  414: 'This address is too long.',
  415: 'The content type of the request cannot be understood.',
}

/** Answers errors, unknown addresses and unknown methods below `app`. */
export function answerErrors(app: FastifyInstance, { log }: { log: Log }): void {
  const allowed = createMethodTable(app)
  const refuse = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const methods = allowed(request.url.split('?', 1)[0] ?? '')
    if (methods.length === 0) return send(reply, 404, refusals[404] ?? '')
    reply.header('allow', methods.join(', '))
    return send(reply, 405, refusals[405] ?? '')
  }
  app.setNotFoundHandler(refuse)
  // Fastify looks at the body before it says that there is no such route.
  app.setErrorHandler((thrown, request, reply) =>
    request.is404 ? refuse(request, reply) : answer(asError(thrown), { request, reply, log }),
  )
}

type Exchange = {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly log: Log
}

function answer(error: Error, { request, reply, log }: Exchange): FastifyReply {
  if (error instanceof OAuthError) return answerOAuth(error, reply)
  if (error instanceof HubError) {
    const { status, message, retryAfterSeconds } = error
    if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
    if (status >= 500)
      log.warn({ error, requestId: request.id, route: routeOf(request) }, 'API refused')
    return send(reply, status, message)
  }
  const refused = refusedStatus(error)
  if (refused !== undefined)
    return send(reply, refused, refusals[refused] ?? 'This request is refused.')
  log.error({ error, requestId: request.id, route: routeOf(request) }, 'API failed')
  return send(reply, 500, `Something went wrong (request ${request.id})`)
}

const send = (reply: FastifyReply, status: number, message: string): FastifyReply =>
  reply.code(status).send({ status, message })

/** @see RFC 6749 §5.2 */
function answerOAuth({ error, message, status }: OAuthError, reply: FastifyReply): FastifyReply {
  if (status === 401) reply.header('www-authenticate', `Bearer error="${error}"`)
  return reply.code(status).send({ error, error_description: message })
}

/** The pattern and not the address, which may hold a name or more. */
const routeOf = ({ method, routeOptions }: FastifyRequest): string =>
  `${method} ${routeOptions.url ?? 'unknown'}`

/** The status of what Fastify refused; whatever else was thrown is our fault. */
function refusedStatus(error: Error): number | undefined {
  if (!('statusCode' in error) || typeof error.statusCode !== 'number') return undefined
  return error.statusCode >= 400 && error.statusCode < 500 ? error.statusCode : undefined
}

/** @returns which methods an address knows; none when there is nothing at it. */
function createMethodTable(app: FastifyInstance): (path: string) => string[] {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return
    const escaped = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:[a-z]+/g, '[^/]+')
    routes.push({ pattern: new RegExp(`^${escaped}$`), methods: [method].flat() })
  })
  return (path) => {
    const fitting = routes.filter(({ pattern }) => pattern.test(path))
    return [...new Set(fitting.flatMap(({ methods }) => methods))]
  }
}
