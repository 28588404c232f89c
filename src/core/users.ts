/** Users: add, change, remove. */
import { asError, conflict, forbidden, HubError, invalidInput, notFound } from '../lib/errors.ts'
import { createKeyedLock } from '../lib/lock.ts'
import { type Passwords } from '../lib/password.ts'
import { type Clock } from '../lib/time.ts'
import { isActive } from '../model/server.ts'
import { normaliseName } from '../model/user.ts'
import { type Store } from '../store/store.ts'
import { type Access } from './access.ts'
import { type Events } from './events.ts'
import { type SessionVerbs } from './sessions.ts'
import { type User } from '../model/user.ts'
import { type Session } from '../model/session.ts'

export type Added =
  | {
      readonly user: User
      /** Absolute path with the secret: shown once. */ readonly invitePath: string | undefined
    }
  | { readonly name: string; readonly problem: string }

export interface UserVerbs {
  /**
   * One result per given name, in order; names that exist or are impossible get a problem, the others are added.
   * @throws {HubError} InvalidInput: too many at once; Unavailable: none was added.
   */
  addMany(rawNames: readonly string[], options: { admin: boolean }): Added[]
  /** @throws {HubError} InvalidInput, Conflict. No invitation. */
  add(rawName: string, options: { admin: boolean; passwordHash?: string }): User
  /**
   * Whatever is theirs stays theirs, under the new name. @returns the user as they are then.
   * @throws {HubError} InvalidInput: an impossible name, a name in use, or a server of theirs is active.
   */
  rename(user: User, rawName: string): User
  /** When their rights really change, all their sessions end (security S-53). @throws {HubError} Conflict for the last admin. */
  setAdmin(user: User, admin: boolean): void
  /** A disabled user's sessions, tokens and servers end. @throws {HubError} Conflict for the last admin. */
  setDisabled(user: User, disabled: boolean): Promise<void>
  /**
   * Stops their servers first. Home folders stay. When a server cannot be stopped, the user stays, disabled.
   * @throws {HubError} Conflict for the last admin.
   */
  remove(user: User): Promise<void>
  /**
   * Ends all other sessions and tokens. After a few wrong old passwords the session ends.
   * @throws {HubError} Forbidden: old password wrong; InvalidInput: policy; Conflict: changed by somebody else meanwhile.
   */
  changePassword(
    user: User,
    passwords: { readonly oldPassword: string; readonly newPassword: string },
    keep: Session,
  ): Promise<void>
  /** Sets it without asking; ends all sessions and tokens of the user. @throws {HubError} InvalidInput: policy. */
  setPassword(user: User, newPassword: string): Promise<void>
  /** The password with this hash holds, and nothing that was given out under the old one does (security S-27). */
  replacePassword(user: User, passwordHash: string, keep?: Session): void
}

export type UserNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly access: Access
  readonly events: Events
  readonly passwords: Passwords
  readonly sessions: SessionVerbs
  /** @throws {HubError} InvalidInput when the password breaks the policy. */
  checkPassword(password: string, name: string): void
  /** Stops all servers of a user and deletes their logs when `forget`. */
  stopServers(user: User, options: { forget: boolean }): Promise<void>
  /** Their unix account follows, and with it what their running servers may do. */
  accountChanged(user: User): void
  /** The invitation's path, when people log in with a password of this hub. */
  invite(user: User): string | undefined
}

/** Most names in one go. */
const mostNames = 1000

/** Wrong old passwords of one session until it ends: whoever stole it does not learn the password by trying. */
const mostGuesses = 5

