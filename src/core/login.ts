/** Login: credentials or an identity → user and session. The one place where a session begins by itself. */
import { type Config } from '../config/schema.ts'
import { forbidden, HubError } from '../lib/errors.ts'
import { type KeyedLock } from '../lib/lock.ts'
import { type Delay, type Throttle } from '../lib/throttle.ts'
import { normaliseName } from '../model/user.ts'
import { isShutOut } from '../auth/policy.ts'
import { type Store } from '../store/store.ts'
import { type AuthStates } from './auth-states.ts'
import { type Events } from './events.ts'
import { type GroupVerbs } from './groups.ts'
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
  readonly authStates: Pick<AuthStates, 'keep'>
  readonly groups: Pick<GroupVerbs, 'syncUser'>
  readonly config: Pick<Config, 'users'> & {
    readonly auth: Pick<Config['auth'], 'manage_groups' | 'admin_groups'>
  }
}

export function createLogin(needs: LoginNeeds): Login {
  const { store, authenticator, sessions, users, throttle, lock, events, config } = needs

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
      throw wrongPassword()
    }
    // A password that was replaced while it was looked at opens nothing, and is not written back (security S-27).
    if (user && store.users.findPasswordHash(user.id) !== account?.passwordHash)
      throw wrongPassword()
    throttle.succeeded(name, origin.address)
    if (user && result.newPasswordHash !== undefined)
      store.users.setPasswordHash(user.id, result.newPasswordHash)
    return result.identity
  }

  const userOf = (identity: Identity): User => {
    const user = knownUser(identity) ?? newUser(identity)
    if (user.disabled)
      throw forbidden('This account is disabled. Ask an administrator of this hub to enable it.')
    needs.authStates.keep(user.id, identity.authState)
    if (!config.auth.manage_groups) return withRights(user, identity.admin)
    const groups = managedGroupsOf(identity)
    needs.groups.syncUser(user, groups)
    return withRights(user, identity.admin ?? isAdminBy(groups, config.auth.admin_groups))
  }

  /** What the authenticator says of somebody's rights; but nobody is locked out for being the last administrator. */
  const withRights = (user: User, admin = user.admin): User => {
    if (admin === user.admin || (!admin && store.users.countAdmins() <= 1)) return user
    users.setAdmin(user, admin)
    return { ...user, admin }
  }

  /** Native identities are accounts of this hub: one that is gone is not made anew. */
  const knownUser = (identity: Identity): User | undefined => {
    if (identity.issuer !== 'native')
      return store.users.findByIdentity(identity.issuer, identity.subject)
    const user = store.users.find(Number(identity.subject))
    if (!user) throw wrongPassword()
    return user
  }

  /**
   * A first login. A user whom an administrator added beforehand and who has no identity and no password yet is taken;
   * any other account of that name belongs to somebody else (security S-35).
   */
  const newUser = (identity: Identity): User => {
    const name = normaliseName(identity.name)
    const existing = store.users.findByName(name)
    if (existing && !isUntaken(existing)) throw forbidden(takenName(name))
    const user = existing ?? users.add(name, { admin: false })
    store.users.linkIdentity(user.id, identity.issuer, identity.subject)
    return user
  }

  const isUntaken = (user: User): boolean =>
    !store.users.hasIdentity(user.id) && store.users.findPasswordHash(user.id) === undefined

  /** User, identity, rights and session, or nothing of it. */
  const begin = (identity: Identity, origin: Origin): LoggedIn => {
    const loggedIn = store.transaction(() => {
      const user = userOf(identity)
      if (isShutOut(user, config.users)) throw forbidden(shutOut)
      return { user, ...sessions.begin(user, origin) }
    })
    events.loggedIn(loggedIn.user.name, origin.address)
    return loggedIn
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

/** Rights that hang on groups are not left as they were because somebody forgot to say which (contract §4.7). */
function managedGroupsOf({ groups, issuer }: Identity): readonly string[] {
  if (groups === undefined) throw new Error(`a login of ${issuer} came without groups`)
  return groups
}

/** Undefined, where no group makes anybody one: leave it. */
const isAdminBy = (groups: readonly string[], admins: readonly string[]): boolean | undefined =>
  admins.length === 0 ? undefined : groups.some((name) => admins.includes(name))

const wrongPassword = (): HubError => forbidden('Invalid username or password')

function tooMany(waitMs: number): HubError {
  const seconds = Math.ceil(waitMs / 1000)
  return new HubError(
    'TooMany',
    `Too many failed attempts. Try again in ${seconds === 1 ? 'a second' : `${seconds} seconds`}.`,
    { retryAfterSeconds: seconds },
  )
}

const shutOut = 'This account may not use this hub. Ask an administrator of it.'

const takenName = (name: string): string =>
  `The name ${name} belongs to another account of this hub. Ask an administrator to sort it out.`
