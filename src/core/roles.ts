/** Roles: those of the configuration are written down, and given to whom it says (contract §4.7). */
import { ConfigError } from '../lib/errors.ts'
import { completeRole, isDefaultRole, type RoleDeclaration } from '../model/custom-role.ts'
import { roles } from '../model/role.ts'
import { normaliseName, type User } from '../model/user.ts'
import { holderKinds, type HolderKind, type StoredRole } from '../store/roles.ts'
import { type Store } from '../store/store.ts'
import { type Access } from './access.ts'

export interface RoleVerbs {
  /**
   * Makes the roles and their holders what the configuration says. Users and groups that do not exist are made.
   * @param admins names of users who are administrators in any case
   * @throws {ConfigError} for services that do not exist; nothing is changed then.
   */
  declare(declared: readonly RoleDeclaration[], admins: readonly string[]): void
}

export type RoleNeeds = {
  readonly store: Store
  readonly access: Pick<Access, 'forgetAll'>
  /** Makes a user without a password. */
  addUser(name: string): User
}

export function createRoles(needs: RoleNeeds): RoleVerbs {
  const { store, access } = needs

  const userNamed = (rawName: string): User => {
    const name = normaliseName(rawName)
    return store.users.findByName(name) ?? needs.addUser(name)
  }

  const groupNamed = (name: string) =>
    store.groups.findByName(name) ?? store.groups.create(name, {})

  const holdersOf = (role: RoleDeclaration): Record<HolderKind, number[]> => ({
    user: (role.users ?? []).map((name) => userNamed(name).id),
    group: (role.groups ?? []).map((name) => groupNamed(name).id),
    service: (role.services ?? []).map((name) => store.services.getByName(name).id),
  })

  /** Exactly these hold it; a list that is left out is an empty one. */
  const assign = (role: StoredRole, holders: Record<HolderKind, readonly number[]>): void => {
    for (const kind of holderKinds) {
      for (const id of store.roles.listHolders(role.id, kind))
        if (!holders[kind].includes(id)) store.roles.strip(role.id, { kind, id })
      for (const id of holders[kind]) store.roles.assign(role.id, { kind, id })
    }
  }

  /** A list of users or services that is left out leaves the flags as they are; one that is given is exact. */
  const declareAdmins = (role: RoleDeclaration, admins: readonly string[]): void => {
    const ids = new Set([...(role.users ?? []), ...admins].map((name) => userNamed(name).id))
    if (role.users !== undefined)
      for (const { id } of store.users.listAdmins())
        if (!ids.has(id)) store.users.setAdmin(id, false)
    for (const id of ids) store.users.setAdmin(id, true)
    if (role.services === undefined) return
    for (const { id, name } of store.services.list())
      store.services.setAdmin(id, role.services.includes(name))
  }

  const declareOne = (role: RoleDeclaration, admins: readonly string[]): void => {
    const stored = store.roles.save(completeRole(role), { fromConfig: !isDefaultRole(role.name) })
    if (role.name === 'admin') declareAdmins(role, admins)
    assign(stored, withoutFlags(role.name, holdersOf(role)))
  }

  return {
    declare(declared, admins) {
      checkServices(declared, (name) => store.services.findByName(name) !== undefined)
      store.transaction(() => {
        for (const role of store.roles.list())
          if (role.fromConfig && !declared.some(({ name }) => name === role.name))
            store.roles.remove(role.id)
        for (const role of withDefaults(declared)) declareOne(role, admins)
      })
      access.forgetAll()
    },
  }
}

/** A flag stands for administrators, and everybody has the role `user`: those are no assignments. */
function withoutFlags(
  name: string,
  holders: Record<HolderKind, number[]>,
): Record<HolderKind, number[]> {
  if (name === 'admin') return { ...holders, user: [], service: [] }
  return name === 'user' ? { ...holders, user: [] } : holders
}

/** The four that always exist are reset to what they are when nothing is said about them. */
const withDefaults = (declared: readonly RoleDeclaration[]): RoleDeclaration[] => [
  ...Object.keys(roles)
    .filter((name) => !declared.some((role) => role.name === name))
    .map((name) => ({ name })),
  ...declared,
]

function checkServices(
  declared: readonly RoleDeclaration[],
  exists: (name: string) => boolean,
): void {
  const problems = declared.flatMap(({ name, services = [] }, index) =>
    services
      .filter((service) => !exists(service))
      .map((service) => ({
        source: 'configuration',
        key: `roles[${index}].services`,
        sentence: `there is no service named '${service}' for the role ${name}.`,
      })),
  )
  if (problems.length > 0) throw new ConfigError(problems)
}
