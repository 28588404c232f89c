/** Every route of the hub as one table, of which only those that were added can be changed. */
import { networkInterfaces } from 'node:os'
import { type Config } from '../config/schema.ts'
import { conflict, invalidInput } from '../lib/errors.ts'
import { type Clock } from '../lib/time.ts'
import { escapePrefix } from '../proxy/cookies.ts'
import { prefixOf, tablePath } from '../proxy/route-table.ts'
import { type ShownRoute, type ShownRoutes } from '../proxy/routes-api.ts'
import {
  isAddedRoute,
  isServerRoute,
  type Owner,
  type Route,
  type Routes,
  type Target,
} from '../proxy/routes.ts'
import { targetOf, urlOf } from '../proxy/target.ts'
import { type StoreReader } from '../store/store.ts'
import { type AddedRoutes } from './added-routes.ts'

export type HubRoutesNeeds = {
  readonly added: AddedRoutes
  readonly routes: Routes
  readonly store: Pick<StoreReader, 'servers'>
  readonly config: Pick<Config, 'base_url' | 'extra_routes'>
  readonly clock: Clock
  /** Every address at which this hub itself listens, the one for people first. */
  readonly own: () => readonly string[]
}

/** As the proxy of a JupyterHub shows them, with what that hub says about each (JupyterHub: `Proxy.add_user` and others). */
export function createHubRoutes(needs: HubRoutesNeeds): ShownRoutes {
  const { added, routes, store, config, clock } = needs

  /** What is not measured counts as used. */
  const configured = (prefix: string, target: string, facts: object): ShownRoute => ({
    path: tablePath(prefix),
    data: { ...facts, jupyterhub: true, target },
    route: { lastActivityMs: clock.now().getTime() },
  })

  const hubItself = (): ShownRoute =>
    configured(config.base_url, needs.own()[0] ?? '', { hub: true })

  const kept = (route: Route): ShownRoute => ({
    path: tablePath(route.prefix),
    data: { ...routeFacts(route.owner), jupyterhub: true, target: addressOf(route.target) },
    route: { lastActivityMs: route.lastActivityMs || sinceMs(route) },
  })

  /** A server that nobody has used yet is as idle as it is old. */
  const sinceMs = (route: Route): number => {
    const server = isServerRoute(route) ? store.servers.find(route.owner.serverId) : undefined
    return (server?.startedAt ?? clock.now()).getTime()
  }

  const findKept = (path: string): ShownRoute | undefined => {
    const prefix = prefixOf(path)
    if (prefix === config.base_url) return hubItself()
    const extra = config.extra_routes[prefix]
    if (extra !== undefined) return configured(prefix, extra, { extra: true })
    const route = routes.match(escapePrefix(prefix))
    return route?.prefix === prefix && !isAddedRoute(route) ? kept(route) : undefined
  }

  /** @throws {HubError} Conflict */
  const checkNotKept = (path: string): void => {
    if (findKept(path))
      throw conflict(`The hub itself keeps ${path}: it can be neither replaced nor removed here.`)
  }

  /** Through an added route anybody would come in, unasked who they are. @throws {HubError} InvalidInput */
  const checkTarget = (address: string): void => {
    const target = URL.canParse(address) ? targetOf(address) : undefined
    if (!target) return
    if (needs.own().some((own) => isSamePlace(targetOf(own), target)))
      throw invalidInput('The target is this hub itself.')
    if (routes.list().some((route) => !isAddedRoute(route) && isSamePlace(route.target, target)))
      throw invalidInput("The target is a user's server or a service, which has its own route.")
  }

  return {
    add(path, data) {
      checkNotKept(tablePath(path))
      checkTarget(data.target)
      added.add(path, data)
    },
    remove(path) {
      checkNotKept(tablePath(path))
      return added.remove(path)
    },
    find: (path) => findKept(tablePath(path)) ?? added.find(path),
    list: () => [
      hubItself(),
      ...Object.entries(config.extra_routes).map(([prefix, target]) =>
        configured(prefix, target, { extra: true }),
      ),
      ...routes
        .list()
        .filter((route) => !isAddedRoute(route))
        .map(kept),
      ...added.list(),
    ],
  }
}

/**
 * Ports that the routes of services and other programs name. Of whatever host: how this machine may be spelt is more than
 * can be listed, and there are more ports than routes.
 */
export function programPorts(
  routes: Pick<Routes, 'list'>,
  { extra_routes }: Pick<Config, 'extra_routes'>,
): number[] {
  const targets = [
    ...routes
      .list()
      .filter((route) => !isServerRoute(route))
      .map(({ target }) => target),
    ...Object.values(extra_routes).map(targetOf),
  ]
  return [...new Set(targets.map(({ port }) => port))].filter((port) => port > 0)
}

/** What JupyterHub says about a route. */
export function routeFacts(owner: Owner): Readonly<Record<string, string | true>> {
  if ('added' in owner) return { extra: true }
  if ('service' in owner) return { service: owner.service }
  return { user: owner.user, server_name: owner.server }
}

/** In the spelling that configurable-http-proxy has for Unix sockets. */
const addressOf = (target: Target): string =>
  target.socket === undefined ? urlOf(target) : `http+unix://${encodeURIComponent(target.socket)}`

const isSamePlace = (one: Target, other: Target): boolean =>
  one.socket === undefined &&
  one.port === other.port &&
  (one.host === other.host || (isThisMachine(one.host) && isThisMachine(other.host)))

/** Names of this machine for itself, as the URL parser leaves them. */
const loopback = /^(?:(?:.*\.)?localhost\.?|127\..*|0\.0\.0\.0|\[::1?\]|\[::ffff:7f.*\])$/

/** Whoever listens at all of its addresses listens at each. */
const isThisMachine = (host: string): boolean =>
  loopback.test(host) ||
  Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === host.replace(/^\[|\]$/g, '')),
  )
