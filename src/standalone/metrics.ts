/** What a proxy by itself counts, by the names of configurable-http-proxy. */
import { addProcessMetrics } from '../core/process-metrics.ts'
import { createRegistry, type Registry } from '../lib/metrics.ts'
import { SECOND } from '../lib/time.ts'
import { type Routes } from '../proxy/routes.ts'

export interface ProxyMetrics {
  asked(kind: 'web' | 'ws'): void
  /** A request was answered, by a server or by us. */
  answered(status: number): void
  apiCalled(what: 'get' | 'add' | 'delete'): void
  apiAnswered(status: number): void
  /** @returns what to call when the route has been found, or there is none. */
  timeFind(): () => void
  /** The same routes, with the writing down of their use measured. */
  watch(routes: Routes): Routes
  render(): string
}

const nothing = (): void => undefined

/** Where nobody asks for metrics. */
export const noMetrics: ProxyMetrics = {
  asked: nothing,
  answered: nothing,
  apiCalled: nothing,
  apiAnswered: nothing,
  timeFind: () => nothing,
  watch: (routes) => routes,
  render: () => '',
}

/** @see configurable-http-proxy: `metrics.js` */
export function createProxyMetrics(): ProxyMetrics {
  const registry = createRegistry()
  addProcessMetrics(registry)
  const calls = {
    get: registry.counter({ name: 'api_route_get', help: 'Count of API route get requests' }),
    add: registry.counter({ name: 'api_route_add', help: 'Count of API route add requests' }),
    delete: registry.counter({
      name: 'api_route_delete',
      help: 'Count of API route delete requests',
    }),
  }
  const asked = {
    ws: registry.counter({ name: 'requests_ws', help: 'Count of websocket requests' }),
    web: registry.counter({ name: 'requests_web', help: 'Count of web requests' }),
  }
  const answered = byStatus(registry, 'requests_proxy', 'Count of proxy requests')
  const apiAnswered = byStatus(registry, 'requests_api', 'Count of API requests')
  const find = registry.summary({
    name: 'find_target_for_req',
    help: 'Summary of find target requests, in seconds',
  })
  const touch = registry.summary({
    name: 'last_activity_updating',
    help: 'Summary of last activity updating requests, in seconds',
  })
  const timer = (summary: typeof find) => (): (() => void) => {
    const beganMs = performance.now()
    return () => summary.observe((performance.now() - beganMs) / SECOND)
  }
  const timeTouch = timer(touch)

  return {
    asked: (kind) => asked[kind].add(),
    answered,
    apiCalled: (what) => calls[what].add(),
    apiAnswered,
    timeFind: timer(find),
    watch: (routes) => ({
      ...routes,
      touch(route) {
        const touched = timeTouch()
        routes.touch(route)
        touched()
      },
    }),
    render: () => registry.render(),
  }
}

function byStatus(registry: Registry, name: string, help: string): (status: number) => void {
  const counter = registry.counter({ name, help, initial: [] })
  return (status) => counter.add({ status: String(status) })
}
