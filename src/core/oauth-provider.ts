/** The hub as OAuth 2 provider: authorize, approve, exchange (RFC 6749 §4.1, RFC 7636; contract §2). */
import { forbidden, invalidInput, OAuthError } from '../lib/errors.ts'
import { equalSecrets, hashSecret, newSecret } from '../lib/secret.ts'
import { DAY, MINUTE, SECOND, type Clock } from '../lib/time.ts'
import { withQuery } from '../lib/url.ts'
import { type OAuthClient, type OAuthCode } from '../model/oauth-provider.ts'
import {
  describeScope,
  expandScopes,
  grantScopes,
  identifyScopes,
  type GroupsOf,
} from '../model/scope.ts'
import { resolveFilter, type ScopeHolder } from '../model/scope-form.ts'
import { type User } from '../model/user.ts'
import { type Store } from '../store/store.ts'
import { type Access, type Principal } from './access.ts'
import {
  checkExchange,
  checkParameters,
  checkRedirect,
  checkVerifier,
  errorAddress,
  readChallenge,
  Redirectable,
} from './oauth-checks.ts'
import { placeOf } from './oauth-place.ts'
import { createRights } from './rights.ts'
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
  /**
   * Issues a code. `request.scopes` may have been narrowed by the person.
   * @returns where to send the browser. @throws {HubError} Forbidden: may not use this client.
   */
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

/** RFC 6749 §4.1.2 recommends ten minutes at most; JupyterHub gives five. */
const codeValidMs = 5 * MINUTE

/** JupyterHub: `oauth_token_expires_in`, as long as its login cookie. The end of the login ends the token before. */
const tokenValidSeconds = (14 * DAY) / SECOND

