/** Roles of the configuration: their names, and which of them keep something of their own (contract §4.7). */
import { roles, type Role } from './role.ts'

/** A role as the configuration declares it; an absent list is not the same as an empty one. */
export type RoleDeclaration = {
  readonly name: string
  readonly description?: string
  readonly scopes?: readonly string[]
  readonly users?: readonly string[]
  readonly groups?: readonly string[]
  readonly services?: readonly string[]
}

/** What is wrong with a role's name; undefined when nothing is. JupyterHub: `roles.role_pattern` */
export function roleNameProblem(name: string): string | undefined {
  if (/^[a-z][a-z0-9\-_~.]{1,253}[a-z0-9]$/.test(name)) return undefined
  return 'A role name has 3–255 letters a–z, digits and - _ ~ . between; a letter first, a letter or digit last.'
}

export const isDefaultRole = (name: string): name is keyof typeof roles =>
  Object.hasOwn(roles, name)

/** Some role: one of the four, changed or not, or one that the configuration made. */
export function completeRole(declared: RoleDeclaration): Role {
  const initial = isDefaultRole(declared.name) ? roles[declared.name] : undefined
  return {
    name: declared.name,
    description: declared.description ?? initial?.description ?? '',
    scopes: declared.scopes ?? initial?.scopes ?? [],
  }
}

/** What is wrong with a declaration apart from its scopes, each sentence with the key that it is about. */
export function roleProblems(declared: RoleDeclaration): { key: string; sentence: string }[] {
  const problems: { key: string; sentence: string }[] = []
  const name = roleNameProblem(declared.name)
  if (name !== undefined) problems.push({ key: 'name', sentence: name })
  if (declared.name !== 'admin') return problems
  for (const key of ['scopes', 'description'] as const)
    if (declared[key] !== undefined)
      problems.push({ key, sentence: 'cannot be changed: the role admin may only get members.' })
  return problems
}
