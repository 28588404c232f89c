/** The adapter for passport strategies: one browser, one answer, one identity, and no session without a token (S-59). */
import { Strategy as PassportStrategy } from 'passport'
import t, { type Test } from 'tap'
import { type RedirectAuthenticator } from '../../src/auth/authenticator.ts'
import { github } from '../../src/auth/github.ts'
import { redirectLogin } from '../../src/auth/oauth-login.ts'
import { HubError } from '../../src/lib/errors.ts'
import { quickNeeds } from '../conformance/authenticator.ts'
import { authorizeAt, startFakeGitHub, type FakeGitHub } from '../support/fake-github.ts'

const callbackUrl = 'https://hub.example.org/hub/oauth_callback'

async function setUp(t: Test): Promise<{ provider: FakeGitHub; login: RedirectAuthenticator }> {
  const provider = await startFakeGitHub()
  t.teardown(() => provider.close())
  provider.account = { id: 5, login: 'ana' }
  const login = github.create(
    {
      client_id: provider.clientId,
      client_secret: provider.clientSecret,
      url: provider.url,
      allow_all: true,
      allowed_users: [],
      allowed_organizations: [],
      allowed_teams: [],
      admin_users: [],
    },
    quickNeeds(),
  )
  if (login.kind !== 'redirect') throw new Error('not a redirect login')
  return { provider, login }
}

const codeOf = (thrown: unknown): string =>
  thrown instanceof HubError ? thrown.code : `not a HubError: ${String(thrown)}`

async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(() => 'let in', codeOf)
}

t.test('the provider checks the verifier that this browser keeps', async (t) => {
  const { login, provider } = await setUp(t)
  const { redirectTo, flow } = await login.begin(callbackUrl)
  const query = await authorizeAt(redirectTo)
  const forged = { ...flow, verifier: 'another-verifier-another-verifier-another-1' }
  t.equal(await refusal(login.finish(callbackUrl, query, forged)), 'Upstream')
  t.same(provider.tokens, [])
})

t.test('the answer of one browser is worth nothing in another', async (t) => {
  const { login, provider } = await setUp(t)
  const [attacker, victim] = [await login.begin(callbackUrl), await login.begin(callbackUrl)]
  const query = await authorizeAt(attacker.redirectTo)
  t.equal(await refusal(login.finish(callbackUrl, query, victim.flow)), 'Forbidden')
  query.set('state', victim.flow['state'] ?? '')
  t.equal(await refusal(login.finish(callbackUrl, query, victim.flow)), 'Upstream', 'PKCE holds')
  t.same(provider.tokens, [])
})

t.test('a code works once', async (t) => {
  const { login } = await setUp(t)
  const { redirectTo, flow } = await login.begin(callbackUrl)
  const query = await authorizeAt(redirectTo)
  t.equal((await login.finish(callbackUrl, query, flow)).subject, '5')
  t.equal(await refusal(login.finish(callbackUrl, query, flow)), 'Upstream')
})

t.test('many logins at once do not mix', async (t) => {
  const { login, provider } = await setUp(t)
  const begun = await Promise.all(
    Array.from({ length: 20 }, async (_, id) => {
      const { redirectTo, flow } = await login.begin(callbackUrl)
      return { id: id + 1, redirectTo, flow }
    }),
  )
  const answered = []
  for (const one of begun) {
    provider.account = { id: one.id, login: `user${one.id}` }
    answered.push({ ...one, query: await authorizeAt(one.redirectTo) })
  }
  const identities = await Promise.all(
    answered.map(({ query, flow }) => login.finish(callbackUrl, query, flow)),
  )
  t.same(
    identities.map(({ name, subject }) => [name, subject]),
    begun.map(({ id }) => [`user${id}`, String(id)]),
  )
})

t.test('the provider is not asked about an answer that is not ours', async (t) => {
  const { login, provider } = await setUp(t)
  const { flow } = await login.begin(callbackUrl)
  await refusal(login.finish(callbackUrl, new URLSearchParams('code=x&state=y'), flow))
  t.same(provider.requests, [])
})

type Reported = {
  success(identity?: unknown): void
  fail(challenge?: unknown): void
  pass(): void
  error(thrown: unknown): void
  redirect(url: string): void
}

/** A strategy that does as it is told. */
function toldTo(act: (running: Reported) => void): RedirectAuthenticator {
  const base = new PassportStrategy()
  return redirectLogin({
    label: 'Test',
    strategy: () =>
      Object.assign(Object.create(base) as PassportStrategy, {
        authenticate(this: Reported) {
          act(this)
        },
      }),
  })
}

const flow = { state: 'a-state' }
const query = new URLSearchParams('code=1&state=a-state')

t.test('only an identity is one', async (t) => {
  const whole = { issuer: 'i', subject: 's', name: 'n' }
  t.same(await toldTo((s) => s.success(whole)).finish(callbackUrl, query, flow), whole)
  const others = [
    undefined,
    false,
    true,
    null,
    'ana',
    {},
    { ...whole, subject: '' },
    { ...whole, issuer: 5 },
  ]
  for (const other of others)
    t.equal(
      await refusal(toldTo((s) => s.success(other)).finish(callbackUrl, query, flow)),
      'Upstream',
      JSON.stringify(other),
    )
})

t.test('every other end of a strategy refuses', async (t) => {
  const ends: [string, (s: Reported) => void, string][] = [
    ['fail', (s) => s.fail({ message: 'no' }), 'Forbidden'],
    ['fail without a word', (s) => s.fail(), 'Forbidden'],
    ['pass', (s) => s.pass(), 'Upstream'],
    ['redirect', (s) => s.redirect('https://evil.example/'), 'Upstream'],
    ['error', (s) => s.error(new Error('secret token xyz')), 'Upstream'],
    ['error that is none', (s) => s.error('x'), 'Upstream'],
    [
      'throw',
      () => {
        throw new TypeError('x')
      },
      'Upstream',
    ],
    [
      'error, then success',
      (s) => {
        s.error(new Error('x'))
        s.success({ issuer: 'i', subject: 's', name: 'n' })
      },
      'Upstream',
    ],
  ]
  for (const [name, act, code] of ends)
    t.equal(await refusal(toldTo(act).finish(callbackUrl, query, flow)), code, name)
})

t.test("the provider's own words are for the log, shortened, and not for the page", async (t) => {
  const words = `<b>call 0900 1234</b>${'x'.repeat(5000)}`
  const thrown: unknown = await toldTo((s) => s.fail({ message: words }))
    .finish(callbackUrl, query, flow)
    .catch((reason: unknown) => reason)
  if (!(thrown instanceof HubError)) throw new Error('not refused')
  t.notMatch(thrown.message, /0900/)
  t.match(String(thrown.cause), /0900/)
  t.ok(String(thrown.cause).length < 300)
})

t.test('a strategy that cannot begin says so', async (t) => {
  t.equal(await refusal(toldTo((s) => s.success({})).begin(callbackUrl)), 'Upstream')
})
