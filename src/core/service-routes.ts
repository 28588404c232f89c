/** Service routes: the table follows the store, so that a service can be reached as long as it is registered. */
import { serviceRoutePrefix } from '../model/service.ts'
import { type Routes } from '../proxy/routes.ts'
import { targetOf } from '../proxy/target.ts'
import { type StoreReader } from '../store/store.ts'

export type ServiceRouteNeeds = {
  readonly store: Pick<StoreReader, 'services'>
  readonly routes: Pick<Routes, 'add' | 'remove' | 'list'>
  readonly baseUrl: string
}

/** Call after any change to services. What is open to one that went, moved or became closed to some ends. */
export function routeServices({ store, routes, baseUrl }: ServiceRouteNeeds): void {
  const wanted = new Set<string>()
  for (const { name, url, access } of store.services.list()) {
    if (url === undefined) continue
    const prefix = serviceRoutePrefix(baseUrl, name)
    // Host and port only: requests keep their whole path (contract §6.1).
    routes.add(prefix, targetOf(url), { service: name, access })
    wanted.add(prefix)
  }
  for (const { prefix, owner } of routes.list())
    if ('service' in owner && !wanted.has(prefix)) routes.remove(prefix)
}
