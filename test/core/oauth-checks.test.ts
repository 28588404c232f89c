/** What a request of an OAuth client must look like (contract §2.2, §2.4). */
import { createHash } from 'node:crypto'
import t from 'tap'
import {
  checkExchange,
  checkParameters,
  checkRedirect,
  checkVerifier,
  errorAddress,
  readChallenge,
  Redirectable,
} from '../../src/core/oauth-checks.ts'
import { type OAuthClient, type OAuthCode } from '../../src/model/oauth-provider.ts'

const client: OAuthClient = {
  id: 'jupyterhub-user-ana',
  secretHash: '',
  redirectUri: '/user/ana/oauth_callback',
  description: '',
  allowedScopes: [],
  serverId: 1,
}
const query = (text: string): URLSearchParams => new URLSearchParams(text)

/** The error, as a test expects it. */
const oauthError = (error: string, more: Readonly<Record<string, unknown>> = {}) =>
  ({ error, ...more }) as unknown as Error

t.test('a parameter that comes twice is refused, since nobody knows which one counts', (t) => {
  for (const name of ['client_id', 'response_type', 'redirect_uri', 'scope', 'state'])
    t.throws(() => checkParameters(query(`${name}=a&${name}=b`)), { code: 'InvalidInput' }, name)
  t.doesNotThrow(() => checkParameters(query('client_id=a&state=b&other=1&other=2')))
  t.throws(
    () => checkExchange(query('grant_type=authorization_code&code=a&code=b')),
    oauthError('invalid_request'),
  )
  t.end()
})

t.test('an answer goes to the registered address only, byte for byte', (t) => {
  const given = (redirectUri: string) => () =>
    checkRedirect(client, new URLSearchParams({ redirect_uri: redirectUri }))
  t.doesNotThrow(given('/user/ana/oauth_callback'))
  t.doesNotThrow(() => checkRedirect(client, query('')), 'left out: the registered one')
  const others = [
    '',
    '/user/ana/oauth_callback/',
    '/user/ana/oauth_callback?x=1',
    '/user/ana/oauth_callback#x',
    '/user/ana/../eve/oauth_callback',
    '/user/Ana/oauth_callback',
    '/user/an%61/oauth_callback',
    '//evil.example/user/ana/oauth_callback',
    'http://evil.example/user/ana/oauth_callback',
  ]
  for (const other of others) t.throws(given(other), { code: 'InvalidInput' }, other)
  t.end()
})

t.test('only the code flow, and only challenges that can be checked', (t) => {
  const rows: [text: string, error: string][] = [
    ['', 'invalid_request'],
    ['response_type=token', 'unsupported_response_type'],
    ['response_type=code%20token', 'unsupported_response_type'],
    ['response_type=code&code_challenge=x&code_challenge_method=S512', 'invalid_request'],
    ['response_type=code&code_challenge=&code_challenge_method=S256', 'invalid_request'],
  ]
  for (const [text, error] of rows)
    t.throws(() => readChallenge(query(text)), oauthError(error), text)
  t.same(readChallenge(query('response_type=code')), {
    challenge: undefined,
    challengeMethod: 'plain',
  })
  t.same(readChallenge(query('response_type=code&code_challenge=x')), {
    challenge: 'x',
    challengeMethod: 'plain',
  })
  t.same(readChallenge(query('response_type=code&code_challenge=x&code_challenge_method=S256')), {
    challenge: 'x',
    challengeMethod: 'S256',
  })
  t.end()
})

t.test('the client hears of an error with its own state', (t) => {
  const error = new Redirectable('invalid_scope', 'Not allowed: x & y')
  t.equal(
    errorAddress(client, query('state=a%26b'), error),
    '/user/ana/oauth_callback?error=invalid_scope&error_description=Not+allowed%3A+x+%26+y&state=a%26b',
  )
  t.notMatch(errorAddress(client, query(''), error), /state=/)
  t.end()
})

t.test('other grants than the authorization code are not given', (t) => {
  for (const text of ['', 'grant_type=password', 'grant_type=refresh_token', 'grant_type='])
    t.throws(
      () => checkExchange(query(text)),
      oauthError('unsupported_grant_type', { status: 400 }),
    )
  t.doesNotThrow(() => checkExchange(query('grant_type=authorization_code')))
  t.end()
})

t.test('a code is for whoever can answer its challenge', (t) => {
  const code: OAuthCode = {
    clientId: client.id,
    userId: 1,
    redirectUri: client.redirectUri,
    sessionPublicId: '',
    scopes: [],
    challenge: createHash('sha256').update('verifier').digest('base64url'),
    challengeMethod: 'S256',
    expiresAt: new Date(),
  }
  const plain: OAuthCode = { ...code, challenge: 'verifier', challengeMethod: 'plain' }
  const check = (one: OAuthCode, text: string) => () => checkVerifier(one, query(text))
  for (const one of [code, plain]) {
    t.doesNotThrow(check(one, 'code_verifier=verifier'))
    t.throws(check(one, ''), oauthError('invalid_request', { message: /Code verifier required/ }))
    t.throws(check(one, 'code_verifier='), oauthError('invalid_request'))
    t.throws(check(one, 'code_verifier=other'), oauthError('invalid_grant'))
  }
  t.throws(check(code, `code_verifier=${code.challenge ?? ''}`), oauthError('invalid_grant'))
  const free = { ...code, challenge: undefined }
  t.doesNotThrow(check(free, 'code_verifier=ignored'))
  t.doesNotThrow(check(free, 'redirect_uri=%2Fuser%2Fana%2Foauth_callback'))
  t.throws(
    check(free, 'redirect_uri=%2Fuser%2Feve%2Foauth_callback'),
    oauthError('invalid_request'),
  )
  t.end()
})
