/** What requests of OAuth clients must look like, whoever makes them (RFC 6749 §3.1, §4.1.3; RFC 7636 §4.6). */
import { invalidInput, OAuthError } from '../lib/errors.ts'
import { withQuery } from '../lib/url.ts'
import {
  verifierMatches,
  type ChallengeMethod,
  type OAuthClient,
  type OAuthCode,
} from '../model/oauth-provider.ts'

/** A non-fatal error of an authorize request: the client hears of it through the browser (RFC 6749 §4.1.2.1). */
export class Redirectable extends Error {
  override readonly name = 'Redirectable'
  readonly error: string

  constructor(error: string, description: string) {
    super(description)
    this.error = error
  }
}

/** Parameters that must not be repeated (RFC 6749 §3.1, RFC 7636 §4.3). */
const singleParameters = [
  'client_id',
  'response_type',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
]

/** @throws {HubError} InvalidInput when a parameter is repeated. */
export function checkParameters(query: URLSearchParams): void {
  const repeated = singleParameters.find((name) => query.getAll(name).length > 1)
  if (repeated !== undefined) throw invalidInput(`The parameter ${repeated} is repeated.`)
}

/** Byte for byte: a look-alike would receive the code (RFC 9700 §2.1). @throws {HubError} InvalidInput */
export function checkRedirect(client: OAuthClient, query: URLSearchParams): void {
  const redirectUri = query.get('redirect_uri')
  if (redirectUri !== null && redirectUri !== client.redirectUri)
    throw invalidInput('The application that sent you here wants its answer at a wrong address.')
}

/** @throws {Redirectable} @see RFC 7636 §4.4.1 */
export function readChallenge(query: URLSearchParams): {
  readonly challenge: string | undefined
  readonly challengeMethod: ChallengeMethod
} {
  const responseType = query.get('response_type')
  if (responseType === null) throw new Redirectable('invalid_request', 'Missing response_type.')
  if (responseType !== 'code')
    throw new Redirectable('unsupported_response_type', 'Only response_type=code is supported.')
  const challenge = query.get('code_challenge') ?? undefined
  const challengeMethod = query.get('code_challenge_method') ?? 'plain'
  if (challenge === '') throw new Redirectable('invalid_request', 'The code challenge is empty.')
  if (challengeMethod !== 'S256' && challengeMethod !== 'plain')
    throw new Redirectable('invalid_request', 'Transform algorithm not supported.')
  return { challenge, challengeMethod }
}

/** Where the browser takes a non-fatal error. */
export function errorAddress(
  client: OAuthClient,
  query: URLSearchParams,
  { error, message }: Redirectable,
): string {
  const state = query.get('state') ?? undefined
  return withQuery(client.redirectUri, { error, error_description: message, state })
}

/** The form of a token request. @throws {OAuthError} */
export function checkExchange(form: URLSearchParams): void {
  const seen = new Set<string>()
  const repeated = [...form.keys()].find((name) => seen.size === seen.add(name).size)
  if (repeated !== undefined)
    throw new OAuthError('invalid_request', `The parameter ${repeated.slice(0, 40)} is repeated.`)
  if (form.get('grant_type') !== 'authorization_code')
    throw new OAuthError('unsupported_grant_type', 'Only authorization_code is supported.')
}

/** Whether whoever brings a code is who asked for it. A challenge makes the verifier necessary. @throws {OAuthError} */
export function checkVerifier(code: OAuthCode, form: URLSearchParams): void {
  const redirectUri = form.get('redirect_uri')
  if (redirectUri !== null && redirectUri !== code.redirectUri)
    throw new OAuthError('invalid_request', 'Mismatching redirect URI.')
  if (code.challenge === undefined) return
  const verifier = form.get('code_verifier') ?? ''
  if (verifier === '') throw new OAuthError('invalid_request', 'Code verifier required.')
  if (!verifierMatches(verifier, code.challenge, code.challengeMethod))
    throw new OAuthError('invalid_grant', 'The code verifier does not fit.')
}
