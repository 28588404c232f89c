/** The hub as OAuth 2 provider: clients and authorization codes. Codes by their hash. */
import { type Database, type Parameters } from './database.ts'
import { fromJson, toDate, toFlag, toJson } from './rows.ts'
import { type ChallengeMethod, type OAuthClient, type OAuthCode } from '../model/oauth-provider.ts'

export interface OAuthProviderRows {
  findClient(id: string): OAuthClient | undefined
  findClientOfServer(serverId: number): OAuthClient | undefined
  findClientOfService(serviceId: number): OAuthClient | undefined
  /** Makes or replaces it. */
  saveClient(client: OAuthClient): void
  /** With its codes and the tokens issued to it. */
  removeClient(id: string): void
  addCode(hash: string, code: OAuthCode): void
  /** Uses it up: the first caller gets it. Expired ones are returned too; the caller decides. */
  takeCode(hash: string): OAuthCode | undefined
  /** At most so many. @returns how many it were. */
  removeExpiredCodes(now: Date, most: number): number
}

type ClientRow = {
  readonly id: string
  readonly secret_hash: string
  readonly redirect_uri: string
  readonly description: string
  readonly allowed_scopes: string
  readonly server_id: number | null
  readonly service_id: number | null
  readonly no_confirm: number
}

type CodeRow = {
  readonly client_id: string
  readonly user_id: number
  readonly redirect_uri: string
  readonly session_public_id: string
  readonly scopes: string
  readonly challenge: string | null
  readonly challenge_method: ChallengeMethod
  readonly expires_at: number
}

export function createOAuthProviderRows(database: Database): OAuthProviderRows {
  return { ...prepareClients(database), ...prepareCodes(database) }
}

type Clients = Pick<OAuthProviderRows, Extract<keyof OAuthProviderRows, `${string}Client${string}`>>
type Codes = Omit<OAuthProviderRows, keyof Clients>

function prepareClients(database: Database): Clients {
  const byId = database.prepare<ClientRow>('select * from oauth_clients where id = ?')
  const byServer = database.prepare<ClientRow>('select * from oauth_clients where server_id = ?')
  const byService = database.prepare<ClientRow>('select * from oauth_clients where service_id = ?')
  // Not `insert or replace`: that deletes the old row, and with it the codes and tokens issued to the client.
  const save = database.prepare(`
    insert into oauth_clients (id, secret_hash, redirect_uri, description, allowed_scopes, server_id,
      service_id, no_confirm)
    values (:id, :secretHash, :redirectUri, :description, :allowedScopes, :serverId,
      :serviceId, :noConfirm)
    on conflict (id) do update set secret_hash = excluded.secret_hash,
      redirect_uri = excluded.redirect_uri, description = excluded.description,
      allowed_scopes = excluded.allowed_scopes, server_id = excluded.server_id,
      service_id = excluded.service_id, no_confirm = excluded.no_confirm`)
  const remove = database.prepare('delete from oauth_clients where id = ?')
  const optional = (row: ClientRow | undefined): OAuthClient | undefined => row && toClient(row)
  return {
    findClient: (id) => optional(byId.get([id])),
    findClientOfServer: (serverId) => optional(byServer.get([serverId])),
    findClientOfService: (serviceId) => optional(byService.get([serviceId])),
    saveClient: (client) => void save.run(toClientColumns(client)),
    removeClient: (id) => void remove.run([id]),
  }
}

function prepareCodes(database: Database): Codes {
  const insert = database.prepare(`
    insert into oauth_codes (hash, client_id, user_id, redirect_uri, session_public_id, scopes,
      challenge, challenge_method, expires_at)
    values (:hash, :clientId, :userId, :redirectUri, :sessionPublicId, :scopes,
      :challenge, :challengeMethod, :expiresAt)`)
  const take = database.prepare<CodeRow>('delete from oauth_codes where hash = ? returning *')
  const removeExpired = database.prepare(
    'delete from oauth_codes where hash in (select hash from oauth_codes where expires_at <= ? limit ?)',
  )
  const optional = (row: CodeRow | undefined): OAuthCode | undefined => row && toCode(row)
  return {
    addCode: (hash, code) => void insert.run(toCodeColumns(hash, code)),
    takeCode: (hash) => optional(take.get([hash])),
    removeExpiredCodes: (now, most) => removeExpired.run([now.getTime(), most]).changes,
  }
}

function toClient(row: ClientRow): OAuthClient {
  return {
    id: row.id,
    secretHash: row.secret_hash,
    redirectUri: row.redirect_uri,
    description: row.description,
    allowedScopes: fromJson(row.allowed_scopes) as string[],
    serverId: row.server_id ?? undefined,
    ...(row.service_id === null
      ? {}
      : { serviceId: row.service_id, noConfirm: row.no_confirm === 1 }),
  }
}

function toClientColumns(client: OAuthClient): Parameters {
  return {
    id: client.id,
    secretHash: client.secretHash,
    redirectUri: client.redirectUri,
    description: client.description,
    allowedScopes: toJson(client.allowedScopes),
    serverId: client.serverId ?? null,
    serviceId: client.serviceId ?? null,
    noConfirm: toFlag(client.noConfirm ?? false),
  }
}

function toCode(row: CodeRow): OAuthCode {
  return {
    clientId: row.client_id,
    userId: row.user_id,
    redirectUri: row.redirect_uri,
    sessionPublicId: row.session_public_id,
    scopes: fromJson(row.scopes) as string[],
    challenge: row.challenge ?? undefined,
    challengeMethod: row.challenge_method,
    expiresAt: toDate(row.expires_at),
  }
}

function toCodeColumns(hash: string, code: OAuthCode): Parameters {
  return {
    hash,
    clientId: code.clientId,
    userId: code.userId,
    redirectUri: code.redirectUri,
    sessionPublicId: code.sessionPublicId,
    scopes: toJson(code.scopes),
    challenge: code.challenge ?? null,
    challengeMethod: code.challengeMethod,
    expiresAt: code.expiresAt.getTime(),
  }
}
