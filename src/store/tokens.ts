/** API tokens, by the hash of their secret. */
import { type Database, type Parameters } from './database.ts'
import { fromJson, toDate, toDateOrNone, toJson, toMs } from './rows.ts'
import { type Token, type TokenHash } from '../model/token.ts'

export type NewToken = Omit<Token, 'id' | 'userName' | 'lastActivityAt'> & {
  readonly hash: TokenHash
}

export interface Tokens {
  /** Valid at `now` only. */
  findByHash(hash: TokenHash, now: Date): Token | undefined
  /** Those whose hash begins so. @param start ends with a colon */
  listImported(start: string, now: Date): { readonly hash: string; readonly token: Token }[]
  find(id: number): Token | undefined
  /** Valid at `now`, newest first. */
  listOf(userId: number, now: Date): Token[]
  /** The users for whom an OAuth client has tokens. */
  listOwnersOfClient(clientId: string): number[]
  create(token: NewToken): Token
  touch(id: number, at: Date): void
  remove(id: number): void
  removeOfServer(serverId: number): void
  removeOfSession(sessionPublicId: string): void
  removeOfClient(userId: number, clientId: string): void
  /** All of a user but the running servers' own ones. */
  removeAllOf(userId: number): void
  /** Those of services as well, at most so many. @returns whose they were, one for each; undefined: a service's. */
  removeExpired(now: Date, most: number): (number | undefined)[]
}

type TokenRow = {
  readonly id: number
  readonly user_id: number
  readonly user_name: string
  readonly note: string
  readonly scopes: string
  readonly client_id: string | null
  readonly server_id: number | null
  readonly session_public_id: string | null
  readonly created_at: number
  readonly last_activity_at: number | null
  readonly expires_at: number | null
}

/** Everything but the hash, which nobody needs to read. */
const tokensWithNames = `
  select t.id, t.user_id, u.name as user_name, t.note, t.scopes, t.client_id, t.server_id,
    t.session_public_id, t.created_at, t.last_activity_at, t.expires_at
  from tokens t join users u on u.id = t.user_id`
const isValid = '(t.expires_at is null or t.expires_at > :now)'

export function createTokens(database: Database): Tokens {
  const byHash = database.prepare<TokenRow>(
    `${tokensWithNames} where t.hash = :hash and ${isValid}`,
  )
  // A semicolon comes right after the colon.
  const byStart = database.prepare<TokenRow & { readonly hash: string }>(
    tokensWithNames.replace('select t.id,', 'select t.hash, t.id,') +
      ` where t.hash >= :start and t.hash < rtrim(:start, ':') || ';' and ${isValid}`,
  )
  const byId = database.prepare<TokenRow>(`${tokensWithNames} where t.id = ?`)
  const ofUser = database.prepare<TokenRow>(
    `${tokensWithNames} where t.user_id = :userId and ${isValid} order by t.created_at desc, t.id desc`,
  )
  const ownersOfClient = database.prepare<{ user_id: number }>(
    'select distinct user_id from tokens where client_id = ? and user_id is not null',
  )
  const insert = database.prepare(`
    insert into tokens (hash, user_id, note, scopes, client_id, server_id, session_public_id,
      created_at, expires_at)
    values (:hash, :userId, :note, :scopes, :clientId, :serverId, :sessionPublicId,
      :createdAt, :expiresAt)`)
  const touch = database.prepare(
    'update tokens set last_activity_at = max(ifnull(last_activity_at, 0), ?) where id = ?',
  )

  function create(token: NewToken): Token {
    const row = byId.get([insert.run(toColumns(token)).id])
    if (row === undefined) throw new Error('a token that was just made is missing')
    return toToken(row)
  }

  return {
    findByHash: (hash, now) => optional(byHash.get({ hash, now: now.getTime() })),
    listImported: (start, now) =>
      byStart
        .all({ start, now: now.getTime() })
        .map(({ hash, ...row }) => ({ hash, token: toToken(row) })),
    find: (id) => optional(byId.get([id])),
    listOf: (userId, now) => ofUser.all({ userId, now: now.getTime() }).map(toToken),
    listOwnersOfClient: (clientId) => ownersOfClient.all([clientId]).map((row) => row.user_id),
    create: (token) => database.transaction(() => create(token)),
    touch: (id, at) => void touch.run([at.getTime(), id]),
    ...prepareRemovals(database),
  }
}

type Removals = Pick<Tokens, Extract<keyof Tokens, `remove${string}`>>

function prepareRemovals(database: Database): Removals {
  const byId = database.prepare('delete from tokens where id = ?')
  const ofServer = database.prepare('delete from tokens where server_id = ?')
  const ofSession = database.prepare('delete from tokens where session_public_id = ?')
  const ofClient = database.prepare('delete from tokens where user_id = ? and client_id = ?')
  const ofUser = database.prepare('delete from tokens where user_id = ? and server_id is null')
  const expired = database.prepare<{ readonly user_id: number | null }>(
    `delete from tokens where id in (select id from tokens where expires_at <= ? limit ?)
     returning user_id`,
  )
  return {
    remove: (id) => void byId.run([id]),
    removeOfServer: (serverId) => void ofServer.run([serverId]),
    removeOfSession: (sessionPublicId) => void ofSession.run([sessionPublicId]),
    removeOfClient: (userId, clientId) => void ofClient.run([userId, clientId]),
    removeAllOf: (userId) => void ofUser.run([userId]),
    removeExpired: (now, most) =>
      expired.all([now.getTime(), most]).map((row) => row.user_id ?? undefined),
  }
}

const optional = (row: TokenRow | undefined): Token | undefined => row && toToken(row)

function toToken(row: TokenRow): Token {
  return {
    id: row.id,
    userId: row.user_id,
    userName: row.user_name,
    note: row.note,
    scopes: fromJson(row.scopes) as string[],
    clientId: row.client_id ?? undefined,
    serverId: row.server_id ?? undefined,
    sessionPublicId: row.session_public_id ?? undefined,
    createdAt: toDate(row.created_at),
    lastActivityAt: toDateOrNone(row.last_activity_at),
    expiresAt: toDateOrNone(row.expires_at),
  }
}

function toColumns(token: NewToken): Parameters {
  return {
    hash: token.hash,
    userId: token.userId,
    note: token.note,
    scopes: toJson(token.scopes),
    clientId: token.clientId ?? null,
    serverId: token.serverId ?? null,
    sessionPublicId: token.sessionPublicId ?? null,
    createdAt: token.createdAt.getTime(),
    expiresAt: toMs(token.expiresAt),
  }
}
