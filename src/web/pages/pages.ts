/** Every page of the hub on one screen: what is mounted, in which order, behind which guards. */
import { type FastifyInstance } from 'fastify'
import { createErrorHandler } from '../errors.ts'
import { guardPages } from '../guard.ts'
import { requireOwnForms } from '../csrf.ts'
import { pageHeaders } from '../security-headers.ts'
import { createSite, type PageNeeds, type Site } from '../site.ts'
import { acceptSharePages } from './accept-share.ts'
import { accountPages } from './account.ts'
import { adminPages } from './admin.ts'
import { adminActions } from './admin-actions.ts'
import { assetRoutes } from './assets.ts'
import { cspReportRoute } from './csp-report.ts'
import { errorPages } from './error.ts'
import { groupPages } from './groups.ts'
import { homePages } from './home.ts'
import { linkPages } from './links.ts'
import { loginPages } from './login.ts'
import { logoutPages } from './logout.ts'
import { namedServerPages } from './named-servers.ts'
import { oauthLoginPages } from './oauth-login.ts'
import { oauthProviderPages } from './oauth-provider.ts'
import { serverLimitPages } from './server-limits.ts'
import { serviceAddresses } from './service.ts'
import { servicePages } from './services.ts'
import { sharePages } from './share.ts'
import { spawnPages } from './spawn.ts'
import { stopPages } from './stop.ts'
import { tokenPages } from './tokens.ts'
import { userPages } from './user.ts'

const pageSets = [
  assetRoutes,
  loginPages,
  logoutPages,
  linkPages,
  oauthLoginPages,
  oauthProviderPages,
  homePages,
  namedServerPages,
  sharePages,
  acceptSharePages,
  accountPages,
  tokenPages,
  spawnPages,
  stopPages,
  serverLimitPages,
  userPages,
  serviceAddresses,
  adminPages,
  adminActions,
  groupPages,
  servicePages,
  cspReportRoute,
  errorPages,
] as const

/** Mounts everything that people see, and what answers addresses that lead nowhere. */
export async function mountPages(app: FastifyInstance, needs: PageNeeds): Promise<void> {
  const site: Site = createSite(needs)
  const reportPath = `${site.hubPath}security/csp-report`
  // On every answer of the hub (contract §0.3).
  const compatibility = {
    'x-jupyterhub-version': site.config.jupyterhub_version,
    'access-control-allow-headers': 'accept, content-type, authorization',
  }
  await app.register((pages, _options, done) => {
    pages.addHook('onRequest', (request, reply, next) => {
      reply.headers(pageHeaders(site.origins.of(request.raw).proto, reportPath))
      reply.headers(compatibility)
      next()
    })
    pages.setErrorHandler(createErrorHandler(site))
    guardPages(pages, site)
    requireOwnForms(pages, site)
    for (const mount of pageSets) mount(pages, site)
    done()
  })
}
