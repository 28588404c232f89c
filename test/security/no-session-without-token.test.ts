/** S-59: whatever the provider answers, without its token and a clear identity nobody is logged in. */
import t from 'tap'
import { github } from '../../src/auth/github.ts'
import { HubError } from '../../src/lib/errors.ts'
import { quickNeeds } from '../conformance/authenticator.ts'
import { authorizeAt, json, startFakeGitHub, type FakeGitHub } from '../support/fake-github.ts'

const callbackUrl = 'https://hub.example.org/hub/oauth_callback'
const tokenPath = '/login/oauth/access_token'
type Reply = Parameters<FakeGitHub['instead']['set']>[1]

const answers: Record<string, Reply> = {
  'a fault with status 200': (_q, r) => json(r, 200, { error: 'bad_verification_code' }),
  'a fault beside a token': (_q, r) => json(r, 400, { error: 'x', access_token: 'gho_x' }),
  'no token': (_q, r) => json(r, 200, { token_type: 'bearer' }),
  'an empty token': (_q, r) => json(r, 200, { access_token: '' }),
  'a token that is none': (_q, r) => json(r, 200, { access_token: null }),
  null: (_q, r) => json(r, 200, null),
  'a list': (_q, r) => json(r, 200, []),
  nothing: (_q, r) => void r.end(),
  'a page': (_q, r) => void r.end('<html>access_token=</html>'),
  'a redirect': (_q, r) => void r.writeHead(302, { location: '/elsewhere' }).end(),
  trouble: (_q, r) => void r.writeHead(503).end(),
  'a cut connection': (_q, r) => void r.destroy(),
  'a token that nobody knows': (_q, r) => json(r, 200, { access_token: 'gho_unknown' }),
}

t.test('no answer of the provider but its token logs anybody in', async (t) => {
  const provider = await startFakeGitHub()
  t.teardown(() => provider.close())
  const options = {
    client_id: provider.clientId,
    client_secret: provider.clientSecret,
    url: provider.url,
    allow_all: true,
    allowed_users: [],
    allowed_organizations: [],
    allowed_teams: [],
    admin_users: [],
  }
  const login = github.create(options, quickNeeds())
  if (login.kind !== 'redirect') throw new Error('not a redirect login')
  const logIn = async (): Promise<string> => {
    const { redirectTo, flow } = await login.begin(callbackUrl)
    return login.finish(callbackUrl, await authorizeAt(redirectTo), flow).then(
      () => 'in',
      (thrown: unknown) => (thrown instanceof HubError ? thrown.code : String(thrown)),
    )
  }
  t.equal(await logIn(), 'Forbidden', 'somebody who clicked on Cancel')
  provider.account = { id: 5, login: 'ana' }
  for (const [name, answer] of Object.entries(answers)) {
    provider.instead.set(tokenPath, answer)
    t.equal(await logIn(), 'Upstream', name)
  }
  provider.instead.delete(tokenPath)
  t.equal(await logIn(), 'in', 'and with the token they are in')
})
