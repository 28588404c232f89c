/** Who makes this request, and what may they do? */
import { readCookie } from '../lib/cookie.ts'
import { forbidden, notFound } from '../lib/errors.ts'
import { hashSecret } from '../lib/secret.ts'
import { giveWay } from '../lib/turns.ts'
import { SECOND, type Clock } from '../lib/time.ts'
import { hasExpired, sessionCookie } from '../model/session.ts'
import { type Store } from '../store/store.ts'
import { type Activity } from './activity.ts'
import { createKnownCallers, endOf, type End, type Known, type Loaded } from './known-callers.ts'
import { createRights } from './rights.ts'
import { type Schedule } from './schedule.ts'
import { findToken } from './token-lookup.ts'
import { createTokenScopes } from './token-scopes.ts'
import { type IncomingHttpHeaders } from 'node:http'
import {
  createScopeSet,
  type ExpandedScopes,
  type GroupsOf,
  type ScopeSet,
  type ScopeTarget,
} from '../model/scope.ts'
import { type Service } from '../model/service.ts'
import { type Session } from '../model/session.ts'
import { type ServiceToken, type Token, type TokenHash } from '../model/token.ts'
import { type User } from '../model/user.ts'

export type Credential =
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'token'; readonly token: Token }

/** Whoever makes this request, with expanded scopes. */
export type Principal = {
  readonly user: User
  readonly scopes: ScopeSet
  readonly credential: Credential
  /** The door's: the route that was open to this principal last, by rights that stay as long as they are known. */
  openRoute: object | undefined
}

/** A service that makes this request. Who calls the API is either; `'service' in caller` tells. */
export type ServicePrincipal = {
  readonly service: Service
  readonly scopes: ScopeSet
  readonly credential: { readonly kind: 'service'; readonly token: ServiceToken }
}

export type Caller = Principal | ServicePrincipal

export interface Access {
  /** A valid `Authorization: token` wins, else the session cookie (contract §0.7). Disabled users are nobody. */
  identify(headers: IncomingHttpHeaders): Principal | undefined
  /** The session cookie only: what pages use. */
  identifySession(headers: IncomingHttpHeaders): Principal | undefined
  /** A valid `Authorization: token` of a service: what the API accepts besides. */
  identifyService(headers: IncomingHttpHeaders): ServicePrincipal | undefined
  can(caller: Caller | undefined, scope: string, target?: ScopeTarget): boolean
  /** What a token may do at this moment; undefined when its owner may do nothing any more. */
  scopesOf(token: Token): ScopeSet | undefined
  /**
   * JupyterHub's rule (contract §0.5).
   * @throws {HubError} Forbidden: no credential, or the scope is not held in any form; NotFound: held, but not for this target.
   */
  require<Who extends Caller>(
    caller: Who | undefined,
    scopes: readonly string[],
    target?: ScopeTarget,
  ): Who
  /** Forgets what it knew of a user, at once, and tells the listeners: call after any change to sessions, tokens, rights. */
  forget(userId: number): void
  /** The same for services, of which it knows nothing: call after any change to their tokens and roles. */
  forgetServices(): void
  /**
   * The same for everybody: call when another process may have changed the database. Listeners are told one after the
   * other, and everybody else gets a turn in between: each may look up the rights of whoever has something open.
   */
  forgetAll(): void
  /** `listener` runs whenever somebody's rights or credentials may have changed. */
  onChange(listener: (userId: number) => void): void
  /** `listener` runs whenever rights or credentials of services may have changed. */
  onServiceChange(listener: () => void): void
}

export type AccessNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly activity: Activity
  readonly schedule: Pick<Schedule, 'soon'>
  readonly idleTimeoutMs: number
  readonly groupsOf: GroupsOf
  /** Whether the configuration keeps somebody out, at this moment. */
  readonly isShutOut: (user: User) => boolean
  /** Known principals are kept in memory up to this many; then all are forgotten and read again. */
  readonly cacheSize?: number
}

/** What is used all the time is noted once in so long (JupyterHub: `activity_resolution`, 30 seconds). */
const noteEveryMs = 10 * SECOND

