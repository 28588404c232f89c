/** The token endpoint over HTTP (contract §2.4). */
import t from 'tap'
import { startApi } from '../support/api.ts'

const path = '/hub/api/oauth2/token'
const form = { 'content-type': 'application/x-www-form-urlencoded' }

t.test('a server changes a code for a token, and the token tells whose it is', async (t) => {
  const { nobody, withToken, addUser, serverOf, context, logIn, asSession } = await startApi(t)
  const ana = addUser('ana')
  const secret = context.tokens.issueForServer(serverOf(ana))
  const principal = asSession(logIn(ana))
  if (!principal) throw new Error('not logged in')
  const query = new URLSearchParams({ client_id: 'jupyterhub-user-ana', response_type: 'code' })
  const answer = context.oauthProvider.authorize(principal, query)
  if ('redirectTo' in answer) throw new Error(answer.redirectTo)
  const location = context.oauthProvider.approve(principal, answer.request)
  const code = new URL(location, 'http://hub').searchParams.get('code') ?? ''
  const body = new URLSearchParams({
    client_id: 'jupyterhub-user-ana',
    client_secret: secret,
    grant_type: 'authorization_code',
    redirect_uri: '/user/ana/oauth_callback',
    code,
  })
  const headers = { ...form, authorization: `token ${secret}` }
  const { status, json, headers: sent } = await nobody('POST', path, body.toString(), headers)
  t.equal(status, 200)
  t.match(sent.get('content-type'), /^application\/json/)
  t.equal(sent.get('cache-control'), 'no-store')
  t.equal(sent.get('pragma'), 'no-cache')
  t.match(json, { token_type: 'Bearer', expires_in: 1_209_600, scope: String })
  const user = await withToken(json.access_token)('GET', '/hub/api/user')
  t.match(user.json, {
    name: 'ana',
    session_id:
      principal.credential.kind === 'session' ? principal.credential.session.publicId : '',
  })
  t.ok((user.json.scopes as string[]).includes('access:servers!server=ana/'))
  const again = await nobody('POST', path, body.toString(), headers)
  t.match(again, { status: 400, json: { error: 'invalid_grant', error_description: String } })
})

t.test('who cannot prove to be the client is turned away', async (t) => {
  const { nobody, inBrowser, addUser, logIn } = await startApi(t)
  const body = 'grant_type=authorization_code&client_id=x&client_secret=y&code=z'
  const { status, json, headers } = await nobody('POST', path, body, form)
  t.equal(status, 401)
  t.equal(json.error, 'invalid_client')
  t.equal(headers.get('www-authenticate'), 'Bearer error="invalid_client"')
  const browser = inBrowser(logIn(addUser('admin')))
  t.equal((await browser('POST', path, body, form)).status, 401, 'a login is no help')
  t.match(await nobody('POST', path, '', form), {
    status: 400,
    json: { error: 'unsupported_grant_type' },
  })
  t.match(await nobody('POST', path, `${body}&code=q`, form), {
    status: 400,
    json: { error: 'invalid_request' },
  })
  t.equal((await nobody('GET', path)).status, 405)
})
