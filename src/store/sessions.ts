/** Sessions: which browsers are logged in. */
import { type Database, type Parameters } from './database.ts'
import { toDate } from './rows.ts'
import { type Session } from '../model/session.ts'

export interface Sessions {
  findByHash(hash: string): Session | undefined
  listOf(userId: number): Session[]
  create(session: Session): void
  touch(hash: string, at: Date): void
  /** @returns whether there was one. */
  remove(hash: string): boolean
  /** @returns what was removed. */
  removeAllOf(userId: number, except?: string): Session[]
  /** Whether any is past its end at `now` or unused for `idleMs`. */
  hasExpired(now: Date, idleMs: number): boolean
  /** Those past their end at `now` or unused for `idleMs`, at most so many. @returns what was removed. */
  removeExpired(now: Date, idleMs: number, most: number): Session[]
}

type SessionRow = {
  readonly hash: string
  readonly user_id: number
  readonly public_id: string
  readonly created_at: number
  readonly seen_at: number
  readonly expires_at: number
  readonly address: string
  readonly user_agent: string
}

const isExpired = 'expires_at <= ? or seen_at <= ?'

export function createSessions(database: Database): Sessions {
  const byHash = database.prepare<SessionRow>('select * from sessions where hash = ?')
  const ofUser = database.prepare<SessionRow>(
    'select * from sessions where user_id = ? order by seen_at desc',
  )
  const insert = database.prepare(`
    insert into sessions (hash, user_id, public_id, created_at, seen_at, expires_at, address, user_agent)
    values (:hash, :userId, :publicId, :createdAt, :seenAt, :expiresAt, :address, :userAgent)`)
  const touch = database.prepare('update sessions set seen_at = max(seen_at, ?) where hash = ?')
  const remove = database.prepare('delete from sessions where hash = ?')
  const removeOfUser = database.prepare<SessionRow>(
    'delete from sessions where user_id = ? and hash is not ? returning *',
  )
  const anExpired = database.prepare<{ readonly found: 1 }>(
    `select 1 as found from sessions where ${isExpired} limit 1`,
  )
  const removeExpired = database.prepare<SessionRow>(
    `delete from sessions where hash in
       (select hash from sessions where ${isExpired} limit ?)
     returning *`,
  )

  return {
    findByHash: (hash) => optional(byHash.get([hash])),
    listOf: (userId) => ofUser.all([userId]).map(toSession),
    create: (session) => void insert.run(toColumns(session)),
    touch: (hash, at) => void touch.run([at.getTime(), hash]),
    remove: (hash) => remove.run([hash]).changes > 0,
    removeAllOf: (userId, except) => removeOfUser.all([userId, except ?? null]).map(toSession),
    hasExpired: (now, idleMs) =>
      anExpired.get([now.getTime(), now.getTime() - idleMs]) !== undefined,
    removeExpired: (now, idleMs, most) =>
      removeExpired.all([now.getTime(), now.getTime() - idleMs, most]).map(toSession),
  }
}

const optional = (row: SessionRow | undefined): Session | undefined => row && toSession(row)

function toSession(row: SessionRow): Session {
  return {
    hash: row.hash,
    userId: row.user_id,
    publicId: row.public_id,
    createdAt: toDate(row.created_at),
    seenAt: toDate(row.seen_at),
    expiresAt: toDate(row.expires_at),
    address: row.address,
    userAgent: row.user_agent,
  }
}

function toColumns(session: Session): Parameters {
  return {
    ...session,
    createdAt: session.createdAt.getTime(),
    seenAt: session.seenAt.getTime(),
    expiresAt: session.expiresAt.getTime(),
  }
}
