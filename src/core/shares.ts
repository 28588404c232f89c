/** Shares: let others use a server, hand out codes that do, end both (contract §3.10). Sharing never widens what anybody may do. */
import { forbidden, invalidInput, notFound } from '../lib/errors.ts'
import { hashSecret, newSecret } from '../lib/secret.ts'
import { SECOND, type Clock } from '../lib/time.ts'
import { expandScopes, listScopes, type GroupsOf, type ScopeSet } from '../model/scope.ts'
import { fullName, type Server } from '../model/server.ts'
import { normaliseName, type User } from '../model/user.ts'
import { type ShareHolder } from '../store/shares.ts'
import { type Store } from '../store/store.ts'
import { type Access } from './access.ts'
import {
  bareShareScopes,
  checkCodeValidity,
  codeValidity,
  defaultShareScopes,
  scopesOnServer,
  type Share,
  type ShareCode,
} from '../model/share.ts'

/** A server by its names; it need not exist. */
export type ServerName = Pick<Server, 'userName' | 'name'>

/** With whom, by name: exactly one of the two. */
export type ShareWith = { readonly user: string } | { readonly group: string }

export type NewShareCode = {
  readonly code: ShareCode
  /** Shown once. */
  readonly secret: string
}

export interface ShareVerbs {
  /**
   * Adds to what is shared already. `issuer` is what whoever shares may do: each scope, and seeing the name of the other.
   * @throws {HubError} InvalidInput: scope about something else, no such user or group; NotFound: no such server; Forbidden.
   */
  grant(
    server: ServerName,
    request: { with: ShareWith; scopes?: readonly string[] | undefined; issuer: ScopeSet },
  ): Share
  /**
   * Without scopes: all of it. @returns what is left, if anything is.
   * @throws {HubError} InvalidInput: scope about something else; NotFound: no such server.
   */
  revoke(
    server: ServerName,
    request: { with: ShareWith; scopes?: readonly string[] | undefined },
  ): Share | undefined
  /** With everybody; codes go on. @throws {HubError} NotFound */
  revokeAll(server: ServerName): void
  /** What somebody was given is given back. */
  leave(share: Share): void
  /** @throws {HubError} InvalidInput: scopes, validity; NotFound; Forbidden: a scope that the issuer lacks. */
  createCode(
    server: ServerName,
    request: {
      scopes?: readonly string[] | undefined
      expiresInSeconds?: number | undefined
      issuer: ScopeSet
    },
  ): NewShareCode
  /** One code, by its secret or its id, or all of the server. @throws {HubError} NotFound */
  revokeCodes(server: ServerName, which?: { secret: string } | { id: number }): void
  /** For the page that asks. @throws {HubError} NotFound: unknown or expired; Forbidden: their own server. */
  lookAtCode(user: User, secret: string): ShareCode
  /** Makes the share. @throws {HubError} InvalidInput: unknown, expired, or their own server. */
  acceptCode(user: User, secret: string): Share
  /** Removes what has expired, at most so many of each kind. @returns whether there may be more. */
  expire(most: number): boolean
}

export type ShareNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly access: Pick<Access, 'forget'>
  readonly groupsOf: GroupsOf
}

