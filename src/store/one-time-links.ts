/** One-time links, by the hash of their secret. */
import { type LinkKind, type OneTimeLink } from '../model/one-time-link.ts'

export type NewLink = {
  readonly hash: string
  readonly kind: LinkKind
  readonly userId: number | undefined
  readonly at: Date
  readonly expiresAt: Date
}

export interface OneTimeLinks {
  /** Valid at `now` only. */
  findByHash(hash: string, now: Date): OneTimeLink | undefined
  /** Those still open for these users, for the admin page. */
  listOpen(now: Date): OneTimeLink[]
  /** Replaces older links of the same kind and user. */
  create(link: NewLink): OneTimeLink
  /** Uses it up: the first caller gets it, everyone after undefined. */
  take(hash: string, now: Date): OneTimeLink | undefined
  removeOfKind(kind: LinkKind): void
  removeAllOf(userId: number): void
  removeExpired(now: Date): void
}
