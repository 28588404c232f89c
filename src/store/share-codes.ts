/** Share codes, by the hash of their secret. */
import { type Database } from './database.ts'
import { fromJson, toDate, toDateOrNone, toJson, type ListPart } from './rows.ts'
import { serverColumns, serverJoins, toSharedServer, type ServerColumns } from './shares.ts'
import { fullName } from '../model/server.ts'
import { scopesOnServer, type ShareCode } from '../model/share.ts'

export type NewShareCode = {
  readonly hash: string
  readonly serverId: number
  /** Without their filter. */
  readonly scopes: readonly string[]
  readonly createdAt: Date
  readonly expiresAt: Date
}

export interface ShareCodes {
  /** Valid at `now` only, as all of these. */
  find(id: number, now: Date): ShareCode | undefined
  findByHash(hash: string, now: Date): ShareCode | undefined
  listOfServer(serverId: number, part: ListPart, now: Date): ShareCode[]
  countOfServer(serverId: number, now: Date): number
  /** Of all servers of a user. */
  listOfOwner(userId: number, part: ListPart, now: Date): ShareCode[]
  countOfOwner(userId: number, now: Date): number
  create(code: NewShareCode): ShareCode
  /** Counts an exchange. */
  touch(id: number, at: Date): void
  remove(id: number): void
  removeOfServer(serverId: number): void
  /** At most so many. @returns how many it were. */
  removeExpired(now: Date, most: number): number
}

type CodeRow = ServerColumns & {
  readonly id: number
  readonly scopes: string
  readonly created_at: number
  readonly expires_at: number
  readonly exchange_count: number
  readonly last_exchanged_at: number | null
}

/** Everything but the hash, which nobody needs to read. */
const select = `
  select x.id, x.scopes, x.created_at, x.expires_at, x.exchange_count, x.last_exchanged_at,
    ${serverColumns}
  from share_codes x ${serverJoins}`

export function createShareCodes(database: Database): ShareCodes {
  const byId = database.prepare<CodeRow>(`${select} where x.id = ? and x.expires_at > ?`)
  const byHash = database.prepare<CodeRow>(`${select} where x.hash = ? and x.expires_at > ?`)
  const ofServer = prepareList(database, 'x.server_id = :id')
  const ofOwner = prepareList(
    database,
    'x.server_id in (select id from servers where user_id = :id)',
  )
  const optional = (row: CodeRow | undefined): ShareCode | undefined => row && toCode(row)
  const find: ShareCodes['find'] = (id, now) => optional(byId.get([id, now.getTime()]))
  return {
    find,
    findByHash: (hash, now) => optional(byHash.get([hash, now.getTime()])),
    listOfServer: ofServer.list,
    countOfServer: ofServer.count,
    listOfOwner: ofOwner.list,
    countOfOwner: ofOwner.count,
    ...prepareChanges(database, find),
  }
}

type List = {
  readonly list: (id: number, part: ListPart, now: Date) => ShareCode[]
  readonly count: (id: number, now: Date) => number
}

function prepareList(database: Database, where: string): List {
  const list = database.prepare<CodeRow>(
    `${select} where ${where} and x.expires_at > :now order by x.id limit :limit offset :offset`,
  )
  const count = database.prepare<{ count: number }>(
    `select count(*) as count from share_codes x where ${where} and x.expires_at > :now`,
  )
  return {
    list: (id, { offset, limit }, now) =>
      list.all({ id, offset, limit, now: now.getTime() }).map(toCode),
    count: (id, now) => count.get({ id, now: now.getTime() })?.count ?? 0,
  }
}

type Changes = Pick<ShareCodes, 'create' | 'touch' | Extract<keyof ShareCodes, `remove${string}`>>

function prepareChanges(database: Database, find: ShareCodes['find']): Changes {
  const insert = database.prepare(`
    insert into share_codes (hash, server_id, scopes, created_at, expires_at)
    values (:hash, :serverId, :scopes, :createdAt, :expiresAt)`)
  const touch = database.prepare(`
    update share_codes set exchange_count = exchange_count + 1, last_exchanged_at = ?
    where id = ?`)
  const byId = database.prepare('delete from share_codes where id = ?')
  const ofServer = database.prepare('delete from share_codes where server_id = ?')
  const expired = database.prepare(
    'delete from share_codes where id in (select id from share_codes where expires_at <= ? limit ?)',
  )

  function create({ hash, serverId, scopes, createdAt, expiresAt }: NewShareCode): ShareCode {
    const [from, until] = [createdAt.getTime(), expiresAt.getTime()]
    const columns = { hash, serverId, scopes: toJson(scopes), createdAt: from, expiresAt: until }
    const code = find(insert.run(columns).id, createdAt)
    if (code === undefined) throw new Error('a share code that was just made is missing')
    return code
  }

  return {
    create: (code) => database.transaction(() => create(code)),
    touch: (id, at) => void touch.run([at.getTime(), id]),
    remove: (id) => void byId.run([id]),
    removeOfServer: (serverId) => void ofServer.run([serverId]),
    removeExpired: (now, most) => expired.run([now.getTime(), most]).changes,
  }
}

function toCode(row: CodeRow): ShareCode {
  const server = toSharedServer(row)
  return {
    id: row.id,
    server,
    scopes: scopesOnServer(fromJson(row.scopes) as string[], fullName(server)),
    createdAt: toDate(row.created_at),
    expiresAt: toDate(row.expires_at),
    exchangeCount: row.exchange_count,
    lastExchangedAt: toDateOrNone(row.last_exchanged_at),
  }
}
