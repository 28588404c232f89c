/** Groups and who is in them. */
import { notFound } from '../lib/errors.ts'
import { type Database } from './database.ts'
import { orConflict } from './failures.ts'
import { fromJson, toJson, type ListPart, type NameOfUser } from './rows.ts'
import { type Group, type GroupProperties } from '../model/group.ts'

export interface Groups {
  find(id: number): Group | undefined
  findByName(name: string): Group | undefined
  /** @throws {HubError} NotFound */
  getByName(name: string): Group
  list(part: ListPart): Group[]
  count(): number
  /** Names, sorted; all of them unless a part is asked for. */
  listMembers(id: number, part?: ListPart): string[]
  countMembers(id: number): number
  listMemberIds(id: number): number[]
  /** In the order of names. */
  listOfUser(userId: number): Group[]
  /** Names, sorted, of many users at once. */
  listNamesOfUsers(userIds: readonly number[]): NameOfUser[]
  /** Names, sorted: what a filter `!group=` is compared with. */
  listNamesOfUser(userName: string): string[]
  /** @throws {HubError} Conflict when the name is taken. */
  create(name: string, properties: GroupProperties): Group
  setProperties(id: number, properties: GroupProperties): void
  /** Does nothing for who is in it already. */
  addMember(id: number, userId: number): void
  removeMember(id: number, userId: number): void
  /** With its memberships, its roles and what was shared with it; the users stay. */
  remove(id: number): void
}

/** For SQLite a negative limit is none. */
const everybody: ListPart = { offset: 0, limit: -1 }

type GroupRow = { readonly id: number; readonly name: string; readonly properties: string }
type NameRow = { readonly name: string }

export function createGroups(database: Database): Groups {
  return { ...prepareLookups(database), ...prepareMembers(database), ...prepareChanges(database) }
}

type Members = Pick<
  Groups,
  | 'listMembers'
  | 'countMembers'
  | 'listMemberIds'
  | 'listOfUser'
  | 'listNamesOfUsers'
  | 'listNamesOfUser'
  | 'addMember'
  | 'removeMember'
>
type Changes = Pick<Groups, 'create' | 'setProperties' | 'remove'>
type Lookups = Omit<Groups, keyof Members | keyof Changes>

function prepareLookups(database: Database): Lookups {
  const byId = database.prepare<GroupRow>('select * from groups where id = ?')
  const byName = database.prepare<GroupRow>('select * from groups where name = ?')
  const part = database.prepare<GroupRow>(
    'select * from groups order by id limit :limit offset :offset',
  )
  const count = database.prepare<{ count: number }>('select count(*) as count from groups')
  const findByName = (name: string): Group | undefined => optional(byName.get([name]))
  return {
    find: (id) => optional(byId.get([id])),
    findByName,
    getByName(name) {
      const group = findByName(name)
      if (group === undefined) throw notFound(`There is no group named '${name}'.`)
      return group
    },
    list: ({ offset, limit }) => part.all({ offset, limit }).map(toGroup),
    count: () => count.get()?.count ?? 0,
  }
}

function prepareMembers(database: Database): Members {
  const names = database.prepare<NameRow>(`
    select u.name from group_members m join users u on u.id = m.user_id
    where m.group_id = :id order by u.name limit :limit offset :offset`)
  const count = database.prepare<{ count: number }>(
    'select count(*) as count from group_members where group_id = ?',
  )
  const ids = database.prepare<{ user_id: number }>(
    'select user_id from group_members where group_id = ?',
  )
  const ofUser = database.prepare<GroupRow>(`
    select g.* from group_members m join groups g on g.id = m.group_id
    where m.user_id = ? order by g.name`)
  const namesOfUser = database.prepare<NameRow>(`
    select g.name from users u join group_members m on m.user_id = u.id
      join groups g on g.id = m.group_id
    where u.name = ? order by g.name`)
  const namesOfUsers = database.prepare<NameOfUser>(`
    select m.user_id as userId, g.name from group_members m join groups g on g.id = m.group_id
    where m.user_id in (select value from json_each(?)) order by g.name`)
  const add = database.prepare(
    'insert into group_members (group_id, user_id) values (?, ?) on conflict do nothing',
  )
  const remove = database.prepare('delete from group_members where group_id = ? and user_id = ?')
  return {
    listMembers: (id, { offset, limit } = everybody) =>
      names.all({ id, offset, limit }).map(({ name }) => name),
    countMembers: (id) => count.get([id])?.count ?? 0,
    listMemberIds: (id) => ids.all([id]).map((row) => row.user_id),
    listOfUser: (userId) => ofUser.all([userId]).map(toGroup),
    listNamesOfUsers: (userIds) => namesOfUsers.all([toJson(userIds)]),
    listNamesOfUser: (userName) => namesOfUser.all([userName]).map(({ name }) => name),
    addMember: (id, userId) => void add.run([id, userId]),
    removeMember: (id, userId) => void remove.run([id, userId]),
  }
}

function prepareChanges(database: Database): Changes {
  const insert = database.prepare('insert into groups (name, properties) values (?, ?)')
  const properties = database.prepare('update groups set properties = ? where id = ?')
  const remove = database.prepare('delete from groups where id = ?')
  return {
    create: (name, given) =>
      orConflict(`There is already a group named '${name}'.`, () => ({
        id: insert.run([name, toJson(given)]).id,
        name,
        properties: given,
      })),
    setProperties: (id, given) => void properties.run([toJson(given), id]),
    remove: (id) => void remove.run([id]),
  }
}

const optional = (row: GroupRow | undefined): Group | undefined => row && toGroup(row)

const toGroup = ({ id, name, properties }: GroupRow): Group => ({
  id,
  name,
  properties: fromJson(properties) as GroupProperties,
})
