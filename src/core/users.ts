/** Users: add, change, remove. */
import { asError, conflict, forbidden, HubError, invalidInput } from '../lib/errors.ts'
import { type Passwords } from '../lib/password.ts'
import { type Clock } from '../lib/time.ts'
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
  /** The invitation's path, when people log in with a password of this hub. */
  invite(user: User): string | undefined
}

/** Most names in one go. */
const mostNames = 1000

export function createUsers(needs: UserNeeds): UserVerbs {
  const { store, access, events, passwords, sessions } = needs

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

  const addOne = (rawName: string, admin: boolean): Added => {
    try {
      const user = add(rawName, { admin })
      return { user, invitePath: needs.invite(user) }
    } catch (thrown) {
      if (thrown instanceof HubError && thrown.status < 500)
        return { name: rawName.slice(0, 80), problem: asError(thrown).message }
      throw thrown
    }
  }

  const keepAnAdmin = (user: User): void => {
    if (user.admin && !user.disabled && store.users.countAdmins() <= 1)
      throw conflict(`${user.name} is the last administrator. Make somebody else one first.`)
  }

  /** The new password holds, and nothing that was given out under the old one does (security S-27). */
  const replacePassword = async (user: User, password: string, keep?: Session): Promise<void> => {
    needs.checkPassword(password, user.name)
    const hash = await passwords.hash(password)
    store.transaction(() => {
      store.users.setPasswordHash(user.id, hash)
      revokeAll(user, keep)
    })
    events.passwordSet(user.name)
  }

  const revokeAll = (user: User, keep?: Session): void => {
    store.tokens.removeAllOf(user.id)
    store.links.removeAllOf(user.id)
    sessions.endAllOf(user.id, keep)
  }

  return {
    add,
    addMany(rawNames, { admin }) {
      if (rawNames.length > mostNames)
        throw invalidInput(`At most ${mostNames} names can be added at once.`)
      return rawNames.map((rawName) => addOne(rawName, admin))
    },
    setAdmin(user, admin) {
      if (!admin) keepAnAdmin(user)
      store.users.setAdmin(user.id, admin)
      access.forget(user.id)
      events.rightsChanged(user.name, { admin })
    },
    async setDisabled(user, disabled) {
      if (disabled) keepAnAdmin(user)
      store.transaction(() => {
        store.users.setDisabled(user.id, disabled)
        if (disabled) revokeAll(user)
      })
      access.forget(user.id)
      events.rightsChanged(user.name, { disabled })
      if (disabled) await needs.stopServers(user, { forget: false })
    },
    async remove(user) {
      keepAnAdmin(user)
      await needs.stopServers(user, { forget: true })
      store.users.remove(user.id)
      access.forget(user.id)
      events.userRemoved(user.name)
    },
    async changePassword(user, oldPassword, newPassword, keep) {
      const hash = store.users.findPasswordHash(user.id)
      if (hash === undefined || !(await passwords.verify(oldPassword, hash)))
        throw forbidden('The old password is wrong.')
      await replacePassword(user, newPassword, keep)
    },
    setPassword: (user, newPassword) => replacePassword(user, newPassword),
  }
}
