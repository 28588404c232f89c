/**
 * Logging in with GitHub: who gets in, as whom, and what every kind of trouble at GitHub leads to (S-12, S-33).
 * The GitHub here is a small local server; no real one can be reached.
 */
import t, { type Test } from 'tap'
import { type Identity, type RedirectAuthenticator } from '../../src/auth/authenticator.ts'
import { github } from '../../src/auth/github.ts'
import { ConfigError, HubError } from '../../src/lib/errors.ts'
import { type AuthenticatorNeeds } from '../../src/auth/authenticator.ts'
import { authenticatorContract, quickNeeds } from '../conformance/authenticator.ts'
import { authorizeAt, json, startFakeGitHub, type FakeGitHub } from '../support/fake-github.ts'

const callbackUrl = 'https://hub.example.org/hub/oauth_callback'

const unset = {
  client_id: 'Iv1.client',
  client_secret: 'secret',
  url: 'https://github.com',
  allow_all: false,
  allowed_users: [],
  allowed_organizations: [],
  allowed_teams: [],
  admin_users: [],
}

t.test('contract', (t) => {
  authenticatorContract(t, github, { ...unset, allow_all: true })
  t.end()
})

async function setUp(
  t: Test,
  options: Partial<Record<keyof typeof unset, unknown>>,
  needs: Partial<AuthenticatorNeeds> = {},
): Promise<{
  provider: FakeGitHub
  authenticator: RedirectAuthenticator
  logIn(): Promise<Identity>
}> {
  const provider = await startFakeGitHub()
  t.teardown(() => provider.close())
  provider.account = { id: 583231, login: 'Octocat' }
  const { clientId: client_id, clientSecret: client_secret, url } = provider
  const given = { ...unset, client_id, client_secret, url, ...options }
  const authenticator = github.create(given, quickNeeds(needs))
  if (authenticator.kind !== 'redirect') throw new Error('not a redirect login')
  return {
    provider,
    authenticator,
    async logIn() {
      const { redirectTo, flow } = await authenticator.begin(callbackUrl)
      return authenticator.finish(callbackUrl, await authorizeAt(redirectTo), flow)
    },
  }
}

async function outcome(login: Promise<unknown>): Promise<string> {
  return login.then(
    () => 'in',
    (thrown: unknown) => (thrown instanceof HubError ? thrown.code : String(thrown)),
  )
}

t.test('an allowed user is who their number says, under their login name', async (t) => {
  const { logIn, provider } = await setUp(t, { allowed_users: ['octocat'] })
  const { authState, ...identity } = await logIn()
  t.same(identity, { issuer: provider.url, subject: '583231', name: 'Octocat' })
  t.same(Object.keys(authState ?? {}), ['access_token', 'github_user'])
  t.notOk(
    provider.requests.some((request) => request.includes('/orgs')),
    'nothing else was asked',
  )
})

t.test(
  'a renamed account stays the same person, and whoever takes the old name is another',
  async (t) => {
    const { logIn, provider } = await setUp(t, { allow_all: true })
    const before = await logIn()
    provider.account = { id: 583231, login: 'monalisa' }
    const renamed = await logIn()
    t.same([renamed.issuer, renamed.subject], [before.issuer, before.subject])
    provider.account = { id: 999, login: 'Octocat' }
    t.not((await logIn()).subject, before.subject)
  },
)

t.test(
  'administrators are named, whatever the case, and the others are left as they are',
  async (t) => {
    const { logIn, provider } = await setUp(t, { admin_users: ['OCTOCAT'], allow_all: true })
    t.equal((await logIn()).admin, true)
    provider.account = { id: 1, login: 'octocat-x' }
    t.notOk('admin' in (await logIn()))
  },
)

t.test('somebody else is refused with a sentence that names the account', async (t) => {
  const { logIn, provider } = await setUp(t, { allowed_users: ['octo', 'octocat2', 'octocat/'] })
  await t.rejects(logIn(), { code: 'Forbidden', message: /Octocat/ })
  provider.account = { id: 7, login: 'octoc' }
  t.equal(await outcome(logIn()), 'Forbidden')
})

