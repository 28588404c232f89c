/** One-time links: the claim of the first owner, invitations, password resets. */
import { conflict, notFound, type HubError } from '../lib/errors.ts'
import { type Passwords } from '../lib/password.ts'
import { hashSecret, newSecret } from '../lib/secret.ts'
import { type Clock } from '../lib/time.ts'
import { type LinkKind } from '../model/one-time-link.ts'
import { normaliseName } from '../model/user.ts'
import { type Store } from '../store/store.ts'
import { type Events } from './events.ts'
import { type SessionVerbs } from './sessions.ts'
import { type UserVerbs } from './users.ts'
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
  redeemClaim(
    secret: string,
    account: { readonly name: string; readonly password: string },
    origin: Origin,
  ): Promise<LoggedIn>
  /** Sets the password of an invitation or reset and logs in. Ends all other sessions and tokens of the user. */
  redeemPassword(secret: string, password: string, origin: Origin): Promise<LoggedIn>
}

export type LinkNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly passwords: Passwords
  readonly users: UserVerbs
  readonly sessions: SessionVerbs
  readonly events: Events
  /** `/hub/` with the base URL. */
  readonly hubPath: string
  readonly validMs: Readonly<Record<LinkKind, number>>
  /** @throws {HubError} InvalidInput when the password breaks the policy. */
  checkPassword(password: string, name: string): void
}

export function createLinks(needs: LinkNeeds): Links {
  const { store, clock, users, sessions, events } = needs

  const create = (kind: LinkKind, user: User | undefined): string => {
    const secret = newSecret()
    const at = clock.now()
    const expiresAt = new Date(at.getTime() + needs.validMs[kind])
    store.links.create({ hash: hashSecret(secret), kind, userId: user?.id, at, expiresAt })
    return `${needs.hubPath}${kind}/${secret}`
  }

  const look = (secret: string): OneTimeLink => {
    const link = store.links.findByHash(hashSecret(secret), clock.now())
    if (!link) throw deadLink()
    return link
  }

  const userOf = ({ userId }: OneTimeLink): User => {
    const user = userId === undefined ? undefined : store.users.find(userId)
    if (!user || user.disabled) throw deadLink()
    return user
  }

  /** Uses the link up and does `work`, both or neither. */
  const redeem = <Result>(secret: string, work: (link: OneTimeLink) => Result): Result =>
    store.transaction(() => {
      const link = store.links.take(hashSecret(secret), clock.now())
      if (!link) throw deadLink()
      return work(link)
    })

  return {
    claim() {
      if (store.users.countAdmins() > 0)
        throw conflict('This hub has an owner already. Administrators are made on its admin page.')
      return create('claim', undefined)
    },
    invite: (user) => create('invite', user),
    reset: (user) => create('reset', user),
    look,
    async redeemClaim(secret, account, origin) {
      if (look(secret).kind !== 'claim') throw deadLink()
      const name = normaliseName(account.name)
      needs.checkPassword(account.password, name)
      const passwordHash = await needs.passwords.hash(account.password)
      const loggedIn = redeem(secret, () => {
        if (store.users.countAdmins() > 0)
          throw conflict('Somebody else has just claimed this hub.')
        store.links.removeOfKind('claim')
        const user = users.add(name, { admin: true, passwordHash })
        return { user, ...sessions.begin(user, origin) }
      })
      events.claimed(name, origin.address)
      return loggedIn
    },
    async redeemPassword(secret, password, origin) {
      const { name } = userOf(look(secret))
      needs.checkPassword(password, name)
      const passwordHash = await needs.passwords.hash(password)
      const loggedIn = redeem(secret, (link) => {
        const user = userOf(link)
        users.replacePassword(user, passwordHash)
        return { user, ...sessions.begin(user, origin) }
      })
      events.loggedIn(name, origin.address)
      return loggedIn
    },
  }
}

function deadLink(): HubError {
  return notFound(
    'This link has been used, has expired or was replaced by a newer one. Ask an administrator for a new one.',
  )
}
