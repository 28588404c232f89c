/** S-53: what a browser held before it proved who it is proves nothing afterwards. */
import t from 'tap'
import { passwordOf } from '../support/hub.ts'
import { logIn, startPages } from '../support/pages.ts'

t.test('an id that somebody planted is never taken over by a login', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser()
  ana.cookies.set('littlehub-session', { value: 'planted', path: '/', attributes: '' })
  ana.cookies.set('jupyterhub-session-id', { value: 'planted', path: '/', attributes: '' })
  await logIn(ana, 'ana')
  t.not(ana.cookies.get('littlehub-session')?.value, 'planted')
  t.not(ana.cookies.get('jupyterhub-session-id')?.value, 'planted')
})

// §9.82
t.test('every login has an id of its own, public and secret', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser()
  const seen = new Set<string | undefined>()
  for (let round = 0; round < 3; round++) {
    await logIn(ana, 'ana')
    seen.add(ana.cookies.get('littlehub-session')?.value)
    seen.add(ana.cookies.get('jupyterhub-session-id')?.value)
    await ana.open('/hub/logout')
  }
  t.equal(seen.size, 6)
})

t.test('a form token from before the login is worth nothing after it', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser()
  await ana.open('/hub/login')
  const before = ana.cookies.get('_xsrf')?.value ?? ''
  await logIn(ana, 'ana')
  t.not(ana.cookies.get('_xsrf')?.value, before)
  ana.cookies.set('_xsrf', { value: before, path: '/hub/', attributes: '' })
  const page = await ana.send('/hub/spawn', { method: 'POST', body: `_xsrf=${before}`, stay: true })
  t.equal(page.status, 403)
})

t.test('a new password means a new id', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const before = ana.cookies.get('littlehub-session')?.value ?? ''
  await ana.submit(await ana.open('/hub/account'), /old_password/, {
    old_password: passwordOf('ana'),
    password: 'four words nobody guesses',
  })
  const thief = await pages.browser()
  thief.cookies.set('littlehub-session', { value: before, path: '/', attributes: '' })
  t.match((await thief.open('/hub/home')).address, /login/)
})

t.test('two session cookies with different values are no login (S-05)', async (t) => {
  const pages = await startPages(t, { users: ['ana', 'ben'] })
  const ana = await pages.browser('ana')
  const ben = await pages.browser('ben')
  const value = (browser: typeof ana): string =>
    browser.cookies.get('littlehub-session')?.value ?? ''
  const stranger = await pages.browser()
  const headers = { cookie: `littlehub-session=${value(ben)}; littlehub-session=${value(ana)}` }
  t.equal((await stranger.send('/hub/home', { headers, stay: true })).status, 302)
})