t.test('members of an allowed organisation get in, whichever page it is on', async (t) => {
  const { logIn, provider } = await setUp(t, { allowed_organizations: ['Physics-101'] })
  provider.pageSize = 2
  const crowd = ['physics-1010', 'physics', '101', 'a', 'b']
  provider.account = { id: 5, login: 'student', orgs: crowd }
  t.equal(await outcome(logIn()), 'Forbidden', 'names that look alike are others')
  provider.account = { id: 5, login: 'student', orgs: [...crowd, 'PHYSICS-101'] }
  t.equal(await outcome(logIn()), 'in')
  provider.account = { id: 5, login: 'student' }
  t.equal(await outcome(logIn()), 'Forbidden', 'no organisation at all')
})

t.test('members of an allowed team get in, of a team of that name elsewhere not', async (t) => {
  const { logIn, provider } = await setUp(t, { allowed_teams: ['uni/tutors'] })
  provider.pageSize = 1
  provider.account = { id: 5, login: 'x', orgs: ['uni'], teams: ['uni/students', 'evil/tutors'] }
  t.equal(await outcome(logIn()), 'Forbidden')
  provider.account = { id: 5, login: 'x', teams: ['uni/students', 'evil/tutors', 'Uni/tutors'] }
  t.equal(await outcome(logIn()), 'in')
})

t.test('read:org is asked for only where memberships count', async (t) => {
  const members = await setUp(t, { allowed_organizations: ['uni'] })
  t.match((await members.authenticator.begin(callbackUrl)).redirectTo, /scope=read%3Aorg/)
  const named = await setUp(t, { allowed_users: ['x'] })
  t.notMatch((await named.authenticator.begin(callbackUrl)).redirectTo, /scope=\w/)
})

t.test('whatever goes wrong with a list of memberships, nobody gets in by it', async (t) => {
  const { logIn, provider } = await setUp(t, { allowed_organizations: ['uni'] })
  provider.account = { id: 5, login: 'x', orgs: ['uni'] }
  const uni = [{ login: 'uni' }]
  type Reply = Parameters<FakeGitHub['instead']['set']>[1]
  const troubles: Record<string, Reply> = {
    'server error with a list': (_q, r) => json(r, 500, uni),
    'forbidden with a list': (_q, r) => json(r, 403, uni),
    'not found': (_q, r) => json(r, 404, { message: 'Not Found' }),
    'a redirect to a list': (_q, r) => void r.writeHead(302, { location: '/api/v3/list' }).end(),
    'no JSON': (_q, r) => void r.end('<html>uni</html>'),
    'an empty answer': (_q, r) => void r.end(),
    null: (_q, r) => json(r, 200, null),
    'an object': (_q, r) => json(r, 200, { login: 'uni' }),
    'an entry without a name': (_q, r) => json(r, 200, [...uni, {}]),
    'an entry that is null': (_q, r) => json(r, 200, [...uni, null]),
    'a next page elsewhere': (_q, r) => {
      r.setHeader('link', '<https://evil.example/?page=2>; rel="next"')
      json(r, 200, [])
    },
    'pages without end': (q, r) => {
      r.setHeader('link', `<${provider.url}${q.url}>; rel="next"`)
      json(r, 200, [])
    },
    'a cut connection': (_q, r) => void r.destroy(),
    'too much': (_q, r) => void r.end(`["${'x'.repeat(5 * 1024 ** 2)}"]`),
  }
  provider.instead.set('/api/v3/list', (_q, r) => json(r, 200, uni))
  for (const [name, answer] of Object.entries(troubles)) {
    provider.instead.set('/api/v3/user/orgs', answer)
    t.equal(await outcome(logIn()), 'Upstream', name)
  }
  t.notOk(provider.requests.includes('GET /api/v3/list'), 'no redirect was followed')
  provider.instead.delete('/api/v3/user/orgs')
  t.equal(await outcome(logIn()), 'in', 'and afterwards all is well')
})

t.test(
  'no list, no login: a configuration that admits nobody is refused, and says what to do',
  async (t) => {
    const create = (options: object): string => {
      try {
        github.create({ ...unset, ...options }, quickNeeds())
        return ''
      } catch (thrown) {
        return thrown instanceof ConfigError ? thrown.message : String(thrown)
      }
    }
    t.match(create({}), /auth\.github\.allowed_users: nobody could log in.*allow_all/)
    t.match(create({ allowed_users: ['', ' '] }), /nobody could log in/)
    t.equal(create({ allow_all: true }), '')
    t.equal(create({ admin_users: ['a'] }), '')
    t.match(
      create({ allowed_teams: ['uni:tutors', 'uni'] }),
      /teams\[0\].*\n.*teams\[1\].*organisation\/team/,
    )
    t.match(create({ allowed_organizations: ['uni:tutors'] }), /allowed_teams/)
    t.match(create({ allow_all: true, url: 'http://git.example.org' }), /https/)
    t.match(create({ allow_all: true, url: 'http://127.0.0.1.evil.example' }), /https/)
  },
)

