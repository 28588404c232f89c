/** Users and the identities that are theirs. */
import { type User } from '../model/user.ts'

export type NewUser = { readonly name: string; readonly admin: boolean; readonly at: Date }
export type UserQuery = {
  /** Case-insensitive part of the name; `%` and `_` are themselves. */
  readonly search?: string
  readonly sort?: 'id' | 'name' | 'last_activity'
  readonly descending?: boolean
  readonly offset: number
  readonly limit: number
}

export interface Users {
  find(id: number): User | undefined
  findByName(name: string): User | undefined
  findByIdentity(issuer: string, subject: string): User | undefined
  /** @throws {HubError} NotFound */
  getByName(name: string): User
  list(query: UserQuery): User[]
  count(search?: string): number
  countAdmins(): number
  /** bcrypt hash of the native password; undefined when there is none. */
  findPasswordHash(id: number): string | undefined
  hasIdentity(id: number): boolean
  /** Also makes the row of the default server. @throws {HubError} Conflict when the name is taken. */
  create(user: NewUser): User
  /** @throws {HubError} Conflict when the identity is somebody else's. */
  linkIdentity(id: number, issuer: string, subject: string): void
  setAdmin(id: number, admin: boolean): void
  setDisabled(id: number, disabled: boolean): void
  setPasswordHash(id: number, hash: string): void
  /** Only ever moves forward. */
  touch(id: number, at: Date): void
  /** With everything that hangs on the user: sessions, tokens, servers, links, clients. */
  remove(id: number): void
}
