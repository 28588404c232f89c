/** Shares of servers with users and groups. What has expired is not found. */
import { type Database } from './database.ts'
import { fromJson, toDate, toDateOrNone, toJson, type ListPart } from './rows.ts'
import { fullName, type ServerState } from '../model/server.ts'
import { scopesOnServer, type Share, type SharedServer, type ShareTarget } from '../model/share.ts'

/** With whom: a user or a group, by id. */
export type ShareHolder = Pick<ShareTarget, 'kind' | 'id'>

export interface Shares {
  find(serverId: number, holder: ShareHolder, now: Date): Share | undefined
  listOfServer(serverId: number, part: ListPart, now: Date): Share[]
  countOfServer(serverId: number, now: Date): number
  /** Of all servers of a user. */
  listOfOwner(userId: number, part: ListPart, now: Date): Share[]
  countOfOwner(userId: number, now: Date): number
  /** With the user, and with groups that the user is in. */
  listWithUser(userId: number, part: ListPart, now: Date): Share[]
  countWithUser(userId: number, now: Date): number
  listWithGroup(groupId: number, part: ListPart, now: Date): Share[]
  countWithGroup(groupId: number, now: Date): number
  /** Makes or replaces it. `scopes` have no filter; an end of before does not last. */
  save(share: {
    readonly serverId: number
    readonly holder: ShareHolder
    readonly scopes: readonly string[]
    readonly at: Date
  }): void
  remove(id: number): void
  /** @returns with whom it was shared. */
  removeOfServer(serverId: number): ShareHolder[]
  /** At most so many. @returns with whom they were. */
  removeExpired(now: Date, most: number): ShareHolder[]
}

export type ServerColumns = {
  readonly server_id: number
  readonly owner_id: number
  readonly owner_name: string
  readonly server_name: string
  readonly server_state: ServerState
}

type HolderRow = { readonly user_id: number | null; readonly group_id: number | null }

type ShareRow = ServerColumns &
  HolderRow & {
    readonly id: number
    readonly user_name: string | null
    readonly group_name: string | null
    readonly scopes: string
    readonly created_at: number
    readonly expires_at: number | null
  }

/** The server of a row `x` of shares or share codes, as `ServerColumns`. */
export const serverColumns =
  'x.server_id, s.user_id as owner_id, o.name as owner_name, s.name as server_name, s.state as server_state'
export const serverJoins = 'join servers s on s.id = x.server_id join users o on o.id = s.user_id'

const select = `
  select x.id, x.user_id, x.group_id, u.name as user_name, g.name as group_name, x.scopes,
    x.created_at, x.expires_at, ${serverColumns}
  from shares x ${serverJoins}
    left join users u on u.id = x.user_id left join groups g on g.id = x.group_id`
const valid = '(x.expires_at is null or x.expires_at > :now)'

/** Which shares, by the id they are asked for with. */
const questions = {
  ofServer: 'x.server_id = :id',
  ofOwner: 'x.server_id in (select id from servers where user_id = :id)',
  withUser: `(x.user_id = :id
    or x.group_id in (select group_id from group_members where user_id = :id))`,
  withGroup: 'x.group_id = :id',
} as const

export function createShares(database: Database): Shares {
  return { ...prepareLists(database), ...prepareChanges(database) }
}

type Changes = Pick<Shares, 'save' | Extract<keyof Shares, `remove${string}`>>
type Lists = Omit<Shares, keyof Changes>

function prepareLists(database: Database): Lists {
  const one = {
    user: database.prepare<ShareRow>(
      `${select} where x.server_id = :serverId and x.user_id = :id and ${valid}`,
    ),
    group: database.prepare<ShareRow>(
      `${select} where x.server_id = :serverId and x.group_id = :id and ${valid}`,
    ),
  }
  const ofServer = prepareQuestion(database, questions.ofServer)
  const ofOwner = prepareQuestion(database, questions.ofOwner)
  const withUser = prepareQuestion(database, questions.withUser)
  const withGroup = prepareQuestion(database, questions.withGroup)
  return {
    find(serverId, { kind, id }, now) {
      const row = one[kind].get({ serverId, id, now: now.getTime() })
      return row && toShare(row)
    },
    listOfServer: ofServer.list,
    countOfServer: ofServer.count,
    listOfOwner: ofOwner.list,
    countOfOwner: ofOwner.count,
    listWithUser: withUser.list,
    countWithUser: withUser.count,
    listWithGroup: withGroup.list,
    countWithGroup: withGroup.count,
  }
}

type Question = {
  readonly list: (id: number, part: ListPart, now: Date) => Share[]
  readonly count: (id: number, now: Date) => number
}

function prepareQuestion(database: Database, where: string): Question {
  const list = database.prepare<ShareRow>(
    `${select} where ${where} and ${valid} order by x.id limit :limit offset :offset`,
  )
  const count = database.prepare<{ count: number }>(
    `select count(*) as count from shares x where ${where} and ${valid}`,
  )
  return {
    list: (id, { offset, limit }, now) =>
      list.all({ id, offset, limit, now: now.getTime() }).map(toShare),
    count: (id, now) => count.get({ id, now: now.getTime() })?.count ?? 0,
  }
}

function prepareChanges(database: Database): Changes {
  const prepareSave = (column: 'user_id' | 'group_id') =>
    database.prepare(`
      insert into shares (server_id, ${column}, scopes, created_at)
      values (:serverId, :holderId, :scopes, :at)
      on conflict (server_id, ${column}) do update set scopes = excluded.scopes, expires_at = null`)
  const save = { user: prepareSave('user_id'), group: prepareSave('group_id') }
  const remove = database.prepare('delete from shares where id = ?')
  const ofServer = database.prepare<HolderRow>(
    'delete from shares where server_id = ? returning user_id, group_id',
  )
  const expired = database.prepare<HolderRow>(
    `delete from shares where id in (select id from shares where expires_at <= ? limit ?)
     returning user_id, group_id`,
  )
  return {
    save: ({ serverId, holder, scopes, at }) =>
      void save[holder.kind].run({
        serverId,
        holderId: holder.id,
        scopes: toJson(scopes),
        at: at.getTime(),
      }),
    remove: (id) => void remove.run([id]),
    removeOfServer: (serverId) => ofServer.all([serverId]).map(toHolder),
    removeExpired: (now, most) => expired.all([now.getTime(), most]).map(toHolder),
  }
}

const toHolder = ({ user_id, group_id }: HolderRow): ShareHolder =>
  user_id === null ? { kind: 'group', id: group_id ?? 0 } : { kind: 'user', id: user_id }

export const toSharedServer = (row: ServerColumns): SharedServer => ({
  id: row.server_id,
  userId: row.owner_id,
  userName: row.owner_name,
  name: row.server_name,
  ready: row.server_state === 'ready',
})

function toShare(row: ShareRow): Share {
  const server = toSharedServer(row)
  const holder = toHolder(row)
  return {
    id: row.id,
    server,
    with: { ...holder, name: row.user_name ?? row.group_name ?? '' },
    scopes: scopesOnServer(fromJson(row.scopes) as string[], fullName(server)),
    createdAt: toDate(row.created_at),
    expiresAt: toDateOrNone(row.expires_at),
  }
}