t.test('the secret is never in a message or an address', async (t) => {
  const { authenticator, provider, logIn } = await setUp(t, { allow_all: true })
  const { redirectTo } = await authenticator.begin(callbackUrl)
  t.notOk(redirectTo.includes(provider.clientSecret))
  provider.instead.set('/login/oauth/access_token', (_q, r) =>
    json(r, 500, { message: provider.clientSecret }),
  )
  const thrown: unknown = await logIn().catch((reason: unknown) => reason)
  t.notOk(
    JSON.stringify([thrown, String((thrown as HubError).cause)]).includes(provider.clientSecret),
  )
})

t.test('addresses of GitHub, of Enterprise servers and of data residency', async (t) => {
  const places: [string, string][] = [
    ['https://github.com', 'https://github.com/login/oauth/authorize'],
    ['https://github.com/', 'https://github.com/login/oauth/authorize'],
    ['https://git.uni.example/', 'https://git.uni.example/login/oauth/authorize'],
    ['https://uni.ghe.com', 'https://uni.ghe.com/login/oauth/authorize'],
  ]
  for (const [url, authorize] of places) {
    const authenticator = github.create({ ...unset, url, allow_all: true }, quickNeeds())
    if (authenticator.kind !== 'redirect') throw new Error('not a redirect login')
    const { redirectTo } = await authenticator.begin(callbackUrl)
    t.ok(redirectTo.startsWith(`${authorize}?`), url)
  }
})

t.test('a profile that does not clearly say who it is makes nobody', async (t) => {
  const { logIn, provider } = await setUp(t, { allow_all: true })
  const profiles: unknown[] = [
    null,
    [],
    {},
    { login: 'x' },
    { id: 5 },
    { id: '5', login: 'x' },
    { id: 0, login: 'x' },
    { id: -1, login: 'x' },
    { id: 1.5, login: 'x' },
    { id: 2 ** 53, login: 'x' },
    { id: 5, login: '' },
    { id: 5, login: ['x'] },
    { id: 5, login: 'oc\u212aocat' },
    { id: 5, login: '../x' },
  ]
  for (const profile of profiles) {
    provider.instead.set('/api/v3/user', (_q, r) => json(r, 200, profile))
    t.equal(await outcome(logIn()), 'Upstream', JSON.stringify(profile))
  }
})

t.test('the access token and the profile are there for whoever keeps them', async (t) => {
  const { logIn, provider } = await setUp(t, { allow_all: true })
  const { authState } = await logIn()
  t.same(authState, {
    access_token: provider.tokens.at(-1),
    github_user: { id: 583231, login: 'Octocat', type: 'User' },
  })
})

t.test('groups are the organisations and teams, asked for whoever may come in', async (t) => {
  const account = { id: 5, login: 'x', orgs: ['Uni', 'b'], teams: ['Uni/tutors', 'b/tutors'] }
  for (const options of [{ allow_all: true }, { admin_users: ['x'] }, { allowed_teams: ['b/tutors'] }]) {
    const { logIn, provider, authenticator } = await setUp(t, options, { manageGroups: true })
    provider.pageSize = 1
    provider.account = account
    t.match((await authenticator.begin(callbackUrl)).redirectTo, /scope=read%3Aorg/)
    t.same((await logIn()).groups, ['uni', 'b', 'uni:tutors', 'b:tutors'])
    provider.account = { id: 5, login: 'x' }
    if (!('allowed_teams' in options)) t.same((await logIn()).groups, [])
    provider.instead.set('/api/v3/user/teams', (_q, r) => json(r, 500, {}))
    t.equal(await outcome(logIn()), 'Upstream', 'unknown is not none')
  } // prettier-ignore
  const { logIn, provider } = await setUp(t, { allowed_organizations: ['uni'] })
  provider.account = account
  t.notOk('groups' in (await logIn()), 'not where nobody wants them')
})
