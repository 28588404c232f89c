/** The hub as OAuth 2 provider: clients, codes, and the comparisons of RFC 6749 and RFC 7636. */
import { createHash, timingSafeEqual } from 'node:crypto'

export type OAuthClient = {
  readonly id: string
  readonly secretHash: string
  /** Exactly one; a bare path for servers. Compared byte for byte. */
  readonly redirectUri: string
  readonly description: string
  readonly allowedScopes: readonly string[]
  readonly serverId: number | undefined
  /** Of a service instead of a server. */
  readonly serviceId?: number | undefined
  /** Nobody is asked whether it may. */
  readonly noConfirm?: boolean
}

export type ChallengeMethod = 'S256' | 'plain'

export type OAuthCode = {
  readonly clientId: string
  readonly userId: number
  readonly redirectUri: string
  readonly sessionPublicId: string
  readonly scopes: readonly string[]
  readonly challenge: string | undefined
  readonly challengeMethod: ChallengeMethod
  readonly expiresAt: Date
}

/** Whether `verifier` answers `challenge`. @see RFC 7636 §4.6 */
export function verifierMatches(
  verifier: string,
  challenge: string,
  method: ChallengeMethod,
): boolean {
  const answer =
    method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url')
  const given = Buffer.from(answer)
  const wanted = Buffer.from(challenge)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
