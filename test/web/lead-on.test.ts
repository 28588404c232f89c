/** Forms lead to the registered address of the client that asks, and to no other that an address names. */
import t, { type Test } from 'tap'
import { startHub } from '../support/hub.ts'

async function start(t: Test, base = '/') {
  const service = (name: string, oauth_redirect_uri: string) => ({
    ...{ name, oauth_redirect_uri, api_token: `a-long-token-of-${name}` },
  })
  const services = JSON.stringify([
    service('far', 'https://far.test:8443/deep/callback?x=1'),
    service('near', `${base}services/near/oauth_callback`),
  ])
  const { url } = await startHub(t, { settings: { services, base_url: base } })
  /** Where the forms of the login page may lead, besides this hub. */
  return async (next: string): Promise<string> => {
    const page = await fetch(`${url}/hub/login?${new URLSearchParams({ next }).toString()}`)
    const policy = page.headers.get('content-security-policy') ?? ''
    return /form-action 'self'([^;]*)/.exec(policy)?.[1]?.trim() ?? 'no policy'
  }
}

t.test('the login page leads on to where the client that asks is registered', async (t) => {
  const leadsTo = await start(t)
  const asking = (query: string): string => `/hub/api/oauth2/authorize?${query}`
  const rows: [string, string][] = [
    [asking('client_id=service-far'), 'https://far.test:8443'],
    [asking('client_id=service-far&redirect_uri=https://evil.test/'), 'https://far.test:8443'],
    [asking('client_id=service-near'), ''],
    [asking('client_id=service-near&redirect_uri=https://evil.test/'), ''],
    [asking('client_id=nobody&redirect_uri=https://evil.test/'), ''],
    [asking('client_id=https://evil.test'), ''],
    [asking(''), ''],
    ['/hub/home?client_id=service-far', ''],
    ['/user/ana/hub/api/oauth2/authorize?client_id=service-far', ''],
    ['https://evil.test/hub/api/oauth2/authorize?client_id=service-far', ''],
    ['//evil.test/hub/api/oauth2/authorize?client_id=service-far', ''],
    ['', ''],
  ]
  for (const [next, origin] of rows) t.equal(await leadsTo(next), origin, next)
})

t.test('below a base URL as well', async (t) => {
  const leadsTo = await start(t, '/base/')
  t.equal(
    await leadsTo('/base/hub/api/oauth2/authorize?client_id=service-far'),
    'https://far.test:8443',
  )
  t.equal(await leadsTo('/hub/api/oauth2/authorize?client_id=service-far'), '')
})
