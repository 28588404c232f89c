import t from 'tap'
import { serviceEnvironment } from '../../src/spawn/service-environment.ts'

const needs = {
  config: { base_url: '/b/', public_url: '', spawner: { path: '/env/bin:/bin' } },
  service: { name: 'grader', url: 'http://127.0.0.1:9000' },
  more: {},
  client: {
    id: 'service-grader',
    redirectUri: '/b/services/grader/oauth_callback',
    allowedScopes: ['self'],
  },
  secret: 'the secret',
  internalPort: 8081,
}

t.test('a service learns who it is, where its hub is, and its secret', async (t) => {
  t.match(serviceEnvironment(needs), {
    PATH: '/env/bin:/bin',
    JUPYTERHUB_SERVICE_NAME: 'grader',
    JUPYTERHUB_API_TOKEN: 'the secret',
    JUPYTERHUB_API_URL: 'http://127.0.0.1:8081/b/hub/api',
    JUPYTERHUB_BASE_URL: '/b/',
    JUPYTERHUB_SERVICE_PREFIX: '/b/services/grader/',
    JUPYTERHUB_SERVICE_URL: 'http://127.0.0.1:9000',
    JUPYTERHUB_CLIENT_ID: 'service-grader',
    JUPYTERHUB_OAUTH_CALLBACK_URL: '/b/services/grader/oauth_callback',
    JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES: '["self"]',
    JUPYTERHUB_OAUTH_ACCESS_SCOPES: '["access:services","access:services!service=grader"]',
    JUPYTERHUB_OAUTH_SCOPES: '["access:services","access:services!service=grader"]',
    JUPYTERHUB_PUBLIC_URL: '',
    JUPYTERHUB_USER: '',
  })
  t.notOk('JUPYTERHUB_ACTIVITY_URL' in serviceEnvironment(needs))
})

t.test('what the configuration adds never changes who it is', async (t) => {
  const more = {
    PATH: '/mine',
    A: '1',
    JUPYTERHUB_API_TOKEN: 'other',
    JUPYTERHUB_SERVICE_NAME: 'x',
  }
  t.match(serviceEnvironment({ ...needs, more }), {
    ...{ PATH: '/mine', A: '1' },
    ...{ JUPYTERHUB_API_TOKEN: 'the secret', JUPYTERHUB_SERVICE_NAME: 'grader' },
  })
})

t.test('one without a URL logs nobody in; a public address is told', async (t) => {
  const config = { ...needs.config, public_url: 'https://hub.example.org' }
  const service = { name: 'culler', url: undefined }
  t.match(serviceEnvironment({ ...needs, config, service, client: undefined }), {
    JUPYTERHUB_CLIENT_ID: '',
    JUPYTERHUB_SERVICE_URL: '',
    JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES: '[]',
    JUPYTERHUB_PUBLIC_URL: 'https://hub.example.org/b/services/culler/',
    JUPYTERHUB_PUBLIC_HUB_URL: 'https://hub.example.org/b/hub/',
  })
})
