/** What is open to servers and services, and whether those who opened it still may: what has lost its right ends at once. */
import { type IncomingHttpHeaders } from 'node:http'
import { type Access, type Caller } from '../core/access.ts'
import { createCounts } from '../lib/counts.ts'
import { type KeptTunnel, type OpenTunnel } from '../proxy/keeper.ts'
import { type Route } from '../proxy/routes.ts'

/** `caller`: none where nobody is asked who they are. */
export type Asked = {
  readonly headers: IncomingHttpHeaders
  readonly route: Route
  readonly caller: Caller | undefined
}

export type Admission = Asked & {
  /** Aborted when the right to it ends. */
  readonly controller: AbortController
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
  const counts = createCounts()
  /** By whom it concerns. */
  const open = new Map<number | 'services', Set<Admission>>()
  const all = new Set<Admission>()
  /** Of whoever waits for an end. */
  const listeners = new Map<Admission, () => void>()

  const lookAgain = (concerned: number | 'services'): void => {
    for (const admission of open.get(concerned) ?? [])
      if (!isStillAllowed(admission)) admission.controller.abort(new Error('access ended'))
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
    if (isPublic(route)) return true
    const { owner } = route
    return 'service' in owner
      ? access.can(caller, 'access:services', { service: owner.service })
      : access.can(caller, 'access:servers', { server: `${owner.user}/${owner.server}` })
  }

  /** The same caller by the same credential: a cookie that came along does not carry on what a token began. */
  const isStillAllowed = ({ headers, route, caller }: Asked): boolean => {
    const now = callerOf(headers, route)
    return idOf(now) === idOf(caller) && mayUse(now, route)
  }

  const admit: Admissions['admit'] = (asked) => {
    const admission = { ...asked, controller: new AbortController() }
    all.add(admission)
    counts.add(whoOf(asked.caller), 1)
    for (const one of concernedBy(asked)) open.set(one, (open.get(one) ?? new Set()).add(admission))
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
      if (!all.delete(admission)) return
      counts.add(whoOf(admission.caller), -1)
      for (const one of concernedBy(admission)) {
        const known = open.get(one)
        known?.delete(admission)
        if (known?.size === 0) open.delete(one)
      }
      listeners.get(admission)?.()
      listeners.delete(admission)
    },
    readmit({ caller: before, headers }, route) {
      const caller = callerOf(headers, route)
      return idOf(caller) === before && mayUse(caller, route)
        ? admit({ headers, route, caller })
        : undefined
    },
    list: () =>
      Array.from(all, (admission) => ({
        ...describe(admission),
        end: () => admission.controller.abort(new Error('it is kept no longer')),
        onEnd: (listener) => void listeners.set(admission, listener),
      })),
  }
}

function describe({ route, caller, headers }: Admission): Pick<OpenTunnel, 'tunnel' | 'route'> {
  const { cookie, authorization } = headers
  const credentials = {
    ...(cookie === undefined ? {} : { cookie }),
    ...(authorization === undefined ? {} : { authorization }),
  }
  return { tunnel: { prefix: route.prefix, caller: idOf(caller), headers: credentials }, route }
}

export const isPublic = ({ owner }: Route): boolean =>
  'service' in owner && owner.access === 'public'

/** Whose rights decide: the caller's, and those of a server's owner, whose groups may be how others got in. */
function concernedBy({ caller, route: { owner } }: Asked): Set<number | 'services'> {
  if (!caller) return new Set()
  const owners = 'service' in owner ? [] : [owner.userId]
  return new Set(['service' in caller ? ('services' as const) : caller.user.id, ...owners])
}

/** Whose share it is, whatever the credential. */
const whoOf = (caller: Caller | undefined): string => {
  if (!caller) return ''
  return 'service' in caller ? `service ${caller.service.id}` : `user ${caller.user.id}`
}

const idOf = (caller: Caller | undefined): string =>
  caller === undefined
    ? ''
    : `${caller.credential.kind} ${'service' in caller ? caller.service.id : caller.user.id}`
