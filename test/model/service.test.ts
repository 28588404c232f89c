import t from 'tap'
import {
  hasOAuthClient,
  serviceClientId,
  servicePath,
  serviceProblem,
  serviceRoutePrefix,
  type ServiceSpec,
} from '../../src/model/service.ts'

const problemOf = (spec: Partial<ServiceSpec>): string | undefined =>
  serviceProblem({ name: 'grader', ...spec })

t.test('names and addresses of services', async (t) => {
  t.equal(servicePath('/hub-a/', 'a@b'), '/hub-a/services/a@b/')
  t.equal(serviceRoutePrefix('/', 'a~b'), '/services/a~b/')
  t.equal(serviceClientId('grader'), 'service-grader')
})

t.test('a whole service has no problem', async (t) => {
  const whole = {
    admin: true,
    url: 'https://10.0.0.1:9000/deep',
    apiToken: 'x'.repeat(8),
    oauthClientId: 'service-other',
    oauthRedirectUri: '/services/grader/oauth_callback',
  }
  t.equal(problemOf(whole), undefined)
  t.equal(problemOf({ oauthRedirectUri: 'https://elsewhere.example/cb?x=1' }), undefined)
})

t.test('a name is a part of paths, scopes and client ids, and nothing more', async (t) => {
  for (const name of ['', ' a', 'a b', 'a/b', '.a', 'a!b', 'ä', 'a'.repeat(256)])
    t.match(problemOf({ name }), /^name: /, name)
})

t.test('a URL is an http address and no more than that', async (t) => {
  for (const url of [
    '',
    'a',
    '/path',
    'ftp://a',
    'unix:///a',
    'http://u:p@a',
    'http://a/?',
    'http://a/#',
  ])
    t.match(problemOf({ url }), /^url: /, url)
})

t.test('a chosen token is long enough and fits a header', async (t) => {
  for (const apiToken of ['', '1234567', 'with a space', 'umlaut-äöü', 'line\nbreak'])
    t.match(problemOf({ apiToken }), /^api_token: /, apiToken)
})

t.test('an OAuth client of a service cannot be that of a server', async (t) => {
  t.match(problemOf({ oauthClientId: 'jupyterhub-user-ana' }), /^oauth_client_id: .*service-/)
  t.match(problemOf({ oauthClientId: 'service-' }), /^oauth_client_id: /)
})

t.test('a redirect goes to a path of this site or to an http address', async (t) => {
  for (const oauthRedirectUri of [
    '',
    'a',
    '//evil.example',
    '/\\evil',
    'javascript:1',
    '/a#b',
    '/a b',
  ])
    t.match(problemOf({ oauthRedirectUri }), /^oauth_redirect_uri: /, oauthRedirectUri)
})

t.test('whatever has a URL or asks for it logs people in with this hub', async (t) => {
  t.equal(hasOAuthClient({ name: 'a' }), false)
  t.equal(hasOAuthClient({ name: 'a', oauthClientAllowedScopes: [] }), false)
  t.equal(hasOAuthClient({ name: 'a', url: 'http://a' }), true)
  t.equal(hasOAuthClient({ name: 'a', oauthClientId: 'service-a' }), true)
  t.equal(hasOAuthClient({ name: 'a', oauthRedirectUri: '/a' }), true)
  t.equal(hasOAuthClient({ name: 'a', oauthClientAllowedScopes: ['self'] }), true)
})
