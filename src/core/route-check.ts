/** Route check: the table of routes is made what the store says (JupyterHub: `check_routes`). */
import { routePrefix } from '../model/server.ts'
import { isServerRoute, type Routes } from '../proxy/routes.ts'
import { targetOf } from '../proxy/target.ts'
import { type StoreReader } from '../store/store.ts'
import { type Metrics } from './metrics.ts'
import { routeServices } from './service-routes.ts'

export type RouteCheck = { readonly added: number; readonly removed: number }

/** Routes of ready servers that are missing come back, those of servers that do not run go; pending ones stay. */
export function checkRoutes(needs: {
  readonly store: StoreReader
  readonly routes: Routes
  readonly baseUrl: string
  readonly metrics: Pick<Metrics, 'took'>
}): RouteCheck {
  const beganMs = performance.now()
  const { store, routes, baseUrl } = needs
  const present = routes.list()
  needs.metrics.took('proxy_poll', performance.now() - beganMs)
  const servers = store.servers.listActive()
  const known = new Set(present.map(({ prefix }) => prefix))
  const missing = servers.filter(
    ({ state, userName, name }) =>
      state === 'ready' && !known.has(routePrefix(baseUrl, userName, name)),
  )
  for (const { id, userId, userName, name, url } of missing) {
    const owner = { user: userName, server: name, serverId: id, userId }
    routes.add(routePrefix(baseUrl, userName, name), targetOf(url ?? 'http://127.0.0.1:0'), owner)
  }
  const active = new Set(servers.map(({ id }) => id))
  const stale = routes
    .list()
    .filter(isServerRoute)
    .filter(({ owner }) => !active.has(owner.serverId))
  for (const { prefix } of stale) routes.remove(prefix)
  routeServices(needs)
  needs.metrics.took('check_routes', performance.now() - beganMs)
  return { added: missing.length, removed: stale.length }
}
