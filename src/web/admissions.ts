/** What is open to servers and services, and whether those who opened it still may: what has lost its right ends at once. */
import { type IncomingHttpHeaders } from 'node:http'
import { type Access, type Caller } from '../core/access.ts'
import { createBag } from '../lib/bag.ts'
import { createCounts } from '../lib/counts.ts'
import { type KeptTunnel, type OpenTunnel } from '../proxy/keeper.ts'
import { endRight, newRight, type Right } from '../proxy/policy.ts'
import { type Route } from '../proxy/routes.ts'

/** `caller`: none where nobody is asked who they are. */
export type Asked = {
  readonly headers: IncomingHttpHeaders
  readonly route: Route
  readonly caller: Caller | undefined
}

export type Admission = Asked & {
  readonly headers: KeptTunnel['headers']
  readonly right: Right
  /** Of whoever waits for its end. */
  onRelease: (() => void) | undefined
  at: number
}

export interface Admissions {
  readonly callerOf: (headers: IncomingHttpHeaders, route: Route | undefined) => Caller | undefined
  readonly mayUse: (caller: Caller | undefined, route: Route) => boolean
  /** Whether whoever this is has as much open as one may. */
  hasTooMany(caller: Caller | undefined): boolean
  /** From here on it is watched, until it is released. */
  admit(asked: Asked): Admission
  release(admission: Admission): void
  /** What a hub before this one let in, if it still may be there: by the same credential of the same caller. */
  readmit(tunnel: KeptTunnel, route: Route): Admission | undefined
  /** As another hub has to know of them, to go on watching. */
  list(): OpenTunnel[]
}

export type AdmissionsNeeds = {
  readonly access: Access
  /** How much one user may have under way at the same time; 0: no limit. */
  readonly mostPerUser?: () => number
}

export function createAdmissions(needs: AdmissionsNeeds): Admissions {
  const { access } = needs
  const counts = createCounts<number>()
  const open = createBag<Admission>()

  const lookAgain = (concerned: number | 'services'): void => {
    for (const one of open.list())
      if (concerns(one, concerned) && !isStillAllowed(one)) endRight(one.right)
  }
  access.onChange(lookAgain)
  access.onServiceChange(() => lookAgain('services'))

  /** Who asks for a service that looks after itself is its own affair (contract §7.1). */
  const callerOf: Admissions['callerOf'] = (headers, route) => {
    if (route && isPublic(route)) return undefined
    const person = access.identify(headers)
    if (person?.credential.kind === 'token') return person
    // A login that came along does not make a service's token pass as it is.
    return access.identifyService(headers) ?? person
  }

  const mayUse: Admissions['mayUse'] = (caller, route) => {
    if (caller && 'user' in caller && caller.openRoute === route) return true
    const { owner } = route
    if ('added' in owner || isPublic(route)) return true
    return 'service' in owner
      ? access.can(caller, 'access:services', { service: owner.service })
      : mayUseServer(caller, route, `${owner.user}/${owner.server}`)
  }

  /**
   * Nearly all that somebody asks for is behind one route. A principal's rights never become less but by who is in a
   * group, and whenever others change, they are another principal; a route that changes is another route.
   */
  const mayUseServer = (caller: Caller | undefined, route: Route, server: string): boolean => {
    if (!access.can(caller, 'access:servers', { server })) return false
    if (caller && 'user' in caller && caller.scopes.hasForGood('access:servers', { server }))
      caller.openRoute = route
    return true
  }

  /** The same caller by the same credential: a cookie that came along does not carry on what a token began. */
  const isStillAllowed = ({ headers, route, caller }: Asked): boolean => {
    const now = callerOf(headers, route)
    return idOf(now) === idOf(caller) && mayUse(now, route)
  }

  const admit: Admissions['admit'] = ({ headers, route, caller }) => {
    const credentials = credentialsOf(headers)
    const ends = { right: newRight(), onRelease: undefined }
    const admission: Admission = { headers: credentials, route, caller, ...ends, at: 0 }
    open.add(admission)
    counts.add(whoOf(caller), 1)
    return admission
  }

  return {
    callerOf,
    mayUse,
    admit,
    hasTooMany(caller) {
      const most = needs.mostPerUser?.() ?? 0
      return most > 0 && caller !== undefined && counts.of(whoOf(caller)) >= most
    },
    release(admission) {
      if (!open.remove(admission)) return
      counts.add(whoOf(admission.caller), -1)
      admission.onRelease?.()
    },
    readmit({ caller: before, headers }, route) {
      const caller = callerOf(headers, route)
      return idOf(caller) === before && mayUse(caller, route)
        ? admit({ headers, route, caller })
        : undefined
    },
    list: () =>
      open.list().map((admission) => ({
        ...describe(admission),
        end: () => endRight(admission.right),
        onEnd: (listener) => void (admission.onRelease = listener),
      })),
  }
}

const describe = ({ route, caller, headers }: Admission): Pick<OpenTunnel, 'tunnel' | 'route'> => ({
  tunnel: { prefix: route.prefix, caller: idOf(caller), headers },
  route,
})

/** All that is needed of the headers later; what else there was is not kept for as long as a WebSocket is open. */
function credentialsOf({ cookie, authorization }: IncomingHttpHeaders): KeptTunnel['headers'] {
  if (authorization === undefined) return cookie === undefined ? {} : { cookie }
  return cookie === undefined ? { authorization } : { cookie, authorization }
}

export const isPublic = ({ owner }: Route): boolean =>
  'service' in owner ? owner.access === 'public' : 'added' in owner

/** Whose rights decide: the caller's, and those of a server's owner, whose groups may be how others got in. */
function concerns({ caller, route: { owner } }: Asked, concerned: number | 'services'): boolean {
  if (!caller) return false
  if ('userId' in owner && owner.userId === concerned) return true
  return ('service' in caller ? 'services' : caller.user.id) === concerned
}

/** Whose share it is, whatever the credential; below zero: a service's. */
const whoOf = (caller: Caller | undefined): number => {
  if (!caller) return 0
  return 'service' in caller ? -caller.service.id : caller.user.id
}

const idOf = (caller: Caller | undefined): string =>
  caller === undefined
    ? ''
    : `${caller.credential.kind} ${'service' in caller ? caller.service.id : caller.user.id}`
