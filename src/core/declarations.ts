/** What the configuration declares is made true, in one go: at start, and when it is read again. */
import { toServiceSpec, type Declarations } from '../config/check-declarations.ts'
import { type GroupDeclarations } from '../config/declarations.ts'
import { normaliseName, type User } from '../model/user.ts'
import { type Store } from '../store/store.ts'
import { type RoleVerbs } from './roles.ts'
import { type ServiceVerbs } from './services.ts'
import { type UserVerbs } from './users.ts'

export type DeclarationNeeds = {
  readonly store: Store
  readonly roles: RoleVerbs
  readonly services: ServiceVerbs
  readonly users: Pick<UserVerbs, 'add'>
}

/** @throws {ConfigError} for roles of services that do not exist; nothing is changed then. */
export function applyDeclarations(declared: Declarations, needs: DeclarationNeeds): void {
  const { store, roles, services } = needs
  store.transaction(() => {
    for (const name of declared.admin_users) store.users.setAdmin(userNamed(name, needs).id, true)
    declareGroups(declared.groups, needs)
    services.declare(
      declared.services.map((one) => ({ ...toServiceSpec(one), command: one.command })),
    )
    roles.declare(declared.roles, declared.admin_users)
  })
}

/** Adds members and never removes any; properties are replaced where they are given (JupyterHub: `init_groups`). */
function declareGroups(groups: GroupDeclarations, needs: DeclarationNeeds): void {
  const { store } = needs
  for (const [name, { users, properties }] of Object.entries(groups)) {
    const group = store.groups.findByName(name) ?? store.groups.create(name, {})
    for (const user of users) store.groups.addMember(group.id, userNamed(user, needs).id)
    if (properties !== undefined) store.groups.setProperties(group.id, properties)
  }
}

function userNamed(rawName: string, needs: DeclarationNeeds): User {
  const name = normaliseName(rawName)
  return needs.store.users.findByName(name) ?? needs.users.add(name, { admin: false })
}
