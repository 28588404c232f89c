/** Turns a route's declared scope into a check, made before its body is read. */
import { type FastifyInstance, type FastifyRequest, type RouteOptions } from 'fastify'
import { type IncomingMessage } from 'node:http'
import { type Context } from '../context.ts'
import { type Principal } from '../core/access.ts'
import { type NamedServers } from '../core/named-servers.ts'
import { type Xsrf } from '../core/xsrf.ts'
import { asError, forbidden } from '../lib/errors.ts'
import { type ScopeName } from '../model/scope-table.ts'
import { type ScopeTarget } from '../model/scope.ts'
import { normaliseName } from '../model/user.ts'
import { lastOf, queryOf } from './page.ts'

/** What the API is mounted with. */
export type ApiNeeds = Context & {
  /** How a client addressed us; the word of trusted reverse proxies is taken. */
  readonly origins: {
    of(request: IncomingMessage): { readonly proto: string; readonly host: string }
  }
  readonly namedServers: NamedServers
  /** Ends the hub, and its servers with it when `servers`. Returns at once. */
  stopHub(options: { readonly servers: boolean }): void
}

/** Which scopes a route asks for: one of them is enough. */
export type ScopeRule = ScopeName | readonly ScopeName[] | 'any-credential' | 'anyone'

/** For whom it asks: the user or server that its path names, or whoever its handler then lists. */
export type TargetRule = 'user' | 'server' | 'listed'

declare module 'fastify' {
  interface FastifyContextConfig {
    scope?: ScopeRule
    target?: TargetRule
  }
}

export type GuardNeeds = Pick<ApiNeeds, 'access' | 'origins'> & { readonly xsrf: Xsrf }

const principals = new WeakMap<object, Principal>()

/** Whoever makes this request; only on routes that ask for a scope or a credential. */
export function principalOf(request: FastifyRequest): Principal {
  const principal = principals.get(request)
  if (!principal)
    throw new Error(`${request.method} ${String(request.routeOptions.url)} has no principal`)
  return principal
}

/** The names in the path, each as it is stored. */
export function namesIn(request: FastifyRequest): {
  readonly user: string
  readonly server: string
} {
  const { name, server } = request.params as { readonly name?: string; readonly server?: string }
  return { user: storedName(name ?? ''), server: server ?? '' }
}

/** The one normalisation (security S-38); what no user can be called stays as it is and is not found. */
function storedName(raw: string): string {
  try {
    return normaliseName(raw)
  } catch {
    return raw
  }
}

/** Guards every route that is registered on `app` from here on. A route that declares nothing is refused. */
export function guardRoutes(app: FastifyInstance, needs: GuardNeeds): void {
  app.addHook('onRoute', checkDeclaration)
  app.addHook('onRequest', (request, _reply, done) => {
    try {
      admit(request, needs)
      done()
    } catch (thrown) {
      done(asError(thrown))
    }
  })
}

/** Forgetting to say who may is impossible, and so is a change that asks for a scope about nobody (security S-10). */
export function checkDeclaration({ config = {}, method, url }: RouteOptions): void {
  const route = `${String(method)} ${url}`
  const { scope, target } = config
  if (scope === undefined) throw new Error(`route without scope: ${route}`)
  if (scope === 'anyone' || scope === 'any-credential') return
  const namesSomebody = target === 'user' || target === 'server'
  if (url.includes('/:') !== namesSomebody)
    throw new Error(`route whose path and target do not fit: ${route}`)
  if (target === 'listed' && method !== 'GET' && method !== 'HEAD')
    throw new Error(`route that changes a whole list with a part of the right to: ${route}`)
}

function admit(request: FastifyRequest, needs: GuardNeeds): void {
  const { scope, target } = request.routeOptions.config
  if (scope === undefined || scope === 'anyone') return
  const found = identify(request, needs)
  if (!found) throw forbidden('Missing or invalid credentials.')
  principals.set(request, found)
  if (scope === 'any-credential') return
  const scopes = typeof scope === 'string' ? [scope] : scope
  if (target === 'listed' && scopes.some((one) => found.scopes.holdsAny(one))) return
  needs.access.require(found, scopes, targetOf(request, target))
}

function targetOf(request: FastifyRequest, target?: TargetRule): ScopeTarget | undefined {
  const { user, server } = namesIn(request)
  if (target === 'user') return { user }
  return target === 'server' ? { server: `${user}/${server}` } : undefined
}

/** A token needs nothing besides; a cookie is sent by the browser unasked, so it counts for requests of our pages only. */
function identify(request: FastifyRequest, needs: GuardNeeds): Principal | undefined {
  const principal = needs.access.identify(request.headers)
  if (principal?.credential.kind !== 'session') return principal
  if (isFormLike(request)) return undefined
  if (!isPlainLook(request)) {
    const { proto, host } = needs.origins.of(request.raw)
    const given = lastOf(queryOf(request), '_xsrf')
    needs.xsrf.require(
      { headers: request.headers, ownOrigin: `${proto}://${host}`, given },
      principal,
    )
  }
  return principal
}

/** What any page's form can send without being asked for permission (contract §0.7.2). */
function isFormLike({ method, headers }: FastifyRequest): boolean {
  const type = headers['content-type']
  return method === 'POST' && type !== undefined && !/^application\/json *(?:;|$)/i.test(type)
}

/** Something that only reads, opened as a page or by a client that is no browser (contract §5.9). */
function isPlainLook({ method, headers }: FastifyRequest): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const mode = headers['sec-fetch-mode']
  if (mode === undefined || mode === 'navigate') return true
  return mode === 'no-cors' && headers['sec-fetch-site'] === 'same-origin'
}
