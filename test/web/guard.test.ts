/** Who may see a page. */
import { fastify } from 'fastify'
import t from 'tap'
import { guardPages } from '../../src/web/guard.ts'
import { startPages } from '../support/pages.ts'

t.test('a route that does not say who may see it stops the hub from starting', async (t) => {
  const pages = await startPages(t)
  const app = fastify()
  guardPages(app, { access: pages.context.access, hubPath: '/hub/' })
  t.throws(() => app.get('/hub/forgot', () => 'secrets'), /route without access: .*\/hub\/forgot/)
  await app.close()
})

t.test('a stranger who looks is sent to the login and back, one who acts is refused', async (t) => {
  const pages = await startPages(t)
  const stranger = await pages.browser()
  const look = await stranger.send('/hub/home?x=1', { stay: true })
  t.equal(look.status, 302)
  t.equal(look.headers.location, '/hub/login?next=%2Fhub%2Fhome%3Fx%3D1')
  t.equal((await stranger.send('/hub/account/sessions', { method: 'POST', body: '' })).status, 403)
})

t.test(
  'a page for administrators is refused to others, one about others is not there',
  async (t) => {
    const pages = await startPages(t, { users: ['admin', 'ana', 'ben'] })
    const ana = await pages.browser('ana')
    t.equal((await ana.open('/hub/admin')).status, 403)
    t.equal((await ana.open('/hub/spawn-pending/ben')).status, 404)
    t.equal((await ana.open('/hub/spawn-pending/nobody')).status, 404, 'and tells nothing apart')
    const admin = await pages.browser('admin')
    t.equal((await admin.open('/hub/admin')).status, 200)
    t.equal((await admin.open('/hub/spawn-pending/ben')).status, 200)
  },
)

// §9.142
t.test('a script, frame or image of a user page on our origin gets no page to read', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const admin = await pages.browser('admin')
  for (const dest of ['empty', 'iframe', 'object', 'image'])
    for (const path of [
      '/hub/home',
      '/hub/admin',
      '/hub/login',
      '/hub/account',
      '/hub/nope',
      '/hub/error/404',
      '/user/ana/',
    ]) {
      const headers = {
        'sec-fetch-dest': dest,
        'sec-fetch-site': 'same-origin',
        accept: 'text/html',
      }
      const page = await admin.send(path, { headers })
      t.ok(page.status >= 400, `${path} as ${dest}: ${page.status}`)
      t.notMatch(page.text, /_xsrf|<form|<html/, `${path} as ${dest}`)
    }
  t.equal(
    (await admin.send('/hub/static/hub.css', { headers: { 'sec-fetch-dest': 'style' } })).status,
    200,
  )
  t.equal(pages.spawner.requests.length, 0)
})

// §9.88
t.test('a token is no login for pages', async (t) => {
  const pages = await startPages(t, { users: ['admin'] })
  const { context } = pages
  const token = context.tokens.issue
  t.type(token, 'function')
  const stranger = await pages.browser()
  const headers = { authorization: 'token nonsense' }
  t.equal((await stranger.send('/hub/home', { headers, stay: true })).status, 302)
})
