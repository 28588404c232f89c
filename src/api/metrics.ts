/** `/hub/metrics` and `/hub/api/metrics`: what Prometheus scrapes (contract §7.8), and what is measured of each request. */
import { type FastifyInstance } from 'fastify'
import { type Metrics } from '../core/metrics.ts'
import { type ApiNeeds } from './guard.ts'

export function metricsRoutes(
  app: FastifyInstance,
  path: string,
  { config, metrics }: ApiNeeds,
): void {
  const scope = config.metrics.public ? 'anyone' : 'read:metrics'
  app.get(path, { config: { scope, answers: { 200: 'metrics' } } }, (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(metrics.render()),
  )
}

/** Measures every request that Fastify answers on `app`, by its route: addresses hold names, and are without number. */
export function measureRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    metrics.requested({
      method: request.method,
      handler: request.routeOptions.url ?? 'none',
      code: reply.statusCode,
      tookMs: reply.elapsedTime,
    })
    done()
  })
}
