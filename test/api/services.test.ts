/** `/services`: listed, registered, removed; and a service as the one who asks (contract §7.1). */
import t from 'tap'
import { startApi } from '../support/api.ts'

const services = '/hub/api/services'

t.test('§9.130 services are registered while the hub runs, and only by who may', async (t) => {
  const { nobody, as, addUser, context } = await startApi(t)
  const admin = addUser('admin')
  const ana = as(addUser('ana'))
  t.equal((await nobody('GET', services)).status, 403)
  t.equal((await ana('GET', services)).status, 403)
  t.equal((await ana('POST', `${services}/cull`, {})).status, 403)
  const body = { url: 'http://127.0.0.1:9', api_token: 'a-secret-of-the-service', info: { a: 1 } }
  t.match(await as(admin)('POST', `${services}/cull`, body), {
    status: 201,
    json: {
      kind: 'service',
      name: 'cull',
      admin: false,
      url: 'http://127.0.0.1:9',
      prefix: '/services/cull/',
      info: { a: 1 },
      display: true,
      roles: [],
    },
  })
  t.equal((await as(admin)('POST', `${services}/cull`, body)).status, 409)
  for (const bad of [
    { command: ['x'] },
    { name: 'other' },
    { url: 'ftp://x' },
    { oauth_client_id: 'x' },
    { api_token: 'short' },
    { oauth_client_allowed_scopes: ['nonsense'] },
    { admin: 'yes' },
    [],
  ])
    t.equal((await as(admin)('POST', `${services}/new`, bad)).status, 400, JSON.stringify(bad))
  const registrar = as(admin, ['admin:services'])
  t.equal((await registrar('POST', `${services}/strong`, { admin: true })).status, 400)
  t.equal((await registrar('POST', `${services}/weak`)).status, 201)
  t.same(Object.keys((await as(admin)('GET', services)).json), ['cull', 'weak'])
  t.same((await as(admin, ['read:services:name!service=weak'])('GET', `${services}/weak`)).json, {
    kind: 'service',
    name: 'weak',
    admin: false,
  })
  const narrow = as(admin, ['list:services!service=weak'])
  t.same(Object.keys((await narrow('GET', services)).json), ['weak'])
  t.equal((await narrow('GET', `${services}/cull`)).status, 404)
  t.match(await as(admin)('DELETE', `${services}/weak`), { status: 200, text: '' })
  t.equal((await as(admin)('GET', `${services}/weak`)).status, 404)
  context.services.declare([{ name: 'fixed', command: [] }])
  t.equal((await as(admin)('DELETE', `${services}/fixed`)).status, 405)
})

t.test('a service is somebody, with the rights of its roles and no more', async (t) => {
  const { withToken, addUser, context } = await startApi(t)
  addUser('ana')
  const apiToken = 'a-secret-of-the-service'
  context.services.declare([{ name: 'cull', command: [], apiToken }])
  const cull = withToken(apiToken)
  t.match((await cull('GET', '/hub/api/user')).json, {
    kind: 'service',
    name: 'cull',
    admin: false,
    token_id: /^a\d+$/,
    session_id: null,
    scopes: [],
  })
  t.equal((await cull('GET', '/hub/api/users')).status, 403)
  t.equal((await cull('GET', '/hub/api/users/ana')).status, 403, '§9.27')
  const scopes = ['list:users', 'read:servers', 'tokens', 'delete:users', 'read:tokens']
  context.roles.declare([{ name: 'cullers', scopes, services: ['cull'] }], [])
  t.match((await cull('GET', '/hub/api/users')).json, [{ name: 'ana', servers: {} }])
  const made = await cull('POST', '/hub/api/users/ana/tokens', { scopes: ['read:servers!user'] })
  t.match(made, { status: 201, json: { note: 'Requested via api by service cull' } }, '§9.30')
  t.equal((await cull('DELETE', '/hub/api/users/ana')).status, 204)
})
