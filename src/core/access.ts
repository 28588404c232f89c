/** Who makes this request, and what may they do? */
import { readCookie } from '../lib/cookie.ts'
import { forbidden, notFound } from '../lib/errors.ts'
import { hashSecret } from '../lib/secret.ts'
import { type Clock } from '../lib/time.ts'
import { fullName } from '../model/server.ts'
import { hasExpired, sessionCookie } from '../model/session.ts'
import { type Store } from '../store/store.ts'
import { type Activity } from './activity.ts'
import { type IncomingHttpHeaders } from 'node:http'
import { roles } from '../model/role.ts'
import {
  createScopeSet,
  expandScopes,
  identifyScopes,
  intersectScopes,
  type GroupsOf,
  type ScopeSet,
  type ScopeTarget,
} from '../model/scope.ts'
import { type Session } from '../model/session.ts'
import { type Token, type TokenHash } from '../model/token.ts'
import { type User } from '../model/user.ts'

export type Credential =
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'token'; readonly token: Token }

/** Whoever makes this request, with expanded scopes. */
export type Principal = {
  readonly user: User
  readonly scopes: ScopeSet
  readonly credential: Credential
}

export interface Access {
  /** A valid `Authorization: token` wins, else the session cookie (contract §0.7). Disabled users are nobody. */
  identify(headers: IncomingHttpHeaders): Principal | undefined
  /** The session cookie only: what pages use. */
  identifySession(headers: IncomingHttpHeaders): Principal | undefined
  can(principal: Principal | undefined, scope: string, target?: ScopeTarget): boolean
  /** What a token may do at this moment; undefined when its owner may do nothing any more. */
  scopesOf(token: Token): ScopeSet | undefined
  /**
   * JupyterHub's rule (contract §0.5).
   * @throws {HubError} Forbidden: no credential, or the scope is not held in any form; NotFound: held, but not for this target.
   */
  require(
    principal: Principal | undefined,
    scopes: readonly string[],
    target?: ScopeTarget,
  ): Principal
  /** Forgets what it knew of a user, at once, and tells the listeners: call after any change to sessions, tokens, rights. */
  forget(userId: number): void
  /** The same for everybody: call when another process may have changed the database. */
  forgetAll(): void
  /** `listener` runs whenever somebody's rights or credentials may have changed. */
  onChange(listener: (userId: number) => void): void
}

export type AccessNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly activity: Activity
  readonly idleTimeoutMs: number
  readonly groupsOf: GroupsOf
  /** Known principals are kept in memory up to this many; then all are forgotten and read again. */
  readonly cacheSize?: number
}

const usualCacheSize = 10_000

/** `usedMs`: when it was last used, since its session was read and may be written down by now. */
type Known = { readonly principal: Principal; usedMs: number }

