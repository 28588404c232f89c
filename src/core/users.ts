/** Users: add, change, remove. */
import { type User } from '../model/user.ts'
import { type Session } from '../model/session.ts'

export type Added =
  | {
      readonly user: User
      /** Absolute path with the secret: shown once. */ readonly invitePath: string | undefined
    }
  | { readonly name: string; readonly problem: string }

export interface UserVerbs {
  /** One result per given name, in order; names that exist or are impossible get a problem, the others are added. */
  addMany(rawNames: readonly string[], options: { admin: boolean }): Added[]
  /** @throws {HubError} InvalidInput, Conflict. No invitation. */
  add(rawName: string, options: { admin: boolean; passwordHash?: string }): User
  /** Ends sessions: rights changed. @throws {HubError} Conflict for the last admin. */
  setAdmin(user: User, admin: boolean): void
  /** A disabled user's sessions, tokens and servers end. @throws {HubError} Conflict for the last admin. */
  setDisabled(user: User, disabled: boolean): Promise<void>
  /** Stops their servers first. Home folders stay. @throws {HubError} Conflict for the last admin. */
  remove(user: User): Promise<void>
  /** @throws {HubError} Forbidden: old password wrong; InvalidInput: policy. Ends all other sessions and tokens. */
  changePassword(user: User, oldPassword: string, newPassword: string, keep: Session): Promise<void>
  /** Sets it without asking; ends all sessions and tokens of the user. @throws {HubError} InvalidInput: policy. */
  setPassword(user: User, newPassword: string): Promise<void>
}
