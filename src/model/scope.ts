/** Scopes: what a principal may do, and to whom: filters, expansion, reduction, intersection (contract §4). */
import {
  exists,
  noScope,
  ownerOf,
  parseScope,
  resolveFilter,
  scopeProblem,
  type FilterKind,
  type ScopeHolder,
} from './scope-form.ts'
import { sentenceAbout } from './scope-words.ts'
import {
  findScope,
  withSubScopes,
  withSubScopesOfSelf,
  withSubScopesOfServers,
} from './scope-table.ts'

/** The groups a user is in, by name. */
export type GroupsOf = (userName: string) => readonly string[]

/** What a scope is asked for; absent: for everything, which only an unfiltered scope covers. `server` is `ana/` or `ana/lab2`. */
export type ScopeTarget =
  | { readonly user: string }
  | { readonly server: string }
  | { readonly group: string }
  | { readonly service: string }

/** Whom a scope covers: everybody, or those named by its filters. */
export type Reach = 'everything' | Readonly<Partial<Record<FilterKind, ReadonlySet<string>>>>

/**
 * Scopes that are held about the same things: `!kind=` each of the values, or everything. Their names are one set for
 * all who hold the like, so that nobody needs thirty words of their own for what is the same but for whom it is about.
 */
type Grant = {
  readonly names: ReadonlySet<string>
  readonly kind: FilterKind | undefined
  readonly values: ReadonlySet<string>
}

/** Scopes with everything that they include, each in as few forms as possible. */
export type ExpandedScopes = readonly Grant[]

export interface ScopeSet {
  has(scope: string, target?: ScopeTarget): boolean
  /** So that it stays: not only because of who is in a group at the moment. What is held never becomes less. */
  hasForGood(scope: string, target: ScopeTarget): boolean
  /** In any form, filtered or not. */
  holdsAny(scope: string): boolean
  /** Whom it covers; undefined when it is not held in any form. */
  reach(scope: string): Reach | undefined
  expanded(): ExpandedScopes
  /** Expanded and reduced, sorted: what `GET /user` shows. */
  list(): string[]
}

/** @param lookUpAll called once, when `expanded` does not suffice: what holds from then on, which includes it. */
export function createScopeSet(
  expanded: ExpandedScopes,
  groupsOf: GroupsOf,
  lookUpAll?: () => ExpandedScopes,
): ScopeSet {
  let held = expanded
  let lookUp = lookUpAll
  const all = (): ExpandedScopes => {
    if (lookUp) held = lookUp()
    lookUp = undefined
    return held
  }
  return {
    has: (scope, target) =>
      covers(held, { scope, target }, groupsOf) ||
      (lookUp !== undefined && covers(all(), { scope, target }, groupsOf)),
    hasForGood: (scope, target) => covers(held, { scope, target }, inNoGroup),
    holdsAny: (scope) => isNamed(held, scope) || (lookUp !== undefined && isNamed(all(), scope)),
    reach: (scope) => reachOf(scope, all()),
    expanded: all,
    list: () => listScopes(all()),
  }
}

const inNoGroup: GroupsOf = () => []

const isNamed = (expanded: ExpandedScopes, scope: string): boolean =>
  expanded.some((grant) => grant.names.has(scope))

type Asked = { readonly scope: string; readonly target: ScopeTarget | undefined }

function covers(expanded: ExpandedScopes, { scope, target }: Asked, groupsOf: GroupsOf): boolean {
  for (const grant of expanded)
    if (grant.names.has(scope) && reachesTo(grant, target, groupsOf)) return true
  return false
}

function reachesTo(grant: Grant, target: ScopeTarget | undefined, groupsOf: GroupsOf): boolean {
  const { kind, values } = grant
  if (kind === undefined || target === undefined) return kind === undefined
  if ('group' in target) return kind === 'group' && values.has(target.group)
  if ('service' in target) return kind === 'service' && values.has(target.service)
  if ('user' in target) return reachesUser(grant, target.user, groupsOf)
  if (kind === 'server') return values.has(target.server)
  return reachesUser(grant, ownerOf(target.server), groupsOf)
}

/** A group as filter means whoever is in it now (contract §4.2). */
function reachesUser({ kind, values }: Grant, user: string, groupsOf: GroupsOf): boolean {
  if (kind === 'user') return values.has(user)
  return kind === 'group' && groupsOf(user).some((name) => values.has(name))
}

function reachOf(scope: string, expanded: ExpandedScopes): Reach | undefined {
  const reach: Partial<Record<FilterKind, ReadonlySet<string>>> = {}
  for (const { names, kind, values } of expanded) {
    if (!names.has(scope)) continue
    if (kind === undefined) return 'everything'
    reach[kind] = values.union(reach[kind] ?? nobody)
  }
  return Object.keys(reach).length === 0 ? undefined : reach
}

const nobody: ReadonlySet<string> = new Set()

/** Each as it is written, sorted. */
export const listScopes = (expanded: ExpandedScopes): string[] =>
  [...new Set(expanded.flatMap(writtenOf))].sort()

const writtenOf = ({ names, kind, values }: Grant): string[] =>
  [...names].flatMap((name) =>
    kind === undefined ? name : Array.from(values, (value) => `${name}!${kind}=${value}`),
  )