export function createOAuthProvider(needs: OAuthProviderNeeds): OAuthProvider {
  const { store, clock, groupsOf } = needs
  const rights = createRights({ store, clock })

  const findClient = (query: URLSearchParams): OAuthClient => {
    const client = store.oauthProvider.findClient(query.get('client_id') ?? '')
    if (!client)
      throw invalidInput(
        'The application that sent you here is not known, or does not run any more.',
      )
    return client
  }

  const authorize: OAuthProvider['authorize'] = (principal, query) => {
    checkParameters(query)
    const client = findClient(query)
    checkRedirect(client, query)
    const { holder, owner, isTrusted } = placeOf(client, { principal, ...needs })
    try {
      const challenge = readChallenge(query)
      const asked = askedScopes(client, { query, holder })
      const granted = withinPerson(principal, asked, holder)
      const state = query.get('state') ?? undefined
      const request = {
        client,
        redirectUri: client.redirectUri,
        state,
        scopes: granted,
        ...challenge,
      }
      return {
        request,
        confirm: !isTrusted && !hasAgreed(principal.user, request, holder),
        owner,
        scopeDescriptions: granted.map((scope) => describeScope(scope, holder)),
      }
    } catch (thrown) {
      if (thrown instanceof Redirectable) return { redirectTo: errorAddress(client, query, thrown) }
      throw thrown
    }
  }

  /** @throws {Redirectable} for what this client cannot have, whoever allows it. */
  const askedScopes = (
    client: OAuthClient,
    { query, holder }: { query: URLSearchParams; holder: ScopeHolder },
  ): string[] => {
    const given = (query.get('scope') ?? '').split(' ').filter((scope) => scope !== '')
    if (given.length === 0) return allowedScopes(client, holder)
    // A role's name stands for its scopes, as in JupyterHub since 2.
    const named = given
      .flatMap((name) => rights.findRole(name)?.scopes ?? name)
      .filter((scope) => scope !== 'identify')
    const { denied } = withinClient(client, named, holder)
    if (denied.length > 0)
      throw new Redirectable('invalid_scope', `Not allowed: ${denied.join(' ').slice(0, 200)}`)
    return resolved([...named, ...requiredScopes(holder)], holder)
  }

  const withinClient = (
    client: OAuthClient,
    scopes: readonly string[],
    holder: ScopeHolder,
  ): Granted => {
    const allowed = allowedScopes(client, holder)
    // Whoever may have all of a person's rights may have fewer.
    if (allowed.includes('inherit')) return { granted: [...scopes], denied: [] }
    return grantScopes(scopes, expandScopes(allowed, holder), { holder, groupsOf })
  }

  /** As much of it as the person has. */
  const withinPerson = (
    principal: Principal,
    scopes: readonly string[],
    holder: ScopeHolder,
  ): string[] => {
    const own = [...principal.scopes.expanded(), ...expandScopes(['inherit'], {})]
    return grantScopes(scopes, own, { holder, groupsOf }).granted
  }

  /** Whether a token that they gave this client before, and that is still good, covers this. */
  const hasAgreed = (
    user: User,
    { client, scopes }: { client: OAuthClient; scopes: readonly string[] },
    holder: ScopeHolder,
  ): boolean =>
    store.tokens
      .listOf(user.id, clock.now())
      .filter((token) => token.clientId === client.id)
      .some(({ scopes: given }) => {
        const all = expandScopes([...given, ...requiredScopes(holder)], holder)
        return grantScopes(scopes, all, { holder, groupsOf }).denied.length === 0
      })

  const approve: OAuthProvider['approve'] = (principal, request) => {
    const { client, state } = request
    if (principal.credential.kind !== 'session')
      throw forbidden('Only somebody logged in with a browser can allow this.')
    const { holder } = placeOf(client, { principal, ...needs })
    const asked = [...request.scopes, ...requiredScopes(holder)]
    const { granted } = withinClient(client, resolved(asked, holder), holder)
    const code = newSecret()
    store.oauthProvider.addCode(hashSecret(code), {
      clientId: client.id,
      userId: principal.user.id,
      redirectUri: client.redirectUri,
      sessionPublicId: principal.credential.session.publicId,
      scopes: withinPerson(principal, granted, holder),
      challenge: request.challenge,
      challengeMethod: request.challengeMethod,
      expiresAt: new Date(clock.now().getTime() + codeValidMs),
    })
    return withQuery(client.redirectUri, { code, state })
  }

  const authenticate = (form: URLSearchParams): OAuthClient => {
    const client = store.oauthProvider.findClient(form.get('client_id') ?? '')
    const secretHash = hashSecret(form.get('client_secret') ?? '')
    if (client && equalSecrets(secretHash, client.secretHash)) return client
    throw new OAuthError('invalid_client', 'The client is unknown or its secret is wrong.', 401)
  }

  /** Uses the code up, unless it is another client's: that one may still come for it. */
  const takeCode = (client: OAuthClient, code: string): OAuthCode => {
    const hash = hashSecret(code)
    const taken = store.transaction(() => {
      const found = store.oauthProvider.takeCode(hash)
      if (!found || found.clientId === client.id) return found
      store.oauthProvider.addCode(hash, found)
      return undefined
    })
    if (!taken || taken.expiresAt <= clock.now())
      throw new OAuthError('invalid_grant', 'The code is unknown, used or expired.')
    return taken
  }

  /** Whoever authorized it, if that login still lasts. */
  const userOf = (code: OAuthCode): User => {
    const user = store.users.find(code.userId)
    const now = clock.now()
    const isLoggedIn = store.sessions
      .listOf(code.userId)
      .some((session) => session.publicId === code.sessionPublicId && session.expiresAt > now)
    if (!user || user.disabled || !isLoggedIn)
      throw new OAuthError('invalid_grant', 'The login that this code came from has ended.')
    return user
  }

  return {
    authorize,
    approve,
    exchange(form) {
      checkExchange(form)
      const client = authenticate(form)
      const given = form.get('code') ?? ''
      if (given === '') throw new OAuthError('invalid_request', 'The code is missing.')
      const code = takeCode(client, given)
      checkVerifier(code, form)
      const user = userOf(code)
      const { secret } = needs.tokens.issueForClient({
        user,
        clientId: client.id,
        scopes: code.scopes,
        sessionPublicId: code.sessionPublicId,
        expiresInSeconds: tokenValidSeconds,
      })
      return {
        access_token: secret,
        expires_in: tokenValidSeconds,
        token_type: 'Bearer',
        scope: code.scopes.join(' '),
      }
    },
  }
}

/** What every token of a client may do: tell whose it is, and open the client itself (contract §2.2.4). */
const requiredScopes = ({ user = '', server = '', service }: ScopeHolder): string[] => [
  ...identifyScopes(user),
  service === undefined ? `access:servers!server=${server}` : `access:services!service=${service}`,
]

const allowedScopes = (client: OAuthClient, holder: ScopeHolder): string[] =>
  resolved([...client.allowedScopes, ...requiredScopes(holder)], holder)

/** Each once, with bare filters written out. */
const resolved = (scopes: readonly string[], holder: ScopeHolder): string[] => [
  ...new Set(scopes.map((scope) => resolveFilter(scope, holder) ?? scope)),
]

type Granted = ReturnType<typeof grantScopes>
