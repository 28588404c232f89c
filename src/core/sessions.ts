/** Sessions: begin, end, end everywhere. */
import { hashSecret, newId, newSecret } from '../lib/secret.ts'
import { type Clock } from '../lib/time.ts'
import { type Store } from '../store/store.ts'
import { type Access } from './access.ts'
import { type Events } from './events.ts'
import { type Session } from '../model/session.ts'
import { type User } from '../model/user.ts'

/** Where a login came from. */
export type Origin = { readonly address: string; readonly userAgent: string }

export type NewSession = {
  readonly session: Session
  /** The cookie's value; shown once. */
  readonly secret: string
}

export interface SessionVerbs {
  begin(user: User, origin: Origin): NewSession
  /** Logs out one browser: its session and every token issued in it. */
  end(session: Session): void
  /** Logs out everywhere. `except` keeps one session. */
  endAllOf(userId: number, except?: Session): void
  /** Whether any has expired by what is written down; its last use may only be noted. */
  mayExpire(): boolean
  /** Removes what has expired, at most so many. @returns whether there may be more. */
  expire(most: number): boolean
}

export type SessionNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly access: Access
  readonly events: Events
  readonly idleTimeoutMs: number
  readonly maxAgeMs: number
}

/** Longest browser name kept. */
const userAgentLength = 200

export function createSessions(needs: SessionNeeds): SessionVerbs {
  const { store, clock, access, events } = needs

  return {
    begin(user, origin) {
      const secret = newSecret()
      const now = clock.now()
      const session: Session = {
        hash: hashSecret(secret),
        userId: user.id,
        publicId: newId(),
        createdAt: now,
        seenAt: now,
        expiresAt: new Date(now.getTime() + needs.maxAgeMs),
        address: origin.address,
        userAgent: origin.userAgent.slice(0, userAgentLength),
      }
      store.sessions.create(session)
      return { session, secret }
    },
    end(session) {
      store.transaction(() => {
        store.sessions.remove(session.hash)
        store.tokens.removeOfSession(session.publicId)
      })
      access.forget(session.userId)
      events.loggedOut(session.userId)
    },
    endAllOf(userId, except) {
      store.transaction(() => {
        for (const session of store.sessions.removeAllOf(userId, except?.hash))
          store.tokens.removeOfSession(session.publicId)
      })
      access.forget(userId)
    },
    mayExpire: () => store.sessions.hasExpired(clock.now(), needs.idleTimeoutMs),
    expire(most) {
      const ended = store.transaction(() => {
        const removed = store.sessions.removeExpired(clock.now(), needs.idleTimeoutMs, most)
        for (const session of removed) store.tokens.removeOfSession(session.publicId)
        return removed
      })
      for (const session of ended) access.forget(session.userId)
      return ended.length === most
    },
  }
}
