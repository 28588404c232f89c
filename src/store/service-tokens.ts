/** API tokens of services, by the hash of their secret. They lie with those of users, so an id is one token's only. */
import { type Database } from './database.ts'
import { fromJson, toDate, toDateOrNone, toJson, toMs } from './rows.ts'
import { type ServiceToken, type TokenHash } from '../model/token.ts'

export type NewServiceToken = Omit<
  ServiceToken,
  'id' | 'serviceName' | 'lastActivityAt' | 'clientId' | 'expiresAt'
> & {
  readonly hash: TokenHash
  readonly clientId?: string
  readonly expiresAt?: Date
}

export interface ServiceTokens {
  /** Valid at `now` only. */
  findByHash(hash: TokenHash, now: Date): ServiceToken | undefined
  /** Newest first. */
  listOf(serviceId: number): ServiceToken[]
  /** @throws {HubError} Conflict when the secret is that of another token. */
  create(token: NewServiceToken): ServiceToken
  removeOf(serviceId: number): void
}

type TokenRow = {
  readonly id: number
  readonly service_id: number
  readonly service_name: string
  readonly note: string
  readonly scopes: string
  readonly client_id: string | null
  readonly created_at: number
  readonly last_activity_at: number | null
  readonly expires_at: number | null
}

/** Everything but the hash, which nobody needs to read. */
const select = `
  select t.id, t.service_id, s.name as service_name, t.note, t.scopes, t.client_id,
    t.created_at, t.last_activity_at, t.expires_at
  from tokens t join services s on s.id = t.service_id`

export function createServiceTokens(database: Database): ServiceTokens {
  const byHash = database.prepare<TokenRow>(`
    ${select} where t.hash = :hash and (t.expires_at is null or t.expires_at > :now)`)
  const ofService = database.prepare<TokenRow>(
    `${select} where t.service_id = ? order by t.created_at desc, t.id desc`,
  )
  const insert = database.prepare(`
    insert into tokens (hash, service_id, note, scopes, client_id, created_at, expires_at)
    values (:hash, :serviceId, :note, :scopes, :clientId, :createdAt, :expiresAt)`)
  const remove = database.prepare('delete from tokens where service_id = ?')
  const findByHash: ServiceTokens['findByHash'] = (hash, now) => {
    const row = byHash.get({ hash, now: now.getTime() })
    return row && toToken(row)
  }
  return {
    findByHash,
    listOf: (serviceId) => ofService.all([serviceId]).map(toToken),
    create({ hash, serviceId, note, scopes, clientId, createdAt, expiresAt }) {
      const times = { createdAt: createdAt.getTime(), expiresAt: toMs(expiresAt) }
      const columns = { hash, serviceId, note, clientId: clientId ?? null, ...times }
      insert.run({ ...columns, scopes: toJson(scopes) })
      const token = findByHash(hash, createdAt)
      if (token === undefined) throw new Error('a token that was just made is missing')
      return token
    },
    removeOf: (serviceId) => void remove.run([serviceId]),
  }
}

const toToken = (row: TokenRow): ServiceToken => ({
  id: row.id,
  serviceId: row.service_id,
  serviceName: row.service_name,
  note: row.note,
  scopes: fromJson(row.scopes) as string[],
  clientId: row.client_id ?? undefined,
  createdAt: toDate(row.created_at),
  lastActivityAt: toDateOrNone(row.last_activity_at),
  expiresAt: toDateOrNone(row.expires_at),
})
