/** API tokens, by the hash of their secret. */
import { type Token, type TokenHash } from '../model/token.ts'

export type NewToken = Omit<Token, 'id' | 'userName' | 'lastActivityAt'> & {
  readonly hash: TokenHash
}

export interface Tokens {
  /** Valid at `now` only. */
  findByHash(hash: TokenHash, now: Date): Token | undefined
  find(id: number): Token | undefined
  /** Valid at `now`, newest first. */
  listOf(userId: number, now: Date): Token[]
  create(token: NewToken): Token
  touch(id: number, at: Date): void
  remove(id: number): void
  removeOfServer(serverId: number): void
  removeOfSession(sessionPublicId: string): void
  removeOfClient(userId: number, clientId: string): void
  /** All of a user but the running servers' own ones. */
  removeAllOf(userId: number): void
  removeExpired(now: Date): void
}
