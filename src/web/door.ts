/** The front door: the hub itself, a user's server, a service or another program? It knows who you are before a byte goes further. */
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { type Duplex } from 'node:stream'
import { type Access, type Caller } from '../core/access.ts'
import { type TokenExchange } from '../core/token-exchange.ts'
import { withoutCookie } from '../lib/cookie.ts'
import { asError, HubError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { hubCookieNames, sessionCookie } from '../model/session.ts'
import { type ExchangePolicy, type Forwarder } from '../proxy/forward.ts'
import { isWebSocketRequest, turnAway } from '../proxy/listener.ts'
import { isAmbiguousPath, withoutQuery } from '../proxy/path.ts'
import { type DirectAdmission } from '../proxy/direct-front.ts'
import { type RequestFacts } from '../proxy/policy.ts'
import { isAddedRoute, isServerRoute, type Route, type Routes } from '../proxy/routes.ts'
import { type Upgrader } from '../proxy/upgrade.ts'
import { isPublic, type Admission, type Admissions } from './admissions.ts'
import { arrivalPath, tellArrival } from './arrival.ts'
import { type Origin } from './origin.ts'
import { refuse, statusTexts, type Refusal } from './refusals.ts'

export type DoorNeeds = {
  readonly baseUrl: string
  readonly access: Pick<Access, 'can'>
  readonly admissions: Admissions
  readonly routes: Routes
  readonly forwarder: Forwarder
  readonly upgrader: Upgrader
  readonly exchange: TokenExchange
  readonly log: Log
  /** How long a server may be silent while somebody waits; 0: for ever. */
  readonly mostSilenceMs?: () => number
  /** How the browser addressed us, forwarded headers of trusted proxies believed. */
  originOf(request: RequestFacts): Origin
}

export interface Door {
  /** @param hub answers whatever is not a live server, or a service, that the caller may use. */
  request(
    request: IncomingMessage,
    response: ServerResponse,
    hub: (request: IncomingMessage, response: ServerResponse) => void,
  ): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Undefined: whatever this is, it is not simply forwarded, and `request` knows what to say. */
  admit(request: RequestFacts): DirectAdmission | undefined
}

/** What is asked for, and how it was addressed. */
type Looked = {
  readonly request: RequestFacts
  readonly origin: Origin
  /** None: there is no such thing, or it does not run. */
  readonly route: Route | undefined
}

/** `caller`: none where nobody is asked who they are. */
type Asked = Looked & { readonly route: Route; readonly caller: Caller | undefined }

export function createDoor(needs: DoorNeeds): Door {
  const { admissions, routes, forwarder, upgrader } = needs
  const { callerOf, mayUse } = admissions
  const proxied = [`${needs.baseUrl}user/`, `${needs.baseUrl}services/`]
  /** Programs read what they are told as JSON (contract §0.4). */
  const formFor = ({ url = '' }: IncomingMessage): 'json' | 'text' =>
    url.startsWith(`${needs.baseUrl}hub/api`) ? 'json' : 'text'
  const policyFor = (origin: Origin, admission: Admission): ExchangePolicy => {
    const { route, right } = admission
    const { proto, host, address, trustedPeer, port } = origin
    const silenceMs = needs.mostSilenceMs?.() ?? 0
    const authorization = authorizationFor(admission)
    const basePath = isAddedRoute(route) ? route.owner.basePath : ''
    return {
      hubCookieNames,
      forwarded: { trustedPeer, address, proto, host, port },
      right,
      ...(silenceMs > 0 ? { quietMs: silenceMs } : {}),
      ...(authorization === undefined ? {} : { authorization }),
      ...(basePath === '' ? {} : { basePath }),
    }
  }

  const authorizationFor = ({ headers, route, caller }: Admission): string | undefined => {
    if (isAddedRoute(route)) return needs.exchange.authorizationForProgram(headers.authorization)
    if (!isServerRoute(route) || !caller) return undefined
    return needs.exchange.authorizationFor(caller, route.owner)
  }

  /** Whatever the table says, no added route leads away from the hub's own paths. */
  const routeOf = (path: string): Route | undefined => {
    if (proxied.some((start) => path.startsWith(start))) return routes.match(path)
    const route = path.startsWith(`${needs.baseUrl}hub/`) ? undefined : routes.match(path)
    return route && isAddedRoute(route) ? route : undefined
  }

  const failed = (thrown: unknown): Refusal => {
    needs.log.error({ error: asError(thrown) }, 'the front door could not decide')
    return thrown instanceof HubError && thrown.code === 'Unavailable' ? 503 : 500
  }

  /** Undefined: the address, or the host, could be read in two ways. */
  const look = (request: RequestFacts): Looked | undefined => {
    const path = withoutQuery(originForm(request))
    if (isAmbiguousPath(path) || namesTwoHosts(request)) return undefined
    const origin = needs.originOf(request)
    dropTossedSession(request, origin)
    return { request, origin, route: routeOf(path) }
  }

  const pass: Door['request'] = (request, response, hub) => {
    const looked = look(request)
    const { route, origin } = looked ?? {}
    const caller = route && callerOf(request.headers, route)
    if (!origin) refuse(response, 400, formFor(request))
    else if (!route || !mayUse(caller, route)) hub(request, response)
    else if (isForged(request, origin, caller)) refuse(response, 403, formFor(request))
    else if (admissions.hasTooMany(caller)) refuse(response, 429, formFor(request))
    else {
      const admission = admissions.admit({ headers: request.headers, route, caller })
      response.once('close', () => admissions.release(admission))
      forwarder.forward(request, response, { route, policy: policyFor(origin, admission) })
    }
  }

  const passDirectly: Door['admit'] = (request) => {
    const { route, origin } = look(request) ?? {}
    if (!route || !origin || !forwarder.goesThrough(request, route)) return undefined
    const { headers } = request
    const caller = callerOf(headers, route)
    if (!mayUse(caller, route) || isForged(request, origin, caller)) return undefined
    if (admissions.hasTooMany(caller)) return undefined
    const admission = admissions.admit({ headers, route, caller })
    const release = (): void => admissions.release(admission)
    try {
      return { route, policy: policyFor(origin, admission), release }
    } catch (thrown) {
      release()
      throw thrown
    }
  }

  const passUpgrade: Door['upgrade'] = (request, socket, head) => {
    const asked = judge(request)
    if (asked === 424 && asksHowItArrived(request))
      tellArrival(request, socket, needs.originOf(request).trustedPeer)
    else if (typeof asked === 'number') turnAway(socket, statusTexts[asked])
    else {
      const { origin, route, caller } = asked
      const admission = admissions.admit({ headers: request.headers, route, caller })
      socket.once('close', () => admissions.release(admission))
      upgrader.upgrade(request, socket, { head, route, policy: policyFor(origin, admission) })
    }
  }

  /** Who that was is known already; what it is told is about the network in front of the hub. */
  const asksHowItArrived = (request: IncomingMessage): boolean =>
    isWebSocketRequest(request) &&
    originForm(request) === needs.baseUrl + arrivalPath &&
    needs.access.can(callerOf(request.headers, undefined), 'read:hub')

  /** There is no page to lead anybody to: what goes nowhere gets a status. */
  const judge = (request: IncomingMessage): Asked | Refusal => {
    const looked = look(request)
    if (!looked) return 400
    const { origin, route } = looked
    const caller = callerOf(request.headers, route)
    if (!caller && !(route && isPublic(route))) return 401
    if (isForged(request, origin, caller)) return 403
    if (!route) return 424
    if (!mayUse(caller, route)) return 403
    return admissions.hasTooMany(caller) ? 429 : { request, origin, route, caller }
  }

  // All are called by Node's event loop: what they throw would end the hub for everybody.
  return {
    request(request, response, hub) {
      try {
        pass(request, response, hub)
      } catch (thrown) {
        const status = failed(thrown)
        if (response.headersSent) response.destroy()
        else refuse(response, status, formFor(request))
      }
    },

    admit(request) {
      try {
        return passDirectly(request)
      } catch {
        // It is asked again by `request`, which says so to the log and to the client.
        return undefined
      }
    },

    upgrade(request, socket, head) {
      try {
        passUpgrade(request, socket, head)
      } catch (thrown) {
        turnAway(socket, statusTexts[failed(thrown)])
      }
    },
  }
}

/** The absolute form (RFC 9112 §3.2.2) is made the origin form; where it points never decides where bytes go (security S-19). */
function originForm(request: RequestFacts): string {
  const target = request.url ?? '/'
  if (target.startsWith('/')) return target
  const form = target.replace(/^https?:\/\/[^/?#]*/i, '')
  request.url = form.startsWith('/') || form === target ? form : `/${form}`
  return request.url
}

/** Some take the first, some the last (RFC 9112 §3.2). */
const namesTwoHosts = ({ headersDistinct }: RequestFacts): boolean =>
  (headersDistinct['host']?.length ?? 0) > 1

/** Over TLS the login is in the `__Host-` cookie alone: any host beside ours may have set the plain one (security S-05). */
function dropTossedSession({ headers }: RequestFacts, { proto }: Origin): void {
  if (proto === 'https' && headers.cookie !== undefined)
    headers.cookie = withoutCookie(headers.cookie, sessionCookie.plain)
}

/**
 * A page of another origin made the browser ask, and it sent its login along unasked. A token never comes by itself.
 * @see RFC 6455 §10.2, security S-20
 */
function isForged(request: RequestFacts, own: Origin, caller: Caller | undefined): boolean {
  const from = request.headers.origin?.toLowerCase()
  if (from === undefined || caller?.credential.kind !== 'session') return false
  return from !== `${own.proto}://${own.host}`.toLowerCase()
}
