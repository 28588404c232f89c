/** The headers of every page. */
import t from 'tap'
import { pageHeaders, withFormsTo } from '../../src/web/security-headers.ts'
import { startPages } from '../support/pages.ts'

t.test('nothing inline, nothing from elsewhere, no frames, no plain HTTP after TLS', async (t) => {
  const policy = pageHeaders('http')['content-security-policy'] ?? ''
  t.match(policy, /default-src 'none'/)
  t.match(policy, /frame-ancestors 'none'/)
  t.notMatch(policy, /unsafe|\*|https?:/)
  t.equal(pageHeaders('http')['strict-transport-security'], undefined)
  t.match(pageHeaders('https')['strict-transport-security'], /^max-age=31536000$/)
})

t.test('every answer carries them: pages, redirects, refusals, errors (S-21, S-23)', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const paths = [
    '/',
    '/hub/home',
    '/hub/login',
    '/hub/admin',
    '/hub/nope',
    '/nope',
    '/user/ana/',
    '/user/ana/api/x',
    '/user/ben/',
    '/hub/static/hub.css',
    '/hub/claim/nothing',
    '/hub/error/503',
  ]
  for (const path of paths) {
    const { headers, status } = await ana.send(path, { stay: true })
    t.match(headers['content-security-policy'], /frame-ancestors 'none'/, `${path} ${status}`)
    t.equal(headers['x-content-type-options'], 'nosniff', path)
    t.equal(headers['cross-origin-opener-policy'], 'same-origin', path)
    t.equal(headers['cross-origin-resource-policy'], 'same-origin', path)
    t.ok(headers['referrer-policy'], path)
  }
})

t.test('a form may lead on to one other origin, when that is asked for', async (t) => {
  const policy = pageHeaders('http')['content-security-policy'] ?? ''
  t.match(withFormsTo(policy, 'https://far.test'), "form-action 'self' https://far.test;")
  t.equal(withFormsTo(policy, 'https://far.test').replace(' https://far.test', ''), policy)
})
