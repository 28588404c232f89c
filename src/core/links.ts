/** One-time links: the claim of the first owner, invitations, password resets. */
import { type OneTimeLink } from '../model/one-time-link.ts'
import { type User } from '../model/user.ts'
import { type LoggedIn } from './login.ts'
import { type Origin } from './sessions.ts'

export interface Links {
  /** URL path with a new secret: `/hub/claim/SECRET`. Older claims die. @throws {HubError} Conflict when there is an admin. */
  claim(): string
  /** `/hub/invite/SECRET`. Older invitations of this user die. */
  invite(user: User): string
  /** `/hub/reset/SECRET`. The old password works until the link is used. */
  reset(user: User): string
  /** Looks without using it up. @throws {HubError} NotFound: unknown, used or expired, with what to do. */
  look(secret: string): OneTimeLink
  /** Makes the first owner and logs in; of two claimers one wins. @throws {HubError} NotFound, InvalidInput, Conflict. */
  redeemClaim(secret: string, rawName: string, password: string, origin: Origin): Promise<LoggedIn>
  /** Sets the password of an invitation or reset and logs in. Ends all other sessions and tokens of the user. */
  redeemPassword(secret: string, password: string, origin: Origin): Promise<LoggedIn>
}
