/** Added routes: programs that anybody may use, at paths that the hub is told of while it runs. */
import { type Config } from '../config/schema.ts'
import { asError, conflict, HubError, invalidInput } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { type Clock } from '../lib/time.ts'
import {
  type AddedRoute,
  hubPartOf,
  programAddressProblem,
  programPathProblem,
} from '../model/added-route.ts'
import {
  createRouteTable,
  prefixOf,
  tablePath,
  type RouteData,
  type RouteTable,
} from '../proxy/route-table.ts'
import { type Routes } from '../proxy/routes.ts'
import { type Store } from '../store/store.ts'

export interface AddedRoutes extends Pick<RouteTable, 'find' | 'list'> {
  /** Adds or replaces. @throws {HubError} InvalidInput; Conflict: the path is not for it; TooLarge, TooMany */
  add(path: string, data: RouteData): void
  /** @returns whether there was one. @throws {HubError} InvalidInput */
  remove(path: string): boolean
  /** Opens those of the hub before; one that the configuration leaves no room for waits for another configuration. */
  restore(): void
  /** Writes down when they were used, of so many. @returns whether there may be more. */
  writeUse(most?: number): boolean
}

export type AddedRoutesNeeds = {
  readonly store: Pick<Store, 'addedRoutes' | 'transaction'>
  readonly routes: Routes
  readonly config: Pick<Config, 'base_url' | 'extra_routes'>
  readonly clock: Clock
  readonly log: Log
}

/** More is a program that forgets to remove its own. */
const mostRoutes = 1000

/** What is said about a route stays in memory. */
const mostDataBytes = 4 * 1024

export function createAddedRoutes(needs: AddedRoutesNeeds): AddedRoutes {
  const { store, routes, config, clock, log } = needs
  const table = createRouteTable({
    routes,
    ownerOf: (added, { pathname }) => ({ added, basePath: pathname.replace(/\/+$/, '') }),
  })
  /** As it is in the store. */
  const writtenMs = new Map<string, number>()

  const check = (path: string, { target }: RouteData): void => {
    const problem = programAddressProblem(target)
    if (problem !== undefined) throw invalidInput(`The target is not ${problem}`)
    checkPath(path, config)
  }

  const write = (route: AddedRoute): void => {
    store.addedRoutes.save(route)
    writtenMs.set(route.path, route.usedAt.getTime())
  }

  return {
    add(given, data) {
      const path = tablePath(given)
      check(path, data)
      if (Buffer.byteLength(JSON.stringify(data)) > mostDataBytes)
        throw new HubError('TooLarge', `At most ${mostDataBytes} bytes may be said about a route.`)
      if (!table.find(path) && table.list().length >= mostRoutes)
        throw new HubError('TooMany', `There are ${mostRoutes} added routes; remove one first.`)
      const usedAt = clock.now()
      write({ path, data, usedAt })
      table.add(path, data, usedAt.getTime())
    },
    remove(given) {
      const path = tablePath(given)
      store.addedRoutes.remove(path)
      writtenMs.delete(path)
      return table.remove(path)
    },
    find: (path) => table.find(path),
    list: () => table.list(),
    restore() {
      for (const { path, data, usedAt } of store.addedRoutes.list())
        try {
          check(path, data)
          table.add(path, data, usedAt.getTime())
          writtenMs.set(path, usedAt.getTime())
        } catch (thrown) {
          const reason = asError(thrown).message
          log.warn({ route: path, target: data.target, reason }, 'an added route stays closed')
        }
    },
    writeUse(most = mostRoutes) {
      const used = table
        .list()
        .filter(({ path, route }) => route.lastActivityMs !== writtenMs.get(path))
        .slice(0, most)
        .map(({ path, data, route }) => ({ path, data, usedAt: new Date(route.lastActivityMs) }))
      if (used.length > 0) store.transaction(() => used.forEach(write))
      return used.length === most
    },
  }
}

/** @throws {HubError} InvalidInput; Conflict: it belongs to the hub or to its configuration */
function checkPath(path: string, { base_url, extra_routes }: AddedRoutesNeeds['config']): void {
  const prefix = prefixOf(path)
  const problem = programPathProblem(prefix, base_url)
  if (problem !== undefined) throw invalidInput(`The path of a route is ${problem}`)
  // Who answers there speaks for the whole site, to certificate authorities among others (RFC 8615, RFC 8555 §8.3).
  if (prefix.includes('/.well-known/'))
    throw conflict('What is below /.well-known/ speaks for the whole site, which is the hub.')
  const part = hubPartOf(prefix, base_url)
  if (part !== undefined)
    throw conflict(`${part} belongs to the hub: routes below it come and go with what they are of.`)
  const extra = Object.keys(extra_routes).find(
    (one) => one.startsWith(prefix) || prefix.startsWith(one),
  )
  if (extra !== undefined)
    throw conflict(`${path} would stand in the way of ${extra}, which is in the configuration.`)
}
