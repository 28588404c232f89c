/** Routes as configurable-http-proxy keeps them: a path, an address, and whatever else was said about it. */
import { invalidInput } from '../lib/errors.ts'
import { type AddedRouteData } from '../model/added-route.ts'
import { escapePrefix } from './cookies.ts'
import { type ClientTls, type Owner, type Route, type Routes, type Target } from './routes.ts'

/** What was posted, with the address it leads to. */
export type RouteData = AddedRouteData

export type TableEntry = {
  /** Decoded; begins with a slash and does not end with one, but for `/`. */
  readonly path: string
  readonly data: RouteData
  readonly address: URL
  readonly route: Route
}

export interface RouteTable {
  /** Adds or replaces. @throws {HubError} InvalidInput: no path or address that can be used. */
  add(path: string, data: RouteData, lastActivityMs?: number): void
  /** @returns whether there was one. */
  remove(path: string): boolean
  find(path: string): TableEntry | undefined
  entryOf(route: Route): TableEntry | undefined
  list(): TableEntry[]
  /** Called after each `add` and `remove`. */
  onChange(listener: () => void): void
}

export type RouteTableNeeds = {
  readonly routes: Routes
  /** The first segment of a path is a host name. */
  readonly hostRouting?: boolean
  /** How TLS is spoken to servers; absent: their certificates have to be trusted by this machine. */
  readonly tls?: ClientTls
  /** Absent: each is a service that anybody may use, since another hub decides who may. */
  readonly ownerOf?: (path: string, address: URL) => Owner
}

export function createRouteTable(needs: RouteTableNeeds): RouteTable {
  const { routes, hostRouting = false, ownerOf = serviceAt } = needs
  const entries = new Map<string, TableEntry>()
  const listeners: (() => void)[] = []
  const changed = (): void => {
    for (const listener of listeners) listener()
  }

  return {
    add(given, data, lastActivityMs) {
      const path = tablePath(given)
      const address = addressOf(data.target)
      const prefix = prefixOf(path)
      routes.add(prefix, reach(address, needs.tls), ownerOf(path, address))
      const route = routes.match(escapePrefix(prefix))
      if (!route) throw new Error(`the route ${prefix} is not where it was put`)
      if (lastActivityMs === undefined) routes.touch(route)
      else route.lastActivityMs = lastActivityMs
      const host = hostRouting && path !== '/' ? { host: path.split('/')[1] } : {}
      entries.set(path, { path, data: { ...data, ...host }, address, route })
      changed()
    },
    remove(given) {
      const path = tablePath(given)
      if (!entries.delete(path)) return false
      routes.remove(prefixOf(path))
      changed()
      return true
    },
    find: (path) => entries.get(tablePath(path)),
    entryOf: ({ prefix }) => entries.get(tablePath(prefix)),
    list: () => [...entries.values()],
    onChange: (listener) => void listeners.push(listener),
  }
}

const serviceAt = (path: string): Owner => ({ service: path, access: 'public' })

export const prefixOf = (path: string): string => (path === '/' ? path : `${path}/`)

/** A path as the table has it: with a slash before it, and none behind it. @throws {HubError} InvalidInput */
export function tablePath(path: string): string {
  const absolute = path.startsWith('/') ? path : `/${path}`
  const clean = absolute.length > 1 ? absolute.replace(/\/$/, '') : absolute
  const segments = clean.slice(1).split('/')
  if (clean !== '/' && segments.some((segment) => ['', '.', '..'].includes(segment)))
    throw invalidInput('The path has an empty segment or a dot segment.')
  return clean
}

/** How the address of a Unix socket begins: `http+unix://%2Frun%2Fserver.sock`. */
const socketSchemes = ['http+unix:', 'unix+http:']

/** @throws {HubError} InvalidInput */
function addressOf(target: string): URL {
  const url = URL.parse(target)
  const isKnown = ['http:', 'https:', ...socketSchemes].includes(url?.protocol ?? '')
  if (!url || !isKnown || url.host === '')
    throw invalidInput(
      `The target is no address of a server: http://, https:// or http+unix:// and a host is expected.`,
    )
  return url
}

/** @throws {HubError} InvalidInput */
function reach(url: URL, tls: ClientTls | undefined): Target {
  if (socketSchemes.includes(url.protocol))
    return { host: 'localhost', port: 0, socket: decoded(url.host) }
  const { hostname: host, port } = url
  if (url.protocol === 'https:') return { host, port: Number(port || 443), tls: tls ?? true }
  return { host, port: Number(port || 80) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalidInput('The path of the socket is not escaped as in a URL.')
  }
}
