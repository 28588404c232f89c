/** Scopes: what a principal may do, and to whom: filters, expansion, reduction, intersection (contract §4). */
import { invalidInput } from '../lib/errors.ts'
import { sentenceAbout } from './scope-words.ts'
import { findScope, selfScopes, withSubScopes } from './scope-table.ts'

/** The groups a user is in, by name. */
export type GroupsOf = (userName: string) => readonly string[]

/** What a scope is asked for; absent: for everything, which only an unfiltered scope covers. `server` is `ana/` or `ana/lab2`. */
export type ScopeTarget =
  | { readonly user: string }
  | { readonly server: string }
  | { readonly group: string }
  | { readonly service: string }

/** Whom `!user`, `!server`, `!service` and `self` without a value mean. */
export type ScopeHolder = {
  readonly user?: string
  /** `ana/lab2` */
  readonly server?: string
  readonly service?: string
}

const filterKinds = ['user', 'group', 'server', 'service'] as const
type FilterKind = (typeof filterKinds)[number]

/** Whom a scope covers: everybody, or those named by its filters. */
export type Reach = 'everything' | Readonly<Partial<Record<FilterKind, ReadonlySet<string>>>>

export interface ScopeSet {
  has(scope: string, target?: ScopeTarget): boolean
  /** In any form, filtered or not. */
  holdsAny(scope: string): boolean
  /** Whom it covers; undefined when it is not held in any form. */
  reach(scope: string): Reach | undefined
  /** Expanded and reduced, sorted: what `GET /user` shows. */
  list(): string[]
}

/**
 * What is asked for is looked up then, and kept: of everybody's thirty scopes nearly all are asked for by nobody.
 * @param expanded as `expandScopes` returns them
 */
export function createScopeSet(expanded: ReadonlySet<string>, groupsOf: GroupsOf): ScopeSet {
  const reaches = new Map<string, Reach>()
  const reachOf = (scope: string): Reach | undefined => {
    const known = reaches.get(scope)
    if (known !== undefined) return known
    const reach = reachesOf(inAnyForm(scope, expanded)).get(scope)
    if (reach !== undefined) reaches.set(scope, reach)
    return reach
  }
  return {
    has: (scope, target) => covers(reachOf(scope), target, groupsOf),
    holdsAny: (scope) => reachOf(scope) !== undefined,
    reach: reachOf,
    list: () => [...expanded].sort(),
  }
}

const inAnyForm = (name: string, expanded: ReadonlySet<string>): string[] =>
  [...expanded].filter((scope) => scope === name || scope.startsWith(`${name}!`))

type Filters = Exclude<Reach, 'everything'>

function covers(
  reach: Reach | undefined,
  target: ScopeTarget | undefined,
  groupsOf: GroupsOf,
): boolean {
  if (reach === undefined || reach === 'everything') return reach === 'everything'
  return target !== undefined && reachesTo(reach, target, groupsOf)
}

function reachesTo(reach: Filters, target: ScopeTarget, groupsOf: GroupsOf): boolean {
  if ('group' in target) return includes(reach.group, target.group)
  if ('service' in target) return includes(reach.service, target.service)
  if ('user' in target) return reachesUser(reach, target.user, groupsOf)
  return (
    includes(reach.server, target.server) || reachesUser(reach, ownerOf(target.server), groupsOf)
  )
}

/** A group as filter means whoever is in it now (contract §4.2). */
function reachesUser(reach: Filters, user: string, groupsOf: GroupsOf): boolean {
  if (includes(reach.user, user)) return true
  return reach.group !== undefined && groupsOf(user).some((name) => includes(reach.group, name))
}

const includes = (names: ReadonlySet<string> | undefined, name: string): boolean =>
  names?.has(name) ?? false

/** `ana` of `ana/lab2`; a user's name has no slash. */
const ownerOf = (server: string): string => server.slice(0, Math.max(0, server.indexOf('/')))

type ParsedScope = {
  readonly name: string
  /** `value` is undefined in the bare form `!user`. */
  readonly filter: { readonly kind: FilterKind; readonly value: string | undefined } | undefined
}

/** Only the first `!` splits name and filter, only the first `=` kind and value: names may contain either. */
function parseScope(scope: string): ParsedScope | undefined {
  const mark = scope.indexOf('!')
  if (mark < 0) return { name: scope, filter: undefined }
  const filter = scope.slice(mark + 1)
  const equals = filter.indexOf('=')
  const kind = filterKinds.find((one) => one === (equals < 0 ? filter : filter.slice(0, equals)))
  if (kind === undefined) return undefined
  const value = equals < 0 ? undefined : filter.slice(equals + 1)
  return { name: scope.slice(0, mark), filter: { kind, value } }
}

const exists = (name: string): boolean => findScope(name) !== undefined

/**
 * What is wrong with a scope as somebody asked for it; undefined when nothing is (JupyterHub: `_check_scopes_exist`).
 * @param isKnown which names there are, when they are not yet those of this process
 */
export function scopeProblem(scope: string, isKnown = exists): string | undefined {
  const parsed = parseScope(scope)
  const shown = JSON.stringify(scope.slice(0, 100))
  if (parsed === undefined) return `The filter of scope ${shown} does not exist`
  if (!isKnown(parsed.name)) return `Scope ${shown} does not exist`
  if (parsed.filter === undefined) return undefined
  if (isMeta(parsed.name)) return `Scope ${shown} cannot have a filter`
  return isGoodFilter(parsed.filter) ? undefined : `The filter of scope ${shown} does not exist`
}

const isMeta = (name: string): boolean => name === 'self' || name === 'inherit'

/** A group has no bare form, no value is empty, and a server is named with its owner. */
function isGoodFilter({ kind, value }: NonNullable<ParsedScope['filter']>): boolean {
  if (value === undefined) return kind !== 'group'
  return kind === 'server' ? ownerOf(value) !== '' : value !== ''
}