export function createAccess(needs: AccessNeeds): Access {
  const { store, clock, activity, cacheSize } = needs
  const rights = createRights({ store, clock })
  const tokenScopes = createTokenScopes(needs)
  const known = createKnownCallers<Principal>(cacheSize)
  const listeners = new Set<(userId: number) => void>()
  const serviceListeners = new Set<() => void>()
  /** Whose listeners are still to be told. */
  const untold = new Set<number>()

  const isNobody = (user: User): boolean => user.disabled || needs.isShutOut(user)

  const use = (key: string, load: () => Loaded<Principal> | undefined): Principal | undefined => {
    const now = clock.now()
    const entry = known.find(key, now) ?? known.add(key, load())
    if (entry) noteUse(entry, now)
    return entry?.principal
  }

  /** A server's own token is no sign of a person (contract §0.7). */
  const noteUse = (entry: Known<Principal>, now: Date): void => {
    entry.usedMs = now.getTime()
    const { credential, user } = entry.principal
    if (entry.usedMs - entry.notedMs < noteEveryMs) return
    if (credential.kind === 'token' && credential.token.serverId !== undefined) return
    entry.notedMs = entry.usedMs
    activity.sawUser(user.id, now)
    if (credential.kind === 'token') activity.sawToken(credential.token.id)
    else activity.sawSession(credential.session.hash, now)
  }

  /** The stored time of its last use lags behind what is noted. */
  const isSessionOver = ({ hash, seenAt, expiresAt }: Session): boolean => {
    const noted = activity.ofSession(hash)
    const used = noted !== undefined && noted > seenAt ? noted : seenAt
    return hasExpired({ expiresAt, seenAt: used }, clock.now(), needs.idleTimeoutMs)
  }

  /** Most requests are for what is one's own: what is shared with somebody is looked up for the first other one. */
  const ownedBy = (
    user: User,
    end: End,
    narrow: (owned: ExpandedScopes) => ExpandedScopes,
  ): ScopeSet => {
    const lookUpAll = (): ExpandedScopes => {
      const { scopes, until } = rights.ofUser(user)
      end.atMs = Math.min(end.atMs, until?.getTime() ?? Infinity)
      return narrow(scopes)
    }
    return createScopeSet(narrow(rights.byRolesOfUser(user)), needs.groupsOf, lookUpAll)
  }

  const sessionPrincipal = (secret: string): Loaded<Principal> | undefined => {
    const session = store.sessions.findByHash(hashSecret(secret))
    if (!session || isSessionOver(session)) return undefined
    const user = store.users.find(session.userId)
    if (!user || isNobody(user)) return undefined
    const end = endOf(session)
    const scopes = ownedBy(user, end, (owned) => owned)
    const credential = { kind: 'session', session } as const
    const principal: Principal = { user, scopes, credential, openRoute: undefined }
    return { principal, end, mostIdleMs: needs.idleTimeoutMs }
  }

  const tokenPrincipal = (secret: string): Loaded<Principal> | undefined => {
    const token = findToken(store, secret, clock.now())
    const user = token && store.users.find(token.userId)
    if (!token || !user || isNobody(user)) return undefined
    const end = endOf(token)
    const scopes = ownedBy(user, end, (owned) => tokenScopes.ofToken(token, user, owned))
    const credential = { kind: 'token', token } as const
    const principal: Principal = { user, scopes, credential, openRoute: undefined }
    return { principal, end, mostIdleMs: Infinity }
  }

  /** Not kept in memory: services are few, and what they may do is read anew each time. */
  const identifyService: Access['identifyService'] = (headers) => {
    const secret = tokenIn(headers.authorization)
    const token =
      secret && store.serviceTokens.findByHash(hashSecret(secret) as TokenHash, clock.now())
    const service = token ? store.services.find(token.serviceId) : undefined
    if (!token || !service) return undefined
    activity.sawToken(token.id)
    const scopes = createScopeSet(
      tokenScopes.ofServiceToken(token, rights.ofService(service).scopes),
      needs.groupsOf,
    )
    return { service, scopes, credential: { kind: 'service', token } }
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

  const can: Access['can'] = (caller, scope, target) => caller?.scopes.has(scope, target) ?? false

  const forget: Access['forget'] = (userId) => {
    known.forget(userId)
    tell(userId)
  }

  const tell = (userId: number): void => {
    untold.delete(userId)
    for (const listener of listeners) listener(userId)
  }

  const tellInTurns = async (): Promise<void> => {
    for (const userId of untold) {
      const pause = giveWay()
      if (pause) await pause
      if (untold.has(userId)) tell(userId)
    }
  }

  const forgetServices: Access['forgetServices'] = () => {
    for (const listener of serviceListeners) listener()
  }

  return {
    identify: (headers) => identifyToken(headers) ?? identifySession(headers),
    identifySession,
    identifyService,
    can,
    scopesOf(token) {
      const user = store.users.find(token.userId)
      if (!user || isNobody(user)) return undefined
      const owned = rights.ofUser(user).scopes
      return createScopeSet(tokenScopes.ofToken(token, user, owned), needs.groupsOf)
    },
    require(caller, scopes, target) {
      if (!caller) throw forbidden('Missing or invalid credentials.')
      if (scopes.some((scope) => can(caller, scope, target))) return caller
      if (target !== undefined && scopes.some((scope) => caller.scopes.holdsAny(scope)))
        throw notFound('No access to resources or resources not found')
      throw forbidden(
        `Action is not authorized with current scopes; requires any of [${scopes.join(', ')}]`,
      )
    },
    forget,
    forgetAll() {
      known.forgetAll()
      forgetServices()
      for (const userId of known.everKnown) untold.add(userId)
      needs.schedule.soon('look again at what is open', tellInTurns)
    },
    forgetServices,
    onChange: (listener) => void listeners.add(listener),
    onServiceChange: (listener) => void serviceListeners.add(listener),
  }
}

/** The secret of `Authorization: token …` or `bearer …`. */
function tokenIn(authorization: string | undefined): string | undefined {
  return /^(?:token|bearer) +([^ ]+)$/i.exec(authorization ?? '')?.[1]
}
