/** The API as a whole: its root, the headers of every answer, and what is not there (contract §0.3, §0.4, §9.7, §9.8). */
import t from 'tap'
import { startApi } from '../support/api.ts'

t.test('anybody may ask for the version, with and without a slash at the end', async (t) => {
  const { nobody } = await startApi(t)
  for (const path of ['/hub/api', '/hub/api/']) {
    const { status, json, headers } = await nobody('GET', path)
    t.equal(status, 200)
    t.same(json, { version: '6.1.1' })
    t.equal(headers.get('access-control-allow-origin'), '*')
    t.match(headers.get('content-type'), /^application\/json/)
  }
})

t.test('the version that clients are told is a setting', async (t) => {
  const { nobody } = await startApi(t, { settings: { jupyterhub_version: '5.4.2' } })
  const { json, headers } = await nobody('GET', '/hub/api')
  t.same(json, { version: '5.4.2' })
  t.equal(headers.get('x-jupyterhub-version'), '5.4.2')
})

t.test(
  'every answer, errors included, says which version this is and that it is no page',
  async (t) => {
    const { nobody, as, addUser } = await startApi(t)
    const ana = as(addUser('ana'))
    const answers = [
      await nobody('GET', '/hub/api'),
      await nobody('GET', '/hub/api/user'),
      await nobody('GET', '/hub/api/nothing'),
      await nobody('DELETE', '/hub/api/health'),
      await nobody('OPTIONS', '/hub/api/users'),
      await ana('GET', '/hub/api/user'),
      await ana('POST', '/hub/api/users/ana/activity', '{'),
    ]
    for (const { headers } of answers) {
      t.equal(headers.get('x-jupyterhub-version'), '6.1.1')
      t.match(headers.get('content-security-policy'), /default-src 'none'/)
      t.match(headers.get('content-security-policy'), /frame-ancestors 'none'/)
      t.equal(headers.get('access-control-allow-headers'), 'accept, content-type, authorization')
      t.equal(headers.get('x-content-type-options'), 'nosniff')
      t.equal(headers.get('cache-control'), 'no-store')
      t.equal(headers.get('set-cookie'), null)
    }
  },
)

t.test('health is for anybody, and empty', async (t) => {
  const { nobody } = await startApi(t)
  for (const method of ['GET', 'HEAD']) {
    const { status, text } = await nobody(method, '/hub/api/health')
    t.equal(status, 200)
    t.equal(text, '')
  }
})

// §9.7
t.test('a browser may ask beforehand, without credentials', async (t) => {
  const { nobody } = await startApi(t)
  for (const path of ['/hub/api', '/hub/api/', '/hub/api/users', '/hub/api/users/ana/server']) {
    const { status, text } = await nobody('OPTIONS', path)
    t.equal(status, 204)
    t.equal(text, '')
  }
})

t.test('what is not there is a 404 in JSON, a wrong method a 405', async (t) => {
  const { nobody } = await startApi(t)
  for (const path of ['/hub/api/nothing', '/hub/api/users/ana/', '/hub/api/USERS']) {
    const { status, json } = await nobody('GET', path)
    t.equal(status, 404, path)
    t.match(json, { status: 404, message: String })
  }
  for (const method of ['PUT', 'QUERY']) {
    const { status, json, headers } = await nobody(method, '/hub/api/users/ana')
    t.equal(status, 405, method)
    t.match(json, { status: 405, message: String })
    t.match(headers.get('allow'), /GET/)
  }
  t.equal((await nobody('QUERY', '/hub/api/nothing')).status, 404)
})

t.test('below another base URL the API moves with it', async (t) => {
  const { nobody, as, addUser } = await startApi(t, { settings: { base_url: '/class/' } })
  t.equal((await nobody('GET', '/class/hub/api')).status, 200)
  t.equal((await nobody('GET', '/hub/api')).status, 404)
  const { json } = await as(addUser('ana'))('GET', '/class/hub/api/users/ana/server')
  t.equal(json.url, '/class/user/ana/')
  t.equal(json.progress_url, '/class/hub/api/users/ana/server/progress')
})
