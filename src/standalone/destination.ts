/** Which route a request belongs to, and as which request target it goes out. */
import { encodeSegment } from '../lib/url.ts'
import { isAmbiguousPath, originForm, withoutQuery } from '../proxy/path.ts'
import { type RequestFacts } from '../proxy/policy.ts'
import { type RouteTable, type TableEntry } from '../proxy/route-table.ts'
import { type Routes } from '../proxy/routes.ts'

export type DestinationNeeds = {
  readonly routes: Pick<Routes, 'match'>
  readonly table: Pick<RouteTable, 'entryOf'>
  readonly hostRouting: boolean
  readonly includePrefix: boolean
  readonly prependPath: boolean
}

export type Destination = { readonly entry: TableEntry; readonly target: string }

/** @returns `ambiguous` when the path could be read in two ways; undefined when no route matches. */
export function destinationOf(
  request: RequestFacts,
  needs: DestinationNeeds,
): Destination | 'ambiguous' | undefined {
  const asked = originForm(request.url ?? '')
  const path = withoutQuery(asked)
  if (isAmbiguousPath(path)) return 'ambiguous'
  // The peer decodes a path before it takes it apart, so an encoded slash separates there.
  const matched = path.replace(/%2f/gi, '/')
  const host = needs.hostRouting ? `/${encodeSegment(hostNameOf(request))}` : ''
  const route = needs.routes.match(host + matched)
  const entry = route && needs.table.entryOf(route)
  if (!entry) return undefined
  const depth = segmentsOf(entry.path).length - (needs.hostRouting && entry.path !== '/' ? 1 : 0)
  const sent = needs.includePrefix ? path : behind(matched, depth)
  return { entry, target: joined(entry, sent, { query: asked.slice(path.length), needs }) }
}

/** As it stands in the Host header, without its port. */
const hostNameOf = ({ headers }: RequestFacts): string =>
  (headers.host ?? '').toLowerCase().replace(/:\d*$/, '')

const segmentsOf = (path: string): string[] => path.split('/').filter((part) => part !== '')

/** What follows so many segments, with its slash. */
function behind(path: string, depth: number): string {
  const rest = path.split('/').slice(depth + 1)
  return `/${rest.join('/')}`
}

type Joint = { readonly query: string; readonly needs: DestinationNeeds }

function joined({ address }: TableEntry, path: string, { query, needs }: Joint): string {
  const isSlash = address.pathname === '/' || address.pathname === ''
  if (!needs.prependPath || (isSlash && address.search === '')) return path + query
  const before = isSlash ? '' : address.pathname.replace(/\/$/, '')
  const queries = [address.search.slice(1), query.slice(1)].filter((part) => part !== '')
  return before + path + (queries.length > 0 ? `?${queries.join('&')}` : '')
}
