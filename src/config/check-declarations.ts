/** What is wrong with the groups, roles, custom scopes and services that a configuration declares. */
import { asError } from '../lib/errors.ts'
import { nearest } from '../lib/nearest.ts'
import { isDefaultRole, roleProblems } from '../model/custom-role.ts'
import { customScopeProblems } from '../model/custom-scope.ts'
import { groupNameProblem } from '../model/group.ts'
import { scopeTable } from '../model/scope-table.ts'
import { scopeProblem } from '../model/scope-form.ts'
import { serviceProblem, type ServiceSpec } from '../model/service.ts'
import { normaliseName } from '../model/user.ts'
import { type Fault, type Path } from './decode.ts'
import { type ServiceDeclaration } from './declarations.ts'
import { type Config } from './schema.ts'

export type Declarations = Pick<
  Config,
  'admin_users' | 'groups' | 'roles' | 'custom_scopes' | 'services'
>

const fault = (at: Path, sentence: string): Fault => ({ at, sentence, isMissing: false })

export function checkDeclarations(declared: Declarations): Fault[] {
  return [
    ...userFaults(declared.admin_users, ['admin_users']),
    ...groupFaults(declared),
    ...customScopeProblems(declared.custom_scopes).map(({ name, sentence }) =>
      fault(['custom_scopes', name], sentence),
    ),
    ...roleFaults(declared),
    ...serviceFaults(declared),
  ]
}

/** Names that no user can have. */
export function userFaults(names: readonly string[], at: Path): Fault[] {
  return names.flatMap((name, index) => {
    try {
      normaliseName(name)
      return []
    } catch (thrown) {
      return [fault([...at, index], asError(thrown).message)]
    }
  })
}

function groupFaults({ groups }: Declarations): Fault[] {
  return Object.entries(groups).flatMap(([name, { users }]) => {
    const at = ['groups', name]
    const problem = groupNameProblem(name)
    return [
      ...(problem === undefined ? [] : [fault(at, problem)]),
      ...userFaults(users, [...at, 'users']),
    ]
  })
}

function roleFaults(declared: Declarations): Fault[] {
  return declared.roles.flatMap((role, index) => {
    const at: Path = ['roles', index]
    const groups = (role.groups ?? []).map((name, place) => ({ name, place }))
    return [
      ...roleProblems(role).map(({ key, sentence }) => fault([...at, key], sentence)),
      ...scopeFaults(role.scopes ?? [], { at: [...at, 'scopes'], declared, orRoles: false }),
      ...userFaults(role.users ?? [], [...at, 'users']),
      ...groups.flatMap(({ name, place }) => {
        const problem = groupNameProblem(name)
        return problem === undefined ? [] : [fault([...at, 'groups', place], problem)]
      }),
      ...repeated(declared.roles, { index, key: 'name', at }),
    ]
  })
}

function serviceFaults(declared: Declarations): Fault[] {
  const { services } = declared
  return services.flatMap((service, index) => {
    const at: Path = ['services', index]
    const problem = serviceProblem(toServiceSpec(service))
    const [, key = '', sentence = ''] = /^(\w+): (.*)$/s.exec(problem ?? '') ?? []
    const allowed = service.oauth_client_allowed_scopes
    return [
      ...(problem === undefined ? [] : [fault([...at, key], sentence)]),
      ...scopeFaults(allowed, {
        at: [...at, 'oauth_client_allowed_scopes'],
        declared,
        orRoles: true,
      }),
      ...repeated(services, { index, key: 'name', at }),
      ...repeated(services, { index, key: 'api_token', at }),
      ...repeated(services, { index, key: 'oauth_client_id', at }),
    ]
  })
}

/** A service as the rules know it: what is empty in the configuration is absent there. */
export function toServiceSpec(declared: ServiceDeclaration): ServiceSpec {
  const { url, api_token, oauth_client_id, oauth_redirect_uri } = declared
  return {
    name: declared.name,
    admin: declared.admin,
    access: declared.access,
    display: declared.display,
    info: declared.info,
    oauthClientAllowedScopes: declared.oauth_client_allowed_scopes,
    oauthNoConfirm: declared.oauth_no_confirm,
    ...(url === '' ? {} : { url }),
    ...(api_token === '' ? {} : { apiToken: api_token }),
    ...(oauth_client_id === '' ? {} : { oauthClientId: oauth_client_id }),
    ...(oauth_redirect_uri === '' ? {} : { oauthRedirectUri: oauth_redirect_uri }),
  }
}

/** The second of two entries that must differ; empty ones say nothing. */
function repeated<Key extends string>(
  entries: readonly Readonly<Record<Key, string>>[],
  { index, key, at }: { index: number; key: Key; at: Path },
): Fault[] {
  const value = entries[index]?.[key] ?? ''
  const isFirst = entries.findIndex((entry) => entry[key] === value) === index
  return value === '' || isFirst ? [] : [fault([...at, key], 'is that of another entry already.')]
}

type ScopePlace = {
  readonly at: Path
  readonly declared: Declarations
  /** Whether names of roles may stand for their scopes. */
  readonly orRoles: boolean
}

function scopeFaults(scopes: readonly string[], { at, declared, orRoles }: ScopePlace): Fault[] {
  const known = [...Object.keys(scopeTable), ...Object.keys(declared.custom_scopes)]
  const isRole = (name: string): boolean =>
    isDefaultRole(name) || declared.roles.some((role) => role.name === name)
  return scopes.flatMap((scope, index) => {
    if (orRoles && isRole(scope)) return []
    const problem = scopeProblem(scope, (name) => known.includes(name))
    if (problem === undefined) return []
    const [name = ''] = scope.split('!', 1)
    const meant = known.includes(name) ? undefined : nearest(name, known)
    const hint = meant === undefined ? '' : ` Did you mean \`${meant}\`?`
    return [fault([...at, index], `${problem}.${hint}`)]
  })
}
