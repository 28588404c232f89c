/** Sessions: begin, end, end everywhere; and telling those who hold connections open. */
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
  expire(): void
  /** Runs once when the session ends, whyever; returns a function that stops listening. */
  onEnd(hash: string, listener: () => void): () => void
}
