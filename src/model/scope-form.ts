/** How a scope is written, `name!kind=value`: its parts, what is wrong with it, and whom a bare filter means (contract §4.2). */
import { invalidInput } from '../lib/errors.ts'
import { findScope } from './scope-table.ts'

const filterKinds = ['user', 'group', 'server', 'service'] as const
export type FilterKind = (typeof filterKinds)[number]

/** Whom `!user`, `!server`, `!service` and `self` without a value mean. */
export type ScopeHolder = {
  readonly user?: string
  /** `ana/lab2` */
  readonly server?: string
  readonly service?: string
}

export type ParsedScope = {
  readonly name: string
  /** `value` is undefined in the bare form `!user`. */
  readonly filter: { readonly kind: FilterKind; readonly value: string | undefined } | undefined
}

/** Only the first `!` splits name and filter, only the first `=` kind and value: names may contain either. */
export function parseScope(scope: string): ParsedScope | undefined {
  const mark = scope.indexOf('!')
  if (mark < 0) return { name: scope, filter: undefined }
  const filter = scope.slice(mark + 1)
  const equals = filter.indexOf('=')
  const kind = filterKinds.find((one) => one === (equals < 0 ? filter : filter.slice(0, equals)))
  if (kind === undefined) return undefined
  const value = equals < 0 ? undefined : filter.slice(equals + 1)
  return { name: scope.slice(0, mark), filter: { kind, value } }
}

/** What nobody means. */
export const noScope: ParsedScope = { name: '', filter: undefined }

/** A scope of this name can be held. */
export const exists = (name: string): boolean => findScope(name) !== undefined

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

/** `ana` of `ana/lab2`; a user's name has no slash. */
export const ownerOf = (server: string): string => server.slice(0, Math.max(0, server.indexOf('/')))

/** A bare filter gets the holder's value; undefined when the holder has none. Any other scope stays as it is. */
export function resolveFilter(scope: string, holder: ScopeHolder): string | undefined {
  const filter = parseScope(scope)?.filter
  if (filter === undefined || filter.value !== undefined) return scope
  const value = filter.kind === 'group' ? undefined : holder[filter.kind]
  return value === undefined ? undefined : `${scope}=${value}`
}
