/** Login: credentials or an identity → user and session. The one place where a session begins by itself. */
import { forbidden, HubError } from '../lib/errors.ts'
import { type KeyedLock } from '../lib/lock.ts'
import { type Throttle } from '../lib/throttle.ts'
import { normaliseName } from '../model/user.ts'
import { type Store } from '../store/store.ts'
import { type Events } from './events.ts'
import { type SessionVerbs } from './sessions.ts'
import { type UserVerbs } from './users.ts'
import {
  type Authenticator,
  type Identity,
  type PasswordAuthenticator,
} from '../auth/authenticator.ts'
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

export type LoginNeeds = {
  readonly store: Store
  readonly authenticator: Authenticator
  readonly sessions: SessionVerbs
  readonly users: UserVerbs
  readonly throttle: Throttle
  readonly lock: KeyedLock
  readonly events: Events
}

export function createLogin(needs: LoginNeeds): Login {
  const { store, authenticator, sessions, users, throttle, lock, events } = needs

  /** One attempt of a name from an address at a time, so that each sees the delay the one before it earned. */
  const attempt = async (
    asking: PasswordAuthenticator,
    given: { readonly name: string; readonly password: string },
    origin: Origin,
  ): Promise<Identity> => {
    const { name, password } = given
    const { waitMs } = throttle.check(name, origin.address)
    if (waitMs > 0) throw tooMany(waitMs)
    const user = store.users.findByName(name)
    const account = user && { userId: user.id, passwordHash: store.users.findPasswordHash(user.id) }
    const result = await asking.check(name, password, account)
    if (!result) {
      throttle.failed(name, origin.address)
      throw forbidden('Invalid username or password')
    }
    throttle.succeeded(name, origin.address)
    if (user && result.newPasswordHash !== undefined)
      store.users.setPasswordHash(user.id, result.newPasswordHash)
    return result.identity
  }

  const userOf = (identity: Identity): User => {
    const user = knownUser(identity) ?? newUser(identity)
    if (user.disabled)
      throw forbidden('This account is disabled. Ask an administrator of this hub to enable it.')
    if (identity.admin === undefined || identity.admin === user.admin) return user
    users.setAdmin(user, identity.admin)
    return { ...user, admin: identity.admin }
  }

  const knownUser = (identity: Identity): User | undefined =>
    identity.issuer === 'native'
      ? store.users.find(Number(identity.subject))
      : store.users.findByIdentity(identity.issuer, identity.subject)

  /**
   * A first login. A user whom an administrator added beforehand and who has no identity and no password yet is taken;
   * any other account of that name belongs to somebody else (security S-35).
   */
  const newUser = (identity: Identity): User =>
    store.transaction(() => {
      const name = normaliseName(identity.name)
      const existing = store.users.findByName(name)
      if (existing && !isUntaken(existing)) throw forbidden(takenName(name))
      const user = existing ?? users.add(name, { admin: false })
      store.users.linkIdentity(user.id, identity.issuer, identity.subject)
      return user
    })

  const isUntaken = (user: User): boolean =>
    !store.users.hasIdentity(user.id) && store.users.findPasswordHash(user.id) === undefined

  const begin = (identity: Identity, origin: Origin): LoggedIn => {
    const user = userOf(identity)
    events.loggedIn(user.name, origin.address)
    return { user, ...sessions.begin(user, origin) }
  }

  /** Reports what was refused, once, and passes it on. */
  const reporting = (thrown: unknown, rawName: string, origin: Origin): unknown => {
    if (thrown instanceof HubError) events.loginRefused(rawName, origin.address, thrown.code)
    return thrown
  }

  return {
    async withPassword(rawName, password, origin) {
      if (authenticator.kind !== 'password')
        throw forbidden('This hub does not take passwords. Use the login button.')
      try {
        const name = normaliseName(rawName)
        const identity = await lock.run(`${name} ${origin.address}`, () =>
          attempt(authenticator, { name, password }, origin),
        )
        return begin(identity, origin)
      } catch (thrown) {
        throw reporting(thrown, rawName, origin)
      }
    },
    withIdentity(identity, origin) {
      try {
        return begin(identity, origin)
      } catch (thrown) {
        throw reporting(thrown, identity.name, origin)
      }
    },
    listDelays: () => throttle.list(),
  }
}

function tooMany(waitMs: number): HubError {
  const seconds = Math.ceil(waitMs / 1000)
  return new HubError(
    'TooMany',
    `Too many failed attempts. Try again in ${seconds === 1 ? 'a second' : `${seconds} seconds`}.`,
    { retryAfterSeconds: seconds },
  )
}

const takenName = (name: string): string =>
  `The name ${name} belongs to another account of this hub. Ask an administrator to sort it out.`
