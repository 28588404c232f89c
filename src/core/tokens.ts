/** API tokens: issue (never more than the owner has), revoke, expire. */
import { type Server } from '../model/server.ts'
import { type Token, type TokenSecret } from '../model/token.ts'
import { type User } from '../model/user.ts'

export type TokenRequest = {
  readonly user: User
  readonly note: string
  /** Undefined: `inherit`, everything the owner may do. */
  readonly scopes?: readonly string[]
  /** Undefined: never expires. */
  readonly expiresInSeconds?: number
}

export type NewTokenSecret = { readonly token: Token; readonly secret: TokenSecret }

export interface TokenVerbs {
  /** @throws {HubError} InvalidInput: unknown scope, or more than the owner has. */
  issue(request: TokenRequest): NewTokenSecret
  /** The token of one run of a server (contract §1.9). Replaces older ones. */
  issueForServer(server: Server): TokenSecret
  /** A token that an OAuth client got for a user (contract §2.5). */
  issueForClient(request: {
    user: User
    clientId: string
    scopes: readonly string[]
    sessionPublicId: string
    expiresInSeconds: number
  }): NewTokenSecret
  /** An OAuth client's token takes its siblings with it. */
  revoke(token: Token): void
  expire(): void
}
