/** Rights: what users and services may do by their roles, those of their groups, and what is shared with them. */
import { type Clock } from '../lib/time.ts'
import { isDefaultRole } from '../model/custom-role.ts'
import { type Group } from '../model/group.ts'
import { roles, type Role } from '../model/role.ts'
import { expandScopes, type ExpandedScopes } from '../model/scope.ts'
import { type Service } from '../model/service.ts'
import { type User } from '../model/user.ts'
import { type Store } from '../store/store.ts'

/** Who has rights; a user's are the same under any name. */
export type RightsUser = Pick<User, 'id' | 'name' | 'admin'>
export type RightsService = Pick<Service, 'id' | 'name' | 'admin'>

export type Rights = {
  readonly scopes: ExpandedScopes
  /** They have to be looked up again then at the latest: something that is shared ends. */
  readonly until: Date | undefined
}

export interface RightsReader {
  ofUser(user: RightsUser): Rights
  /** Without what is shared with them, which may be much. */
  byRolesOfUser(user: RightsUser): ExpandedScopes
  ofService(service: RightsService): Rights
  /** One of the four, as the configuration has it. */
  getDefaultRole(name: keyof typeof roles): Role
  /** Any role there is. */
  findRole(name: string): Role | undefined
  /**
   * Names of the roles that they have themselves, sorted, by the id of the user; not those of their groups
   * (contract §3.5).
   */
  listRolesOfUsers(users: readonly RightsUser[]): Map<number, string[]>
  /** Names, sorted. */
  listRolesOfService(service: RightsService): string[]
  listRolesOfGroup(group: Pick<Group, 'id'>): string[]
}

const everything = { offset: 0, limit: Number.MAX_SAFE_INTEGER }

export function createRights(needs: {
  readonly store: Store
  readonly clock: Clock
}): RightsReader {
  const { store, clock } = needs

  const getDefaultRole: RightsReader['getDefaultRole'] = (name) =>
    store.roles.findByName(name) ?? roles[name]

  const findRole: RightsReader['findRole'] = (name) =>
    isDefaultRole(name) ? getDefaultRole(name) : store.roles.findByName(name)

  /** `admin` is a flag of theirs, and `user` everybody has, so neither is an assignment. */
  const rolesOfUser = (user: RightsUser): Role[] => [
    getDefaultRole('user'),
    ...(user.admin ? [roles.admin] : []),
    ...store.roles.listOf({ kind: 'user', id: user.id }),
  ]

  const rolesOfService = (service: RightsService): Role[] => [
    ...(service.admin ? [roles.admin] : []),
    ...store.roles.listOf({ kind: 'service', id: service.id }),
  ]

  const byRoles = (user: RightsUser): string[] =>
    scopesOf([...rolesOfUser(user), ...store.roles.listOfGroupsOf(user.id)])

  return {
    byRolesOfUser: (user) => expandScopes(byRoles(user), { user: user.name }),
    ofUser(user) {
      const shares = store.shares.listWithUser(user.id, everything, clock.now())
      const scopes = [...byRoles(user), ...shares.flatMap((share) => share.scopes)]
      const ends = shares.flatMap(({ expiresAt }) => expiresAt?.getTime() ?? [])
      return {
        scopes: expandScopes(scopes, { user: user.name }),
        until: ends.length === 0 ? undefined : new Date(Math.min(...ends)),
      }
    },
    ofService: (service) => ({
      scopes: expandScopes(scopesOf(rolesOfService(service)), { service: service.name }),
      until: undefined,
    }),
    getDefaultRole,
    findRole,
    listRolesOfUsers(users) {
      const assigned = store.roles.listNamesOfUsers(users.map(({ id }) => id))
      const byUser = Map.groupBy(assigned, ({ userId }) => userId)
      const namesOfUser = ({ id, admin }: RightsUser): string[] => [
        ...['user', ...(admin ? ['admin'] : [])],
        ...(byUser.get(id) ?? []).map(({ name }) => name),
      ]
      return new Map(users.map((user) => [user.id, sorted(namesOfUser(user))]))
    },
    listRolesOfService: (service) => namesOf(rolesOfService(service)),
    listRolesOfGroup: ({ id }) => namesOf(store.roles.listOf({ kind: 'group', id })),
  }
}

/** `inherit` means something on tokens only: whoever holds it inherits from nobody. */
const scopesOf = (held: readonly Role[]): string[] =>
  held.flatMap(({ scopes }) => scopes).filter((scope) => scope !== 'inherit')

const namesOf = (held: readonly Role[]): string[] => sorted(held.map(({ name }) => name))

const sorted = (names: readonly string[]): string[] => [...new Set(names)].sort()
