/** Route check: the table of routes is made what the store says (JupyterHub: `check_routes`). */
import { isActive, routePrefix } from '../model/server.ts'
import { isServerRoute, type Routes } from '../proxy/routes.ts'
import { targetOf } from '../proxy/target.ts'
import { type StoreReader } from '../store/store.ts'
import { routeServices } from './service-routes.ts'

export type RouteCheck = { readonly added: number; readonly removed: number }

/** Routes of ready servers that are missing come back, those of servers that do not run go; pending ones stay. */
export function checkRoutes(needs: {
  readonly store: StoreReader
  readonly routes: Routes
  readonly baseUrl: string
}): RouteCheck {
  const { store, routes, baseUrl } = needs
  const servers = store.servers.listActive()
  const known = new Set(routes.list().map(({ prefix }) => prefix))
  const missing = servers.filter(
    ({ state, userName, name }) =>
      state === 'ready' && !known.has(routePrefix(baseUrl, userName, name)),
  )
  for (const { id, userId, userName, name, url } of missing) {
    const owner = { user: userName, server: name, serverId: id, userId }
    routes.add(routePrefix(baseUrl, userName, name), targetOf(url ?? 'http://127.0.0.1:0'), owner)
  }
  const stale = routes
    .list()
    .filter(isServerRoute)
    .filter(({ owner }) => {
      const row = store.servers.find(owner.serverId)
      return !row || !isActive(row)
    })
  for (const { prefix } of stale) routes.remove(prefix)
  routeServices(needs)
  return { added: missing.length, removed: stale.length }
}