export function createUsers(needs: UserNeeds): UserVerbs {
  const { store, access, events, passwords, sessions } = needs
  const verifyOld = createOldPasswordCheck(needs)

  const add: UserVerbs['add'] = (rawName, { admin, passwordHash }) => {
    const name = normaliseName(rawName)
    if (store.users.findByName(name)) throw conflict(`User ${name} already exists`)
    const user = store.transaction(() => {
      const created = store.users.create({ name, admin, at: needs.clock.now() })
      if (passwordHash !== undefined) store.users.setPasswordHash(created.id, passwordHash)
      return created
    })
    events.userAdded(name)
    return user
  }

  /** User and invitation, or neither. */
  const addOne = (rawName: string, admin: boolean): Added => {
    try {
      return store.transaction(() => {
        const user = add(rawName, { admin })
        return { user, invitePath: needs.invite(user) }
      })
    } catch (thrown) {
      if (thrown instanceof HubError && thrown.status < 500)
        return { name: rawName.slice(0, 80), problem: asError(thrown).message }
      throw thrown
    }
  }

  /** As they are now: what the caller knows of them may be older. */
  const rowOf = (user: User): User => {
    const row = store.users.find(user.id)
    if (!row) throw notFound(`User ${user.name} does not exist any more.`)
    return row
  }

  const keepAnAdmin = (row: User): void => {
    if (row.admin && !row.disabled && store.users.countAdmins() <= 1)
      throw conflict(`${row.name} is the last administrator. Make somebody else one first.`)
  }

  const replacePassword: UserVerbs['replacePassword'] = (user, passwordHash, keep) => {
    store.transaction(() => {
      store.users.setPasswordHash(user.id, passwordHash)
      revokeAll(user, keep)
    })
    events.passwordSet(user.name)
  }

  const revokeAll = (user: User, keep?: Session): void => {
    store.tokens.removeAllOf(user.id)
    store.links.removeAllOf(user.id)
    sessions.endAllOf(user.id, keep)
  }

  /** From here on they can neither log in nor start anything. */
  const disable = (user: User): void => {
    store.transaction(() => {
      keepAnAdmin(rowOf(user))
      store.users.setDisabled(user.id, true)
      revokeAll(user)
    })
  }

  const rename: UserVerbs['rename'] = (user, rawName) => {
    const name = normaliseName(rawName)
    if (name === user.name) return rowOf(user)
    // JupyterHub's status for both is 400.
    if (store.users.findByName(name))
      throw invalidInput(`User ${name} already exists, username must be unique`)
    if (store.servers.listOf(user.id).some(isActive))
      throw invalidInput(`Stop the servers of ${user.name} before renaming them.`)
    store.users.rename(user.id, name)
    access.forget(user.id)
    events.userRenamed(user.name, name)
    return rowOf(user)
  }

  return {
    add,
    rename,
    addMany(rawNames, { admin }) {
      if (rawNames.length > mostNames)
        throw invalidInput(`At most ${mostNames} names can be added at once.`)
      return store.transaction(() => rawNames.map((rawName) => addOne(rawName, admin)))
    },
    setAdmin(user, admin) {
      const changed = store.transaction(() => {
        const row = rowOf(user)
        if (row.admin === admin) return false
        if (!admin) keepAnAdmin(row)
        store.users.setAdmin(user.id, admin)
        sessions.endAllOf(user.id)
        return true
      })
      if (!changed) return
      events.rightsChanged(user.name, { admin })
      needs.accountChanged(rowOf(user))
    },
    async setDisabled(user, disabled) {
      if (disabled) disable(user)
      else store.users.setDisabled(rowOf(user).id, false)
      access.forget(user.id)
      events.rightsChanged(user.name, { disabled })
      if (disabled) await needs.stopServers(user, { forget: false })
      needs.accountChanged(rowOf(user))
    },
    async remove(user) {
      disable(user)
      await needs.stopServers(user, { forget: true })
      needs.accountChanged(rowOf(user))
      store.users.remove(user.id)
      access.forget(user.id)
      events.userRemoved(user.name)
    },
    async changePassword(user, { oldPassword, newPassword }, keep) {
      needs.checkPassword(newPassword, user.name)
      const oldHash = await verifyOld(user, oldPassword, keep)
      const newHash = await passwords.hash(newPassword)
      store.transaction(() => {
        // A reset or a logout that came in between has the last word.
        if (store.users.findPasswordHash(user.id) !== oldHash || !isOpen(store, keep))
          throw conflict('Your password or login was changed meanwhile. Log in again.')
        replacePassword(user, newHash, keep)
      })
    },
    async setPassword(user, newPassword) {
      needs.checkPassword(newPassword, user.name)
      replacePassword(user, await passwords.hash(newPassword))
    },
    replacePassword,
  }
}

const isOpen = (store: Store, session: Session): boolean =>
  store.sessions.findByHash(session.hash) !== undefined

type OldPasswordCheck = (user: User, password: string, session: Session) => Promise<string>

/** @returns the check of the old password: it answers with the stored hash, and counts what was wrong. */
function createOldPasswordCheck(
  needs: Pick<UserNeeds, 'store' | 'passwords' | 'sessions' | 'events'>,
): OldPasswordCheck {
  const { store, passwords, sessions, events } = needs
  const turns = createKeyedLock()
  const wrong = new Map<string, number>()

  const refuse = (user: User, session: Session): HubError => {
    const count = (wrong.get(session.hash) ?? 0) + 1
    events.loginRefused(user.name, session.address, 'old password wrong')
    wrong.delete(session.hash)
    if (count >= mostGuesses) {
      sessions.end(session)
      return forbidden('The old password was wrong too often. You are logged out.')
    }
    wrong.set(session.hash, count)
    const oldest = wrong.keys().next()
    if (wrong.size > mostCounted && !oldest.done) wrong.delete(oldest.value)
    return forbidden('The old password is wrong.')
  }

  return (user, password, session) =>
    turns.run(session.hash, async () => {
      if (!isOpen(store, session)) throw forbidden('You are logged out.')
      const hash = store.users.findPasswordHash(user.id)
      if (hash === undefined || !(await passwords.verify(password, hash)))
        throw refuse(user, session)
      wrong.delete(session.hash)
      return hash
    })
}

/** Sessions with wrong guesses that are remembered; the oldest make room. */
const mostCounted = 1000
