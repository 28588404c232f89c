/** API tokens: issue (never more than the owner has), revoke, expire. */
import { type Server } from '../model/server.ts'
import { type Token, type TokenSecret } from '../model/token.ts'
import { type User } from '../model/user.ts'
import { type Clock } from '../lib/time.ts'
import { type GroupsOf } from '../model/scope.ts'
import { type Store } from '../store/store.ts'
import { type Access } from './access.ts'
import { type Events } from './events.ts'

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
  /** Whatever one run of a server was given: its token, its OAuth client, and the tokens that client got. */
  revokeForServer(server: Server): void
  expire(): void
}

export type TokenNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly access: Access
  readonly groupsOf: GroupsOf
  readonly events: Events
  readonly baseUrl: string
}

export function createTokens(needs: TokenNeeds): TokenVerbs {
  throw new Error(`not built ${needs.baseUrl}`)
}
