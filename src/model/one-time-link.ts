/** One-time links: claim the hub, accept an invitation, reset a password. */

export type LinkKind = 'claim' | 'invite' | 'reset'

export type OneTimeLink = {
  readonly id: number
  readonly kind: LinkKind
  /** Whose password it sets; undefined for a claim. */
  readonly userId: number | undefined
  readonly userName: string | undefined
  readonly createdAt: Date
  readonly expiresAt: Date
}
