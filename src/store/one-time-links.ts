/** One-time links, by the hash of their secret. */
import { type Database, type Parameters } from './database.ts'
import { toDate } from './rows.ts'
import { type LinkKind, type OneTimeLink } from '../model/one-time-link.ts'

export type NewLink = {
  readonly hash: string
  readonly kind: LinkKind
  readonly userId: number | undefined
  readonly at: Date
  readonly expiresAt: Date
}

export interface OneTimeLinks {
  /** Valid at `now` only. */
  findByHash(hash: string, now: Date): OneTimeLink | undefined
  /** Whether there is one for this user. */
  hasOpen(userId: number, now: Date): boolean
  /** Replaces older links of the same kind and user. */
  create(link: NewLink): OneTimeLink
  /** Uses it up: the first caller gets it, everyone after undefined. */
  take(hash: string, now: Date): OneTimeLink | undefined
  removeOfKind(kind: LinkKind): void
  removeAllOf(userId: number): void
  /** At most so many. @returns how many it were. */
  removeExpired(now: Date, most: number): number
}

type LinkRow = {
  readonly id: number
  readonly kind: LinkKind
  readonly user_id: number | null
  readonly user_name: string | null
  readonly created_at: number
  readonly expires_at: number
}

const linksWithNames = `
  select l.id, l.kind, l.user_id, u.name as user_name, l.created_at, l.expires_at
  from one_time_links l left join users u on u.id = l.user_id`

export function createOneTimeLinks(database: Database): OneTimeLinks {
  const byHash = database.prepare<LinkRow>(
    `${linksWithNames} where l.hash = ? and l.expires_at > ?`,
  )
  const byId = database.prepare<LinkRow>(`${linksWithNames} where l.id = ?`)
  const open = database.prepare<object>(
    'select 1 from one_time_links where user_id = ? and expires_at > ? limit 1',
  )
  const insert = database.prepare(`
    insert into one_time_links (hash, kind, user_id, created_at, expires_at)
    values (:hash, :kind, :userId, :at, :expiresAt)`)
  const removeOlder = database.prepare('delete from one_time_links where kind = ? and user_id is ?')
  const removeByHash = database.prepare('delete from one_time_links where hash = ?')
  const removeOfKind = database.prepare('delete from one_time_links where kind = ?')
  const removeOfUser = database.prepare('delete from one_time_links where user_id = ?')
  const removeExpired = database.prepare(
    'delete from one_time_links where id in (select id from one_time_links where expires_at <= ? limit ?)',
  )

  const findByHash = (hash: string, now: Date): OneTimeLink | undefined =>
    optional(byHash.get([hash, now.getTime()]))

  function create(link: NewLink): OneTimeLink {
    removeOlder.run([link.kind, link.userId ?? null])
    const row = byId.get([insert.run(toColumns(link)).id])
    if (row === undefined) throw new Error('a link that was just made is missing')
    return toLink(row)
  }

  function take(hash: string, now: Date): OneTimeLink | undefined {
    const link = findByHash(hash, now)
    if (link !== undefined) removeByHash.run([hash])
    return link
  }

  return {
    findByHash,
    hasOpen: (userId, now) => open.get([userId, now.getTime()]) !== undefined,
    create: (link) => database.transaction(() => create(link)),
    take: (hash, now) => database.transaction(() => take(hash, now)),
    removeOfKind: (kind) => void removeOfKind.run([kind]),
    removeAllOf: (userId) => void removeOfUser.run([userId]),
    removeExpired: (now, most) => removeExpired.run([now.getTime(), most]).changes,
  }
}

const optional = (row: LinkRow | undefined): OneTimeLink | undefined => row && toLink(row)

function toLink(row: LinkRow): OneTimeLink {
  return {
    id: row.id,
    kind: row.kind,
    userId: row.user_id ?? undefined,
    userName: row.user_name ?? undefined,
    createdAt: toDate(row.created_at),
    expiresAt: toDate(row.expires_at),
  }
}

function toColumns(link: NewLink): Parameters {
  return {
    hash: link.hash,
    kind: link.kind,
    userId: link.userId ?? null,
    at: link.at.getTime(),
    expiresAt: link.expiresAt.getTime(),
  }
}
