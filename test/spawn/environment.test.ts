/** The environment of a server, whole. */
import t from 'tap'
import { serverEnvironment, type EnvironmentNeeds } from '../../src/spawn/environment.ts'

const needs = (change: Partial<EnvironmentNeeds['settings']> = {}): EnvironmentNeeds => ({
  config: {
    base_url: '/',
    public_url: '',
    spawner: { path: '/opt/env/bin:/usr/bin' },
  },
  settings: { environment: {}, defaultUrl: '', memoryBytes: 0, cpuCores: 0, ...change },
  server: { userName: 'ana', name: '' },
  secret: 'the-secret',
  internalPort: 8123,
})

const plain = {
  PATH: '/opt/env/bin:/usr/bin',
  LANG: 'C.UTF-8',
  JUPYTERHUB_API_TOKEN: 'the-secret',
  JPY_API_TOKEN: 'the-secret',
  JUPYTERHUB_CLIENT_ID: 'jupyterhub-user-ana',
  JUPYTERHUB_USER: 'ana',
  JUPYTERHUB_SERVER_NAME: '',
  JUPYTERHUB_OAUTH_ACCESS_SCOPES: '["access:servers!server=ana/","access:servers!user=ana"]',
  JUPYTERHUB_OAUTH_SCOPES: '["access:servers!server=ana/","access:servers!user=ana"]',
  JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES: '[]',
  JUPYTERHUB_BASE_URL: '/',
  JUPYTERHUB_SERVICE_PREFIX: '/user/ana/',
  JUPYTERHUB_OAUTH_CALLBACK_URL: '/user/ana/oauth_callback',
  JUPYTERHUB_API_URL: 'http://127.0.0.1:8123/hub/api',
  JUPYTERHUB_ACTIVITY_URL: 'http://127.0.0.1:8123/hub/api/users/ana/activity',
  JUPYTERHUB_HOST: '',
  JUPYTERHUB_PUBLIC_URL: '',
  JUPYTERHUB_PUBLIC_HUB_URL: '',
}

t.test('the environment of a default server is exactly this', async (t) => {
  t.strictSame(serverEnvironment(needs()), plain)
})

t.test('names and addresses of a named server of an unusual name below a path', async (t) => {
  const unusual = {
    ...needs({ defaultUrl: '/lab' }),
    server: { userName: 'jo@x ü', name: 'lab-2' },
  }
  const config = { ...unusual.config, base_url: '/jupyter/', public_url: 'https://hub.example.org' }
  t.strictSame(serverEnvironment({ ...unusual, config }), {
    ...plain,
    JUPYTERHUB_DEFAULT_URL: '/lab',
    JUPYTERHUB_CLIENT_ID: 'jupyterhub-user-jo%40x%20%C3%BC-lab-2',
    JUPYTERHUB_USER: 'jo@x ü',
    JUPYTERHUB_SERVER_NAME: 'lab-2',
    JUPYTERHUB_OAUTH_ACCESS_SCOPES:
      '["access:servers!server=jo@x ü/lab-2","access:servers!user=jo@x ü"]',
    JUPYTERHUB_OAUTH_SCOPES: '["access:servers!server=jo@x ü/lab-2","access:servers!user=jo@x ü"]',
    JUPYTERHUB_BASE_URL: '/jupyter/',
    JUPYTERHUB_SERVICE_PREFIX: '/jupyter/user/jo@x%20%C3%BC/lab-2/',
    JUPYTERHUB_OAUTH_CALLBACK_URL: '/jupyter/user/jo@x%20%C3%BC/lab-2/oauth_callback',
    JUPYTERHUB_API_URL: 'http://127.0.0.1:8123/jupyter/hub/api',
    JUPYTERHUB_ACTIVITY_URL: 'http://127.0.0.1:8123/jupyter/hub/api/users/jo@x%20%C3%BC/activity',
    JUPYTERHUB_PUBLIC_URL: 'https://hub.example.org/jupyter/user/jo@x%20%C3%BC/lab-2/',
    JUPYTERHUB_PUBLIC_HUB_URL: 'https://hub.example.org/jupyter/hub/',
  })
})

t.test('settings win over defaults, never over identity, addresses and secrets', async (t) => {
  const environment: Record<string, string> = Object.fromEntries(
    Object.keys(plain).map((name) => [name, 'changed']),
  )
  const given = { ...environment, JUPYTERHUB_SINGLEUSER_APP: 'notebook', HTTPS_PROXY: 'http://p' }
  t.strictSame(serverEnvironment(needs({ environment: given })), {
    ...plain,
    PATH: 'changed',
    LANG: 'changed',
    JUPYTERHUB_SINGLEUSER_APP: 'notebook',
    HTTPS_PROXY: 'http://p',
  })
})

t.test(
  'limits are told in bytes and cores, and no variable that is set says otherwise',
  async (t) => {
    const environment = { MEM_LIMIT: '1', CPU_LIMIT: '64' }
    const limited = { memoryBytes: 2 * 1024 ** 3, cpuCores: 0.5, environment }
    t.match(serverEnvironment(needs(limited)), { MEM_LIMIT: '2147483648', CPU_LIMIT: '0.5' })
    t.notHas(serverEnvironment(needs()), { MEM_LIMIT: '0' })
  },
)

t.test('nothing of the environment of the hub gets in', async (t) => {
  const before = { ...process.env }
  process.env['JUPYTERHUB_CRYPT_KEY'] = 'of the hub'
  process.env['LD_PRELOAD'] = 'x'
  t.strictSame(serverEnvironment(needs()), plain)
  process.env = before
})
