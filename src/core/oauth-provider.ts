/** The hub as OAuth 2 provider: authorize, approve, exchange (RFC 6749 §4.1, RFC 7636; contract §2). */
import { type OAuthClient } from '../model/oauth-provider.ts'
import { type Clock } from '../lib/time.ts'
import { type GroupsOf } from '../model/scope.ts'
import { type Store } from '../store/store.ts'
import { type Access, type Principal } from './access.ts'
import { type TokenVerbs } from './tokens.ts'

export type AuthorizeRequest = {
  readonly client: OAuthClient
  readonly redirectUri: string
  readonly state: string | undefined
  readonly scopes: readonly string[]
  readonly challenge: string | undefined
  readonly challengeMethod: 'S256' | 'plain'
}

export type Issued = {
  readonly access_token: string
  readonly expires_in: number
  readonly token_type: 'Bearer'
  readonly scope: string
}

export interface OAuthProvider {
  /**
   * Checks the query of an authorize request (contract §2.2).
   * @throws {HubError} InvalidInput: fatal, show a page and never redirect; Forbidden: may not use this client.
   * @returns a redirect that carries a non-fatal error, or the request and whether the person must confirm.
   */
  authorize(
    principal: Principal,
    query: URLSearchParams,
  ):
    | { redirectTo: string }
    | { request: AuthorizeRequest; confirm: boolean; owner: string; scopeDescriptions: string[] }
  /** Issues a code. @returns where to send the browser. */
  approve(principal: Principal, request: AuthorizeRequest): string
  /** The token endpoint (contract §2.4). @throws {OAuthError} */
  exchange(form: URLSearchParams): Issued
}

export type OAuthProviderNeeds = {
  readonly store: Store
  readonly tokens: TokenVerbs
  readonly access: Access
  readonly clock: Clock
  readonly groupsOf: GroupsOf
}

export function createOAuthProvider(needs: OAuthProviderNeeds): OAuthProvider {
  throw new Error(`not built ${String(needs)}`)
}
