/** Roles that are written down, and who holds them by assignment. */
import { type Database, type Statement } from './database.ts'
import { fromJson, toFlag, toJson, type NameOfUser } from './rows.ts'
import { type Role } from '../model/role.ts'

export type StoredRole = Role & {
  readonly id: number
  /** Declared in the configuration, and gone with its entry there. */
  readonly fromConfig: boolean
}

export const holderKinds = ['user', 'group', 'service'] as const
export type HolderKind = (typeof holderKinds)[number]

/** Who can be given a role; `admin` of users and services is a flag of theirs, and `user` everybody has. */
export type RoleHolder = { readonly kind: HolderKind; readonly id: number }

export interface Roles {
  findByName(name: string): StoredRole | undefined
  list(): StoredRole[]
  /** Those assigned to the holder itself, by name. */
  listOf(holder: RoleHolder): StoredRole[]
  /** Names of those assigned to each of many users. */
  listNamesOfUsers(userIds: readonly number[]): NameOfUser[]
  /** Those of all groups that the user is in, each once. */
  listOfGroupsOf(userId: number): StoredRole[]
  /** Ids of holders of one kind. */
  listHolders(roleId: number, kind: HolderKind): number[]
  /** Makes or replaces it; holders stay. */
  save(role: Role, options: { readonly fromConfig: boolean }): StoredRole
  /** Does nothing for who has it already. */
  assign(roleId: number, holder: RoleHolder): void
  strip(roleId: number, holder: RoleHolder): void
  /** From everybody. */
  remove(roleId: number): void
}

type RoleRow = {
  readonly id: number
  readonly name: string
  readonly description: string
  readonly scopes: string
  readonly from_config: number
}

export function createRoles(database: Database): Roles {
  const byName = database.prepare<RoleRow>('select * from roles where name = ?')
  const all = database.prepare<RoleRow>('select * from roles order by name')
  const ofGroups = database.prepare<RoleRow>(`
    select distinct r.* from group_members m join group_roles a on a.group_id = m.group_id
      join roles r on r.id = a.role_id
    where m.user_id = ? order by r.name`)
  const namesOfUsers = database.prepare<NameOfUser>(`
    select a.user_id as userId, r.name from user_roles a join roles r on r.id = a.role_id
    where a.user_id in (select value from json_each(?))`)
  const save = database.prepare<RoleRow>(`
    insert into roles (name, description, scopes, from_config)
    values (:name, :description, :scopes, :fromConfig)
    on conflict (name) do update set description = excluded.description,
      scopes = excluded.scopes, from_config = excluded.from_config
    returning *`)
  const remove = database.prepare('delete from roles where id = ?')
  const assignments = prepareAssignments(database)
  return {
    findByName(name) {
      const row = byName.get([name])
      return row && toRole(row)
    },
    list: () => all.all().map(toRole),
    listOf: ({ kind, id }) => assignments[kind].ofHolder.all([id]).map(toRole),
    listNamesOfUsers: (userIds) => namesOfUsers.all([toJson(userIds)]),
    listOfGroupsOf: (userId) => ofGroups.all([userId]).map(toRole),
    listHolders: (roleId, kind) => assignments[kind].holders.all([roleId]).map(({ id }) => id),
    save({ name, description, scopes }, { fromConfig }) {
      const columns = { name, description, scopes: toJson(scopes), fromConfig: toFlag(fromConfig) }
      const row = save.get(columns)
      if (row === undefined) throw new Error('a role that was just saved is missing')
      return toRole(row)
    },
    assign: (roleId, { kind, id }) => void assignments[kind].assign.run([roleId, id]),
    strip: (roleId, { kind, id }) => void assignments[kind].strip.run([roleId, id]),
    remove: (roleId) => void remove.run([roleId]),
  }
}

type Assignments = {
  readonly ofHolder: Statement<RoleRow>
  readonly holders: Statement<{ readonly id: number }>
  readonly assign: Statement<never>
  readonly strip: Statement<never>
}

/** Each kind of holder has a table of its own, so that SQLite keeps no assignment to somebody who is gone. */
function prepareAssignments(database: Database): Record<HolderKind, Assignments> {
  const prepare = (kind: HolderKind): Assignments => {
    const [table, column] = [`${kind}_roles`, `${kind}_id`]
    return {
      ofHolder: database.prepare<RoleRow>(`
        select r.* from ${table} a join roles r on r.id = a.role_id
        where a.${column} = ? order by r.name`),
      holders: database.prepare(`select ${column} as id from ${table} where role_id = ?`),
      assign: database.prepare(
        `insert into ${table} (role_id, ${column}) values (?, ?) on conflict do nothing`,
      ),
      strip: database.prepare(`delete from ${table} where role_id = ? and ${column} = ?`),
    }
  }
  return { user: prepare('user'), group: prepare('group'), service: prepare('service') }
}

const toRole = (row: RoleRow): StoredRole => ({
  id: row.id,
  name: row.name,
  description: row.description,
  scopes: fromJson(row.scopes) as string[],
  fromConfig: row.from_config === 1,
})