export function createShares(needs: ShareNeeds): ShareVerbs {
  const { store, clock, access } = needs

  const get = ({ userName, name }: ServerName): Server => {
    const user = store.users.findByName(userName)
    const server = user && store.servers.findByName(user.id, name)
    if (!server) throw notFound(`No such server: ${userName}/${name}`)
    return server
  }

  /** The issuer holds all of each scope, with everything it includes. @throws {HubError} Forbidden */
  const requireHeld = (bare: readonly string[], server: ServerName, issuer: ScopeSet): void => {
    const target = { server: fullName(server) }
    for (const scope of scopesOnServer(bare, target.server)) {
      const parts = listScopes(expandScopes([scope], {}))
      const lacking = parts.find((part) => !issuer.has(part.split('!', 1)[0] ?? '', target))
      if (lacking !== undefined) throw forbidden(`Do not have permission to share ${lacking}`)
    }
  }

  const requireVisible = (target: ShareWith, issuer: ScopeSet): void => {
    const isVisible =
      'user' in target
        ? issuer.has('read:users:name', { user: foldedName(target.user) })
        : issuer.has('read:groups:name', { group: target.group })
    if (isVisible) return
    const [kind, name] = Object.entries(target)[0] ?? []
    throw forbidden(`Do not have permission to share with ${kind} ${String(name).slice(0, 80)}`)
  }

  const find = (target: ShareWith): ShareHolder | undefined => {
    if ('user' in target) {
      const user = store.users.findByName(foldedName(target.user))
      return user && { kind: 'user', id: user.id }
    }
    const group = store.groups.findByName(target.group)
    return group && { kind: 'group', id: group.id }
  }

  const forget = ({ kind, id }: ShareHolder): void => {
    const userIds = kind === 'user' ? [id] : store.groups.listMemberIds(id)
    for (const userId of userIds) access.forget(userId)
  }

  /** @param next from the scopes that are shared to those that shall be, both without filter */
  const change = (
    server: Server,
    holder: ShareHolder,
    next: (before: readonly string[]) => readonly string[],
  ): Share | undefined => {
    const now = clock.now()
    const share = store.transaction(() => {
      const before = store.shares.find(server.id, holder, now)
      const scopes = next(bareShareScopes(before?.scopes ?? [], fullName(server)))
      if (scopes.length > 0) store.shares.save({ serverId: server.id, holder, scopes, at: now })
      else if (before) store.shares.remove(before.id)
      return store.shares.find(server.id, holder, now)
    })
    forget(holder)
    return share
  }

  const add = (server: Server, holder: ShareHolder, bare: readonly string[]): Share => {
    const share = change(server, holder, (before) => [...new Set([...before, ...bare])].sort())
    if (!share) throw new Error('a share that was just made is missing')
    return share
  }

  const findCode = (secret: string): ShareCode | undefined =>
    store.shareCodes.findByHash(hashSecret(secret), clock.now())

  return {
    grant(name, { with: target, scopes = defaultShareScopes, issuer }) {
      const bare = bareShareScopes(scopes, fullName(name))
      if (bare.length === 0) throw invalidInput('Name at least one scope to share')
      const server = get(name)
      requireHeld(bare, server, issuer)
      requireVisible(target, issuer)
      const holder = find(target)
      if (!holder) throw invalidInput(`No such ${describe(target)}`)
      return add(server, holder, bare)
    },
    revoke(name, { with: target, scopes }) {
      const bare = scopes && bareShareScopes(scopes, fullName(name))
      const server = get(name)
      const holder = find(target)
      if (!holder) return undefined
      return change(server, holder, (before) =>
        bare === undefined ? [] : before.filter((scope) => !bare.includes(scope)),
      )
    },
    revokeAll(name) {
      store.shares.removeOfServer(get(name).id).forEach(forget)
    },
    leave(share) {
      store.shares.remove(share.id)
      forget(share.with)
    },
    createCode(name, { scopes = defaultShareScopes, expiresInSeconds, issuer }) {
      const bare = bareShareScopes(scopes, fullName(name))
      if (bare.length === 0) throw invalidInput('Name at least one scope to share')
      const seconds = expiresInSeconds ?? codeValidity.usual
      checkCodeValidity(seconds)
      const server = get(name)
      requireHeld(bare, server, issuer)
      const secret = newSecret()
      const createdAt = clock.now()
      const code = store.shareCodes.create({
        hash: hashSecret(secret),
        serverId: server.id,
        scopes: bare,
        createdAt,
        expiresAt: new Date(createdAt.getTime() + seconds * SECOND),
      })
      return { code, secret }
    },
    revokeCodes(name, which) {
      const server = get(name)
      if (which === undefined) {
        store.shareCodes.removeOfServer(server.id)
        return
      }
      const code =
        'id' in which ? store.shareCodes.find(which.id, clock.now()) : findCode(which.secret)
      if (code?.server.id !== server.id) throw notFound('No such share code')
      store.shareCodes.remove(code.id)
    },
    lookAtCode(user, secret) {
      const code = findCode(secret)
      if (!code) throw notFound('Share not found or expired')
      if (code.server.userId === user.id) throw forbidden('This server is your own.')
      return code
    },
    acceptCode(user, secret) {
      const code = findCode(secret)
      const server = code && store.servers.find(code.server.id)
      if (!server || server.userId === user.id)
        throw invalidInput(`Invalid share code: ${secret.slice(0, 80)}`)
      const now = clock.now()
      return store.transaction(() => {
        store.shareCodes.touch(code.id, now)
        const bare = bareShareScopes(code.scopes, fullName(server))
        return add(server, { kind: 'user', id: user.id }, bare)
      })
    },
    expire(most) {
      const now = clock.now()
      const codes = store.shareCodes.removeExpired(now, most)
      const holders = store.shares.removeExpired(now, most)
      // A group with whom much was shared is looked up once.
      const concerned = new Map(holders.map((holder) => [`${holder.kind} ${holder.id}`, holder]))
      for (const holder of concerned.values()) forget(holder)
      return codes === most || holders.length === most
    },
  }
}

const describe = (target: ShareWith): string =>
  'user' in target ? `user: ${target.user.slice(0, 80)}` : `group: ${target.group.slice(0, 80)}`

/** A name that nobody can have is as unknown as one that nobody has. */
function foldedName(rawName: string): string {
  try {
    return normaliseName(rawName)
  } catch {
    return ''
  }
}
