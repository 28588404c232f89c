/** Logging in at a provider: the browser's part. */
import t, { type Test } from 'tap'
import { type RedirectAuthenticator } from '../../../src/auth/authenticator.ts'
import { forbidden } from '../../../src/lib/errors.ts'
import { startPages, wordsOf, type TestPages } from '../../support/pages.ts'

/** A provider that knows everybody who brings the state back. */
const provider: RedirectAuthenticator = {
  kind: 'redirect',
  label: 'GitHub',
  begin: (callbackUrl) =>
    Promise.resolve({
      redirectTo: `https://provider.example/authorize?to=${encodeURIComponent(callbackUrl)}`,
      flow: { state: 'the state' },
    }),
  finish: (_callbackUrl, query, flow) =>
    query.get('state') === flow['state']
      ? Promise.resolve({ issuer: 'https://provider.example', subject: '7', name: 'ana' })
      : Promise.reject(forbidden('This login did not begin here.')),
}

const startWithProvider = (t: Test): Promise<TestPages> =>
  startPages(t, { authenticator: provider })

t.test('the login page has a button that leads to the provider, and no password', async (t) => {
  const pages = await startWithProvider(t)
  const page = await (await pages.browser()).open('/hub/login?next=/hub/home')
  t.match(page.text, 'href="/hub/oauth_login?next=%2Fhub%2Fhome"')
  t.match(wordsOf(page), /Log in with GitHub/)
  t.notMatch(page.text, /type="password"/)
})

t.test('who comes back with what was sealed in their browser is logged in', async (t) => {
  const pages = await startWithProvider(t)
  const ana = await pages.browser()
  const out = await ana.send('/hub/oauth_login?next=/hub/home', { stay: true })
  t.equal(
    out.headers.location,
    `https://provider.example/authorize?to=${encodeURIComponent(`${pages.url}/hub/oauth_callback`)}`,
  )
  t.match(
    ana.cookies.get('littlehub-login-flow')?.attributes,
    /Max-Age=600; Path=\/hub\/oauth_callback; HttpOnly; SameSite=Lax/,
  )
  const back = await ana.send('/hub/oauth_callback?code=x&state=the+state', { stay: true })
  t.match(back, { status: 302, headers: { location: '/hub/home' } })
  t.notOk(ana.cookies.has('littlehub-login-flow'))
  t.equal((await ana.open('/hub/home')).address, '/hub/home')
})

t.test('a callback in another browser logs nobody in', async (t) => {
  const pages = await startWithProvider(t)
  const victim = await pages.browser()
  const page = await victim.open('/hub/oauth_callback?code=x&state=the+state')
  t.equal(page.status, 403)
  t.match(wordsOf(page), /began in another browser/)
  t.notOk(victim.cookies.has('littlehub-session'))
})

t.test('what the provider refuses is told on the login page', async (t) => {
  const pages = await startWithProvider(t)
  const ana = await pages.browser()
  await ana.send('/hub/oauth_login', { stay: true })
  const page = await ana.open('/hub/oauth_callback?code=x&state=another')
  t.equal(page.status, 403)
  t.match(wordsOf(page), /This login did not begin here.*Log in with GitHub/)
})

t.test('a hub with passwords has no such way in', async (t) => {
  const pages = await startPages(t)
  const stranger = await pages.browser()
  t.equal((await stranger.open('/hub/oauth_login')).status, 404)
  t.equal((await stranger.open('/hub/oauth_callback?code=x')).status, 404)
})
