/** Turns a route's declared scope into a check, made before its body is read. */
import { type FastifyInstance, type FastifyRequest, type RouteOptions } from 'fastify'
import { type IncomingMessage } from 'node:http'
import { type TSchema } from 'typebox'
import { type Context } from '../context.ts'
import { type Caller, type Principal } from '../core/access.ts'
import { type NamedServers } from '../core/named-servers.ts'
import { type Reload } from '../core/reload.ts'
import { type Xsrf } from '../core/xsrf.ts'
import { asError, forbidden } from '../lib/errors.ts'
import { type ScopeName } from '../model/scope-table.ts'
import { type ScopeTarget } from '../model/scope.ts'
import { normaliseName } from '../model/user.ts'
import { type Routes } from '../proxy/routes.ts'
import { lastOf, queryOf } from './page.ts'
import { type Answers } from './schemas.ts'

/** What the API is mounted with. */
export type ApiNeeds = Context & {
  /** How a client addressed us; the word of trusted reverse proxies is taken. */
  readonly origins: {
    of(request: IncomingMessage): { readonly proto: string; readonly host: string }
  }
  readonly namedServers: NamedServers
  readonly routes: Routes
  /** Aborted when the hub begins to stop: whatever would go on for long ends then. */
  readonly stopping: AbortSignal
  /** Ends the hub, and its servers with it when `servers`. Returns at once. */
  stopHub(options: { readonly servers: boolean }): void
  readonly reload: Reload
}

/** Which scopes a route asks for: one of them is enough. */
export type ScopeRule = ScopeName | readonly ScopeName[] | 'any-credential' | 'anyone'

/** For what it asks: the user, server, group or service that its path names, or whatever its handler then lists. */
export type TargetRule = 'user' | 'server' | 'group' | 'service' | 'listed'

declare module 'fastify' {
  interface FastifyContextConfig {
    scope?: ScopeRule
    target?: TargetRule
    /** What the handler checks the body with. This and the following are printed in the API's own description. */
    body?: TSchema
    /** Without a body there is nothing to do. */
    needsBody?: true
    /** Parameters behind the question mark. */
    query?: Readonly<Record<string, TSchema & { readonly description?: string }>>
    /** What it answers by status, besides the refusals that any such route has. */
    answers?: Answers
    /** Who has no other credential may have one in the body, which the handler looks at (contract §3.6). */
    credentialInBody?: true
  }
}

export type GuardNeeds = Pick<ApiNeeds, 'access' | 'origins'> & { readonly xsrf: Xsrf }

const callers = new WeakMap<object, Caller>()

/** Who makes this request, if anybody; for routes that take a credential in the body. */
export const findCaller = (request: FastifyRequest): Caller | undefined => callers.get(request)

/** Whoever makes this request; only on routes that ask for a scope or a credential. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = findCaller(request)
  if (!caller)
    throw new Error(`${request.method} ${String(request.routeOptions.url)} has no caller`)
  return caller
}

export type NamesInPath = {
  readonly user: string
  readonly server: string
  readonly group: string
  readonly service: string
  /** Whose server it is, where `user` is somebody else. */
  readonly owner: string
}

/** The names in the path, each as it is stored. */
export function namesIn(request: FastifyRequest): NamesInPath {
  const { name, server, group, service, owner } = request.params as Record<string, string>
  return {
    user: storedName(name ?? ''),
    server: server ?? '',
    group: group ?? '',
    service: service ?? '',
    owner: storedName(owner ?? ''),
  }
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
  const namesSomebody = target !== undefined && target !== 'listed'
  if (url.includes('/:') !== namesSomebody)
    throw new Error(`route whose path and target do not fit: ${route}`)
  if (target === 'listed' && method !== 'GET' && method !== 'HEAD')
    throw new Error(`route that changes a whole list with a part of the right to: ${route}`)
}

function admit(request: FastifyRequest, needs: GuardNeeds): void {
  const { scope, credentialInBody } = request.routeOptions.config
  if (scope === undefined || scope === 'anyone') return
  const found = needs.access.identifyService(request.headers) ?? identify(request, needs)
  if (!found && credentialInBody) return
  if (!found) throw forbidden('Missing or invalid credentials.')
  callers.set(request, found)
  if (scope !== 'any-credential')
    requireScope(request, found, { ...needs, scopes: typeof scope === 'string' ? [scope] : scope })
}

function requireScope(
  request: FastifyRequest,
  caller: Caller,
  { access, scopes }: Pick<GuardNeeds, 'access'> & { readonly scopes: readonly ScopeName[] },
): void {
  const { target } = request.routeOptions.config
  if (target === 'listed' && scopes.some((one) => caller.scopes.holdsAny(one))) return
  access.require(caller, scopes, targetOf(request, target))
}

function targetOf(request: FastifyRequest, target?: TargetRule): ScopeTarget | undefined {
  const { user, server, group, service } = namesIn(request)
  switch (target) {
    case 'user':
      return { user }
    case 'server':
      return { server: `${user}/${server}` }
    case 'group':
      return { group }
    case 'service':
      return { service }
    case 'listed':
    case undefined:
      return undefined
  }
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
