/** The hub as OAuth 2 provider: clients and authorization codes. Codes by their hash. */
import { type OAuthClient, type OAuthCode } from '../model/oauth-provider.ts'

export interface OAuthProviderRows {
  findClient(id: string): OAuthClient | undefined
  findClientOfServer(serverId: number): OAuthClient | undefined
  /** Makes or replaces it. */
  saveClient(client: OAuthClient): void
  /** With its codes and the tokens issued to it. */
  removeClient(id: string): void
  addCode(hash: string, code: OAuthCode): void
  /** Uses it up: the first caller gets it. Expired ones are returned too; the caller decides. */
  takeCode(hash: string): OAuthCode | undefined
  removeExpiredCodes(now: Date): void
}
