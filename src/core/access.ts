/** Who makes this request, and what may they do? */
import { type IncomingHttpHeaders } from 'node:http'
import { type ScopeSet, type ScopeTarget } from '../model/scope.ts'
import { type Session } from '../model/session.ts'
import { type Token } from '../model/token.ts'
import { type User } from '../model/user.ts'

export type Credential =
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'token'; readonly token: Token }

/** Whoever makes this request, with expanded scopes. */
export type Principal = {
  readonly user: User
  readonly scopes: ScopeSet
  readonly credential: Credential
}

export interface Access {
  /** A valid `Authorization: token` wins, else the session cookie (contract §0.7). Disabled users are nobody. */
  identify(headers: IncomingHttpHeaders): Principal | undefined
  /** The session cookie only: what pages use. */
  identifySession(headers: IncomingHttpHeaders): Principal | undefined
  can(principal: Principal | undefined, scope: string, target?: ScopeTarget): boolean
  /**
   * JupyterHub's rule (contract §0.5).
   * @throws {HubError} Forbidden: no credential, or the scope is not held in any form; NotFound: held, but not for this target.
   */
  require(
    principal: Principal | undefined,
    scopes: readonly string[],
    target?: ScopeTarget,
  ): Principal
  /** Forgets what it knew of a user, at once: call after any change to sessions, tokens, rights. */
  forget(userId: number): void
}
