/** The whole REST surface on one screen: one line per resource. */
import { type FastifyInstance } from 'fastify'
import { createXsrf } from '../core/xsrf.ts'
import { activityRoutes } from './activity.ts'
import { authorizationRoutes } from './authorizations.ts'
import { answerErrors } from './errors.ts'
import { guardRoutes, type ApiNeeds } from './guard.ts'
import { apiHeaders } from './headers.ts'
import { groupRoutes } from './groups.ts'
import { infoRoutes } from './info.ts'
import { limitRoutes } from './limits.ts'
import { measureRequests, metricsRoutes } from './metrics.ts'
import { oauthProviderRoutes } from './oauth-provider.ts'
import { openApiRoutes } from './openapi.ts'
import { createPresenter } from './present.ts'
import { proxyRoutes } from './proxy.ts'
import { progressRoutes } from './progress.ts'
import { reloadRoutes } from './reload.ts'
import { serverRoutes } from './servers.ts'
import { serviceRoutes } from './services.ts'
import { shareCodeRoutes } from './share-codes.ts'
import { sharedRoutes } from './shared.ts'
import { shareRoutes } from './shares.ts'
import { tokenRoutes } from './tokens.ts'
import { userListRoutes } from './user-list.ts'
import { userRoutes } from './users.ts'

/** Mounts everything below `/hub/api`, and `/hub/metrics`. */
export async function mountApi(app: FastifyInstance, needs: ApiNeeds): Promise<void> {
  const { base_url: baseUrl } = needs.config
  measureRequests(app, needs.metrics)
  await app.register(
    (api, _options, done) => {
      guardAll(api, needs)
      mountRoutes(api, needs)
      done()
    },
    { prefix: `${baseUrl}hub/api` },
  )
  // Where Prometheus is told to look for it.
  await app.register(
    (metrics, _options, done) => {
      guardAll(metrics, needs)
      metricsRoutes(metrics, '/', needs)
      done()
    },
    { prefix: `${baseUrl}hub/metrics` },
  )
}

/** Headers, errors and the check of scopes, for whatever is registered from here on. */
function guardAll(api: FastifyInstance, needs: ApiNeeds): void {
  const headers = apiHeaders(needs.config)
  api.addHook('onRequest', (_request, reply, next) => {
    reply.headers(headers)
    next()
  })
  answerErrors(api, needs)
  guardRoutes(api, { ...needs, xsrf: createXsrf(needs.signingKey) })
}

function mountRoutes(api: FastifyInstance, needs: ApiNeeds): void {
  const withPresenter = { ...needs, present: createPresenter(needs) }
  openApiRoutes(api, needs)
  infoRoutes(api, needs)
  reloadRoutes(api, needs)
  userRoutes(api, withPresenter)
  userListRoutes(api, withPresenter)
  activityRoutes(api, needs)
  tokenRoutes(api, withPresenter)
  serverRoutes(api, withPresenter)
  progressRoutes(api, needs)
  limitRoutes(api, needs)
  groupRoutes(api, needs)
  serviceRoutes(api, needs)
  shareRoutes(api, needs)
  shareCodeRoutes(api, needs)
  sharedRoutes(api, needs)
  proxyRoutes(api, needs)
  authorizationRoutes(api)
  metricsRoutes(api, '/metrics', needs)
  oauthProviderRoutes(api, needs)
}
