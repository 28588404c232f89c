/** The spawner and the table of routes, each call measured that JupyterHub measures of its own. */
import { type Config } from '../config/schema.ts'
import { type Routes } from '../proxy/routes.ts'
import { usualEnvironment } from '../spawn/environment.ts'
import { type Spawner } from '../spawn/spawner.ts'
import { loopEveryMs, type Metrics } from './metrics.ts'
import { type Schedule } from './schedule.ts'

/** How long opening and closing routes takes. It cannot fail here. */
export function measureRoutes(routes: Routes, metrics: Pick<Metrics, 'routed'>): Routes {
  return {
    ...routes,
    add(...route) {
      const beganMs = performance.now()
      routes.add(...route)
      metrics.routed('add', performance.now() - beganMs)
    },
    remove(prefix) {
      const beganMs = performance.now()
      routes.remove(prefix)
      metrics.routed('delete', performance.now() - beganMs)
    },
  }
}

/** How long questions take, and stops that failed; those that went well are counted with all that belongs to them. */
export function measureSpawner(
  spawner: Spawner,
  metrics: Pick<Metrics, 'polled' | 'stopped'>,
): Spawner {
  return {
    ...spawner,
    exited: (state, signal) => spawner.exited(state, signal),
    async poll(state) {
      const beganMs = performance.now()
      const liveness = await spawner.poll(state)
      metrics.polled(liveness.alive ? 'running' : 'stopped', performance.now() - beganMs)
      return liveness
    },
    async stop(state, options) {
      const beganMs = performance.now()
      try {
        await spawner.stop(state, options)
      } catch (thrown) {
        metrics.stopped(performance.now() - beganMs, 'failure')
        throw thrown
      }
    },
  }
}

/** How long the event loop keeps everybody waiting. */
export function measureLoop({
  schedule,
  metrics,
}: {
  schedule: Pick<Schedule, 'every'>
  metrics: Pick<Metrics, 'loopTurned'>
}): void {
  let turnAtMs = performance.now()
  schedule.every(loopEveryMs, 'measure the event loop', () => {
    const nowMs = performance.now()
    metrics.loopTurned(Math.max(loopEveryMs, nowMs - turnAtMs))
    turnAtMs = nowMs
  })
}

/** Makes ready for servers as the configuration has them, so that the first start is a quick one. */
export function prepareStarts({
  spawner,
  config,
}: {
  spawner: Pick<Spawner, 'prepare'>
  config: { readonly spawner: Pick<Config['spawner'], 'cmd' | 'path' | 'environment'> }
}): void {
  const { cmd, path, environment } = config.spawner
  spawner.prepare?.(cmd, { ...usualEnvironment(path), ...environment })
}

/** How many servers were forked, and how many started the ordinary way. */
export function measureStarts(
  spawner: Pick<Spawner, 'warmth'>,
  metrics: Pick<Metrics, 'gauge'>,
): void {
  const count = (kind: 'warm' | 'cold') => () => spawner.warmth?.()[kind] ?? 0
  metrics.gauge('warm_starts', 'Servers that were forked.', count('warm'))
  metrics.gauge('cold_starts', 'Servers that were started the ordinary way.', count('cold'))
}
