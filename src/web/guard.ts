/** Who may see a page: every page route declares it, and one that does not is refused when the hub starts. */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Access, type Principal } from '../core/access.ts'
import { forbidden, notFound } from '../lib/errors.ts'
import { withQuery } from '../lib/url.ts'
import { type ScopeTarget } from '../model/scope.ts'
import { isEmbedded } from './navigation.ts'

export type PageAccess =
  /** Strangers too. */
  | 'anyone'
  /** Whoever is logged in. */
  | 'user'
  /** Whoever holds the scope, for the target when one is named. */
  | { readonly scope: string; readonly target?: (request: FastifyRequest) => ScopeTarget }

declare module 'fastify' {
  interface FastifyRequest {
    /** Who looks at this page, by their session cookie. */
    visitor: Principal | undefined
  }
  interface FastifyContextConfig {
    access?: PageAccess
    /** Scripts, frames and images may ask for it too: it is no page, or tells nothing. */
    embeddable?: true
  }
}

export type GuardNeeds = { readonly access: Access; readonly hubPath: string }

/** Guards every route that is registered on `app` from here on. */
export function guardPages(app: FastifyInstance, needs: GuardNeeds): void {
  app.decorateRequest('visitor', undefined)
  app.addHook('onRoute', ({ config, method, url }) => {
    if (config?.access === undefined)
      throw new Error(`route without access: ${String(method)} ${url}`)
  })
  app.addHook('onRequest', async (request, reply) => {
    request.visitor = needs.access.identifySession(request.headers)
    const { access, embeddable } = request.routeOptions.config
    if (access === undefined) return
    if (!embeddable && isEmbedded(request.headers))
      throw forbidden('Pages of this hub can only be opened in a tab of their own.')
    if (access !== 'anyone') await admit(request, reply, { access, needs })
  })
}

async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  { access, needs }: { access: Exclude<PageAccess, 'anyone'>; needs: GuardNeeds },
): Promise<void> {
  if (!request.visitor) {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw forbidden('You are not logged in any more. Log in and try again.')
    await reply.redirect(withQuery(`${needs.hubPath}login`, { next: request.url }))
    return
  }
  if (access !== 'user') requireScope(request, access, needs.access)
}

/** What you may do for some but not for this one, you can't see (contract §0.5). @throws {HubError} Forbidden, NotFound */
function requireScope(
  request: FastifyRequest,
  { scope, target }: Exclude<PageAccess, string>,
  access: Access,
): void {
  if (access.can(request.visitor, scope, target?.(request))) return
  if (target && request.visitor?.scopes.holdsAny(scope))
    throw notFound('There is nothing here, or nothing that you may see.')
  throw forbidden('This page is for administrators of this hub.')
}
