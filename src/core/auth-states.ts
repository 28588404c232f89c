/** Auth state: what an authenticator learnt of a user and somebody needs later, kept encrypted (contract §7.6). */
import { type Log } from '../lib/log.ts'
import { type Sealer } from '../lib/sealer.ts'
import { type Store } from '../store/store.ts'

export type AuthState = Readonly<Record<string, unknown>>

export interface AuthStates {
  /** Whether anything is kept at all. */
  readonly isOn: boolean
  /** Undefined: there is none, or nobody can read it any more, which is logged. */
  find(userId: number): AuthState | undefined
  /** In the place of what was kept; undefined removes that, and so does anything while nothing is kept. */
  keep(userId: number, state: AuthState | undefined): void
  /** Encrypts with the newest key whatever was encrypted with an older one. */
  renew(): void
}

export type AuthStateNeeds = {
  readonly store: Pick<Store, 'authStates' | 'transaction'>
  /** Undefined: nothing is kept. */
  readonly sealer: Sealer | undefined
  readonly log: Log
}

/** Renewed in one go: each is a write, and others wait meanwhile. */
const batchSize = 500

export function createAuthStates({ store, sealer, log }: AuthStateNeeds): AuthStates {
  const open = (userId: number, sealed: string): string | undefined => {
    const text = sealer?.open(sealed, placeOf(userId))
    if (text === undefined) log.warn({ userId }, 'auth state cannot be read')
    return text
  }

  const renewAfter = (userId: number, renewing: Sealer): number | undefined => {
    const states = store.authStates.listAfter(userId, batchSize)
    store.transaction(() => {
      for (const { userId: id, sealed } of states.filter(
        (one) => !renewing.isOfNewestKey(one.sealed),
      )) {
        const text = open(id, sealed)
        if (text !== undefined) store.authStates.save(id, renewing.seal(text, placeOf(id)))
      }
    })
    return states.at(-1)?.userId
  }

  return {
    isOn: sealer !== undefined,
    find(userId) {
      const sealed = sealer && store.authStates.find(userId)
      const text = sealed === undefined ? undefined : open(userId, sealed)
      return text === undefined ? undefined : (JSON.parse(text) as AuthState)
    },
    keep(userId, state) {
      if (!sealer || state === undefined) store.authStates.remove(userId)
      else store.authStates.save(userId, sealer.seal(JSON.stringify(state), placeOf(userId)))
    },
    renew() {
      let last: number | undefined = 0
      while (sealer && last !== undefined) last = renewAfter(last, sealer)
    },
  }
}

/** Ids are never used again: what was kept of one user is never read as another's. */
const placeOf = (userId: number): string => `auth state of user ${userId}`