/** With everything each scope includes, bare filters and `self` resolved, and reduced. Unknown ones are left out. */
export function expandScopes(scopes: Iterable<string>, holder: ScopeHolder): ExpandedScopes {
  return gather(Array.from(scopes, (scope) => expandScope(scope, holder) ?? []).flat())
}

type Piece = { readonly names: ReadonlySet<string> } & (
  { readonly kind: FilterKind; readonly value: string } | { readonly kind: undefined }
)

function expandScope(scope: string, holder: ScopeHolder): Piece | undefined {
  if (scopeProblem(scope) !== undefined) return undefined
  if (scope === 'self') return holder.user === undefined ? undefined : selfOf(holder.user)
  const { name, filter } = parseScope(resolveFilter(scope, holder) ?? '') ?? noScope
  if (!exists(name)) return undefined
  if (filter === undefined) return { names: withSubScopes(name), kind: undefined }
  const { kind, value = '' } = filter
  return {
    names: kind === 'server' ? withSubScopesOfServers(name) : withSubScopes(name),
    kind,
    value,
  }
}

const selfOf = (user: string): Piece => ({
  names: withSubScopesOfSelf(),
  kind: 'user',
  value: user,
})

/** Those with the same names become one, and what is also held without a filter goes from those with one. */
function gather(pieces: readonly Piece[]): ExpandedScopes {
  const whole = new Set(pieces.flatMap(({ names, kind }) => (kind === undefined ? [...names] : [])))
  const grants = new Map<string, Grant & { readonly values: Set<string> }>()
  for (const piece of pieces) {
    if (piece.kind === undefined) continue
    const { names, kind, value } = piece
    const left = whole.isDisjointFrom(names) ? names : names.difference(whole)
    const key = [kind, ...left].join(' ')
    const known = grants.get(key)
    if (known) known.values.add(value)
    else if (left.size > 0) grants.set(key, { names: left, kind, values: new Set([value]) })
  }
  const unfiltered = whole.size === 0 ? [] : [{ names: whole, kind: undefined, values: nobody }]
  return [...unfiltered, ...grants.values()]
}

/** What every token may read of its owner (contract §4.8). */
export const identifyScopes = (userName: string): string[] => [
  `read:users:name!user=${userName}`,
  `read:users:groups!user=${userName}`,
]

/** What is in both (contract §4.6; JupyterHub: `_intersect_expanded_scopes`). */
export function intersectScopes(
  left: ExpandedScopes,
  right: ExpandedScopes,
  groupsOf: GroupsOf,
): ExpandedScopes {
  return gather([...heldOf(left, right, groupsOf), ...heldOf(right, left, groupsOf)])
}

/** What of `expanded` the other ones cover. */
const heldOf = (expanded: ExpandedScopes, others: ExpandedScopes, groupsOf: GroupsOf): Piece[] =>
  expanded.flatMap(piecesOf).map((piece) => {
    const target = piece.kind && targetOf(piece.kind, piece.value)
    const isHeld = (scope: string): boolean => covers(others, { scope, target }, groupsOf)
    return { ...piece, names: new Set([...piece.names].filter(isHeld)) }
  })

const piecesOf = ({ names, kind, values }: Grant): Piece[] =>
  kind === undefined ? [{ names, kind }] : Array.from(values, (value) => ({ names, kind, value }))

function targetOf(kind: FilterKind, value: string): ScopeTarget {
  switch (kind) {
    case 'user':
      return { user: value }
    case 'server':
      return { server: value }
    case 'group':
      return { group: value }
    case 'service':
      return { service: value }
  }
}

/**
 * What of `requested` somebody who holds `held` can hand on. A scope that is held whole keeps its short form;
 * of one that is held in part, the pieces that are held; `inherit` only for who holds it.
 * JupyterHub: `_resolve_requested_scopes`
 */
export function grantScopes(
  requested: Iterable<string>,
  held: ExpandedScopes,
  { holder, groupsOf }: { holder: ScopeHolder; groupsOf: GroupsOf },
): { readonly granted: string[]; readonly denied: string[] } {
  const granted = new Set<string>()
  const denied: string[] = []
  for (const scope of requested) {
    const wanted = expandScopes([scope], holder)
    const common = listScopes(intersectScopes(wanted, held, groupsOf))
    if (wanted.length > 0 && includesAll(common, wanted)) granted.add(scope)
    else {
      denied.push(scope)
      for (const piece of common) granted.add(piece)
    }
  }
  return { granted: [...granted].sort(), denied }
}

const includesAll = (listed: readonly string[], expanded: ExpandedScopes): boolean =>
  new Set(listScopes(expanded)).isSubsetOf(new Set(listed))

/** A sentence about a scope for whoever is asked to allow it. */
export function describeScope(scope: string, holder: ScopeHolder): string {
  const { name, filter } = parseScope(resolveFilter(scope, holder) ?? scope) ?? noScope
  const meaning = findScope(name)?.meaning
  if (meaning === undefined) return scope
  if (filter?.value === undefined) return meaning
  return sentenceAbout({ name, meaning }, { kind: filter.kind, value: filter.value }, holder.user)
}
