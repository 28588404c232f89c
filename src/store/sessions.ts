/** Sessions: which browsers are logged in. */
import { type Session } from '../model/session.ts'

export interface Sessions {
  findByHash(hash: string): Session | undefined
  listOf(userId: number): Session[]
  create(session: Session): void
  touch(hash: string, at: Date): void
  /** @returns whether there was one. */
  remove(hash: string): boolean
  /** @returns what was removed. */
  removeAllOf(userId: number, except?: string): Session[]
  /** Those past their end at `now` or unused for `idleMs`. @returns what was removed. */
  removeExpired(now: Date, idleMs: number): Session[]
}
