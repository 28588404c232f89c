/** Login: credentials or an identity → user and session. The one place where a session begins by itself. */
import { type Identity } from '../auth/authenticator.ts'
import { type User } from '../model/user.ts'
import { type NewSession, type Origin } from './sessions.ts'

export type LoggedIn = NewSession & { readonly user: User }

export type Delay = { readonly key: string; readonly failures: number; readonly until: Date }

export interface Login {
  /** @throws {HubError} InvalidInput: impossible name; Forbidden: wrong; TooMany: wait (`retryAfterSeconds`). */
  withPassword(rawName: string, password: string, origin: Origin): Promise<LoggedIn>
  /** @throws {HubError} Forbidden: disabled, not allowed, name belongs to somebody else. */
  withIdentity(identity: Identity, origin: Origin): LoggedIn
  /** Who has to wait after failed attempts, for administrators. */
  listDelays(): Delay[]
}
