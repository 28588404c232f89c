/** The verbs about groups, roles, services and shares, built together. */
import { type Clock } from '../lib/time.ts'
import { type GroupsOf } from '../model/scope.ts'
import { type Store } from '../store/store.ts'
import { type Access } from './access.ts'
import { type Events } from './events.ts'
import { createGroups, type GroupVerbs } from './groups.ts'
import { createRights, type RightsReader } from './rights.ts'
import { createRoles, type RoleVerbs } from './roles.ts'
import { createServices, type ServiceVerbs } from './services.ts'
import { createShares, type ShareVerbs } from './shares.ts'
import { type UserVerbs } from './users.ts'

export type People = {
  readonly groups: GroupVerbs
  readonly rights: RightsReader
  readonly roles: RoleVerbs
  readonly services: ServiceVerbs
  readonly shares: ShareVerbs
}

export type PeopleNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly access: Access
  readonly events: Events
  readonly users: Pick<UserVerbs, 'add'>
  readonly groupsOf: GroupsOf
  readonly baseUrl: string
}

export function createPeople(needs: PeopleNeeds): People {
  const rights = createRights(needs)
  return {
    groups: createGroups(needs),
    rights,
    roles: createRoles({ ...needs, addUser: (name) => needs.users.add(name, { admin: false }) }),
    services: createServices({ ...needs, rights }),
    shares: createShares(needs),
  }
}