/** @throws {HubError} InvalidInput for the first one that is unknown or malformed. */
export function checkScopes(scopes: Iterable<string>): void {
  for (const scope of scopes) {
    const problem = scopeProblem(scope)
    if (problem !== undefined) throw invalidInput(problem)
  }
}

/** With everything each scope includes, bare filters and `self` resolved, and reduced. Unknown ones are left out. */
export function expandScopes(scopes: Iterable<string>, holder: ScopeHolder): ReadonlySet<string> {
  const expanded = new Set<string>()
  for (const scope of scopes) for (const one of expandScope(scope, holder)) expanded.add(one)
  return reduceScopes(expanded)
}

function expandScope(scope: string, holder: ScopeHolder): readonly string[] {
  if (scopeProblem(scope) !== undefined) return []
  if (scope === 'inherit') return [scope]
  if (scope === 'self') return holder.user === undefined ? [] : selfOf(holder.user)
  const resolved = resolveFilter(scope, holder)
  const { name, filter } = parseScope(resolved ?? '') ?? nothing
  if (!exists(name)) return []
  const names = [...withSubScopes(name)]
  if (filter === undefined) return names
  // What a server scope includes of its user would be about all of the user (JupyterHub: `_expand_scope`).
  const kept =
    filter.kind === 'server' ? names.filter((one) => !one.startsWith('read:user')) : names
  return kept.map((one) => `${one}!${filter.kind}=${filter.value ?? ''}`)
}

const nothing: ParsedScope = { name: '', filter: undefined }

const selfOf = (user: string): string[] =>
  selfScopes.flatMap((name) => [...withSubScopes(name)].map((one) => `${one}!user=${user}`))

/** A bare filter gets the holder's value; undefined when the holder has none. Any other scope stays as it is. */
export function resolveFilter(scope: string, holder: ScopeHolder): string | undefined {
  const filter = parseScope(scope)?.filter
  if (filter === undefined || filter.value !== undefined) return scope
  const value = filter.kind === 'group' ? undefined : holder[filter.kind]
  return value === undefined ? undefined : `${scope}=${value}`
}

/** Without the filtered forms of what is also held unfiltered. */
function reduceScopes(expanded: ReadonlySet<string>): ReadonlySet<string> {
  const isNeeded = (scope: string): boolean => {
    const mark = scope.indexOf('!')
    return mark < 0 || !expanded.has(scope.slice(0, mark))
  }
  return new Set([...expanded].filter(isNeeded))
}

function reachesOf(expanded: Iterable<string>): ReadonlyMap<string, Reach> {
  const reaches = new Map<string, 'everything' | Partial<Record<FilterKind, Set<string>>>>()
  for (const scope of expanded) {
    const { name, filter } = parseScope(scope) ?? nothing
    const known = reaches.get(name) ?? {}
    if (filter === undefined) reaches.set(name, 'everything')
    else if (known !== 'everything') {
      reaches.set(name, known)
      known[filter.kind] = (known[filter.kind] ?? new Set()).add(filter.value ?? '')
    }
  }
  return reaches
}

/** What every token may read of its owner (contract §4.8). */
export const identifyScopes = (userName: string): string[] => [
  `read:users:name!user=${userName}`,
  `read:users:groups!user=${userName}`,
]

/** What is in both, both being expanded (contract §4.6; JupyterHub: `_intersect_expanded_scopes`). */
export function intersectScopes(
  left: ReadonlySet<string>,
  right: ReadonlySet<string>,
  groupsOf: GroupsOf,
): ReadonlySet<string> {
  const [reachesLeft, reachesRight] = [reachesOf(left), reachesOf(right)]
  const isHeld = (scope: string, reaches: ReadonlyMap<string, Reach>): boolean => {
    const { name, filter } = parseScope(scope) ?? nothing
    return covers(reaches.get(name), filter && targetOf(filter), groupsOf)
  }
  return reduceScopes(
    new Set([
      ...[...left].filter((scope) => isHeld(scope, reachesRight)),
      ...[...right].filter((scope) => isHeld(scope, reachesLeft)),
    ]),
  )
}

function targetOf({ kind, value = '' }: NonNullable<ParsedScope['filter']>): ScopeTarget {
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
 * What of `requested` somebody who holds `held` (expanded) can hand on. A scope that is held whole keeps its short form;
 * of one that is held in part, the pieces that are held; `inherit` only for who holds it.
 * JupyterHub: `_resolve_requested_scopes`
 */
export function grantScopes(
  requested: Iterable<string>,
  held: ReadonlySet<string>,
  { holder, groupsOf }: { holder: ScopeHolder; groupsOf: GroupsOf },
): { readonly granted: string[]; readonly denied: string[] } {
  const granted = new Set<string>()
  const denied: string[] = []
  for (const scope of requested) {
    const wanted = expandScopes([scope], holder)
    const common = intersectScopes(wanted, held, groupsOf)
    const isWhole = [...wanted].every((one) => common.has(one))
    if (wanted.size > 0 && isWhole) granted.add(scope)
    else {
      denied.push(scope)
      for (const piece of common) granted.add(piece)
    }
  }
  return { granted: [...granted].sort(), denied }
}

/** A sentence about a scope for whoever is asked to allow it. */
export function describeScope(scope: string, holder: ScopeHolder): string {
  const { name, filter } = parseScope(resolveFilter(scope, holder) ?? scope) ?? nothing
  const meaning = findScope(name)?.meaning
  if (meaning === undefined) return scope
  if (filter?.value === undefined) return meaning
  return sentenceAbout({ name, meaning }, { kind: filter.kind, value: filter.value }, holder.user)
}
