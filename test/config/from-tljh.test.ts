/** TLJH's configuration in our words. */
import t from 'tap'
import { translateTljh } from '../../src/config/from-tljh.ts'

const editsOf = (theirs: unknown): Record<string, unknown> =>
  Object.fromEntries(
    translateTljh(theirs).edits.map((edit) => [
      edit.at.join('.'),
      'value' in edit ? edit.value : undefined,
    ]),
  )

t.test('every setting with a counterpart gets its name and unit', async (t) => {
  const theirs = {
    base_url: 'class',
    users: {
      admin: ['ada'],
      allowed: ['ben', 7],
      banned: ['eve'],
      extra_user_groups: { g: ['a'] },
    },
    limits: { memory: '2G', cpu: 1.5 },
    services: { cull: { enabled: false, timeout: 600, every: 60, max_age: 0, users: false } },
    user_environment: { default_app: 'classic' },
    https: { enabled: true, port: 443, letsencrypt: { email: 'a@b.org', domains: ['b.org'] } },
    http: { port: 80 },
  }
  t.same(editsOf(theirs), {
    base_url: '/class/',
    'spawner.default_url': '/tree',
    'limits.memory': '2G',
    'limits.cpu': 1.5,
    'users.allowed': ['ben', '7'],
    'users.blocked': ['eve'],
    'cull.enabled': false,
    'cull.timeout': '600s',
    'cull.every': '60s',
    'cull.max_age': '0s',
    'https.enabled': true,
    'https.port': 443,
    'https.letsencrypt.email': 'a@b.org',
    'https.letsencrypt.domains': ['b.org'],
    'spawner.systemd.extra_groups': { g: ['a'] },
  })
  t.same(translateTljh(theirs).admins, ['ada'])
})

t.test('HTTPS that is off, defaults and nothing at all change nothing', async (t) => {
  for (const theirs of [{}, null, 'x', { https: { tls: { cert: '/a' } }, base_url: '/' }])
    t.same(editsOf(theirs), {})
})

t.test('a way to log in comes along, or a person is told to look', async (t) => {
  for (const type of ['firstuseauthenticator.FirstUseAuthenticator', 'native'])
    t.same(translateTljh({ auth: { type } }), { edits: [], notes: [], admins: [] })
  const github = { client_id: 'i', client_secret: 's' }
  t.match(editsOf({ auth: { type: 'github', GitHubOAuthenticator: github } }), {
    'auth.type': 'github',
    'auth.github.client_id': 'i',
    'auth.github.client_secret': 's',
  })
  const ldap = { auth: { type: 'ldapauthenticator.LDAPAuthenticator' }, plugin: {} }
  t.match(translateTljh(ldap).notes, [/LDAPAuthenticator.*by hand/, /`plugin`/])
})
