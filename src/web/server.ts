/** The Fastify instance behind the front door: parsers, errors, static files; the route sets are mounted by the hub. */
import { fastifyCookie } from '@fastify/cookie'
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { type RequestListener, type Server } from 'node:http'
import { newId } from '../lib/secret.ts'
import { type Log } from '../lib/log.ts'
import { type Origins } from './origin.ts'

export type App = FastifyInstance

export type WebServerNeeds = {
  readonly log: Log
  readonly origins: Origins
  /** Of those that may be long. */
  readonly bodyLimitBytes: number
  /** Wraps Fastify's handler into the listening server: the front door stands before it. */
  readonly serve: (hub: RequestListener) => Server
}

/**
 * What anybody may send, strangers too, before anybody has looked at it: to parse a MiB can take as long as 2,000 small
 * requests. A route that takes long lists says so by a `bodyLimit` of its own.
 */
const usualBodyBytes = 64 * 1024

/** Bodies stay raw buffers: pages read them as forms, the API as JSON, whatever their content type says (contract §0.6). */
export async function createWebServer(needs: WebServerNeeds): Promise<App> {
  const loggerInstance: FastifyBaseLogger = needs.log.child({ part: 'web' })
  const app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory: (handler) => needs.serve(handler),
    trustProxy: (address) => needs.origins.trusts(address),
    bodyLimit: Math.min(needs.bodyLimitBytes, usualBodyBytes),
    genReqId: () => newId().slice(0, 8),
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: false, caseSensitive: true, maxParamLength: 1024 },
  })
  await app.register(fastifyCookie)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  return app
}