export function createAccess(needs: AccessNeeds): Access {
  const { store, clock, activity, cacheSize = usualCacheSize } = needs
  /** Principals by the credential as it was sent. */
  const known = new Map<string, Known>()
  const keysOf = new Map<number, Set<string>>()
  /** Whoever was identified since the hub began: something of theirs may still be open. */
  const everIdentified = new Set<number>()
  const listeners = new Set<(userId: number) => void>()

  const use = (key: string, load: () => Principal | undefined): Principal | undefined => {
    const entry = stillKnown(key) ?? remember(key, load())
    if (entry) noteUse(entry)
    return entry?.principal
  }

  const stillKnown = (key: string): Known | undefined => {
    const entry = known.get(key)
    if (!entry || !isOver(entry)) return entry
    known.delete(key)
    keysOf.get(entry.principal.user.id)?.delete(key)
    return undefined
  }

  const remember = (key: string, principal: Principal | undefined): Known | undefined => {
    if (!principal) return undefined
    if (known.size >= cacheSize) {
      known.clear()
      keysOf.clear()
    }
    const { id } = principal.user
    const entry = { principal, usedMs: 0 }
    known.set(key, entry)
    everIdentified.add(id)
    const keys = keysOf.get(id)
    if (keys) keys.add(key)
    else keysOf.set(id, new Set([key]))
    return entry
  }

  const isOver = ({ principal: { credential }, usedMs }: Known): boolean => {
    if (credential.kind === 'session') return isSessionOver(credential.session, usedMs)
    const { expiresAt } = credential.token
    return expiresAt !== undefined && expiresAt <= clock.now()
  }

  /** The stored time of its last use lags behind what is noted, and what was read here may be older still. */
  const isSessionOver = (session: Session, usedMs: number): boolean => {
    const notedMs = activity.ofSession(session.hash)?.getTime() ?? 0
    const seenAt = new Date(Math.max(usedMs, notedMs, session.seenAt.getTime()))
    return hasExpired({ ...session, seenAt }, clock.now(), needs.idleTimeoutMs)
  }

  /** A server's own token is no sign of a person (contract §0.7). */
  const noteUse = (entry: Known): void => {
    const { credential, user } = entry.principal
    if (credential.kind === 'token' && credential.token.serverId !== undefined) return
    activity.sawUser(user.id)
    if (credential.kind === 'token') activity.sawToken(credential.token.id)
    else {
      const now = clock.now()
      entry.usedMs = now.getTime()
      activity.sawSession(credential.session.hash, now)
    }
  }

  const sessionPrincipal = (secret: string): Principal | undefined => {
    const session = store.sessions.findByHash(hashSecret(secret))
    if (!session || isSessionOver(session, 0)) return undefined
    const user = store.users.find(session.userId)
    if (!user || user.disabled) return undefined
    const scopes = createScopeSet(ownerScopes(user), needs.groupsOf)
    return { user, scopes, credential: { kind: 'session', session } }
  }

  const tokenPrincipal = (secret: string): Principal | undefined => {
    const token = store.tokens.findByHash(hashSecret(secret) as TokenHash, clock.now())
    const user = token && store.users.find(token.userId)
    if (!token || !user || user.disabled) return undefined
    const scopes = createScopeSet(tokenScopes(token, user), needs.groupsOf)
    return { user, scopes, credential: { kind: 'token', token } }
  }

  /** A token's scopes at this moment: never more than its owner's (contract §2.6). */
  const tokenScopes = (token: Token, user: User): ReadonlySet<string> => {
    const owned = ownerScopes(user)
    if (token.scopes.includes('inherit')) return owned
    const server = token.clientId === undefined ? undefined : serverOfClient(token.clientId)
    const holder = server === undefined ? { user: user.name } : { user: user.name, server }
    const client = server === undefined ? [] : [`access:servers!server=${server}`]
    const granted = expandScopes([...token.scopes, ...client, ...identifyScopes(user.name)], holder)
    return intersectScopes(granted, owned, needs.groupsOf)
  }

  const serverOfClient = (clientId: string): string | undefined => {
    const serverId = store.oauthProvider.findClient(clientId)?.serverId
    const server = serverId === undefined ? undefined : store.servers.find(serverId)
    return server && fullName(server)
  }

  const identifySession: Access['identifySession'] = (headers) => {
    const secret =
      readCookie(headers.cookie, sessionCookie.secure) ??
      readCookie(headers.cookie, sessionCookie.plain)
    return secret === undefined ? undefined : use(`s ${secret}`, () => sessionPrincipal(secret))
  }

  const identifyToken = (headers: IncomingHttpHeaders): Principal | undefined => {
    const secret = tokenIn(headers.authorization)
    return secret === undefined ? undefined : use(`t ${secret}`, () => tokenPrincipal(secret))
  }

  const can: Access['can'] = (principal, scope, target) =>
    principal?.scopes.has(scope, target) ?? false

  const forget: Access['forget'] = (userId) => {
    for (const key of keysOf.get(userId) ?? []) known.delete(key)
    keysOf.delete(userId)
    for (const listener of listeners) listener(userId)
  }

  return {
    identify: (headers) => identifyToken(headers) ?? identifySession(headers),
    identifySession,
    can,
    scopesOf(token) {
      const user = store.users.find(token.userId)
      if (!user || user.disabled) return undefined
      return createScopeSet(tokenScopes(token, user), needs.groupsOf)
    },
    require(principal, scopes, target) {
      if (!principal) throw forbidden('Missing or invalid credentials.')
      if (scopes.some((scope) => can(principal, scope, target))) return principal
      if (target !== undefined && scopes.some((scope) => principal.scopes.holdsAny(scope)))
        throw notFound('No access to resources or resources not found')
      throw forbidden(
        `Action is not authorized with current scopes; requires any of [${scopes.join(', ')}]`,
      )
    },
    forget,
    forgetAll() {
      for (const userId of everIdentified) forget(userId)
    },
    onChange: (listener) => void listeners.add(listener),
  }
}

/** Everything a user may do by their roles. */
export function ownerScopes(user: User): ReadonlySet<string> {
  const held = user.admin ? [...roles.user.scopes, ...roles.admin.scopes] : roles.user.scopes
  return expandScopes(held, { user: user.name })
}

/** The secret of `Authorization: token …` or `bearer …`. */
function tokenIn(authorization: string | undefined): string | undefined {
  return /^(?:token|bearer) +([^ ]+)$/i.exec(authorization ?? '')?.[1]
}
