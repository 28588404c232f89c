/** The cookies of a login: their attributes over HTTP and over TLS. */
import t from 'tap'
import { logIn, startPages } from '../support/pages.ts'
import { createBrowser } from '../support/browser.ts'

t.test(
  'over plain HTTP the login cookie is hidden from scripts and from other sites',
  async (t) => {
    const pages = await startPages(t, { users: ['ana'] })
    const { cookies } = await pages.browser('ana')
    const attributes = (name: string): string => cookies.get(name)?.attributes ?? 'missing'
    t.match(attributes('littlehub-session'), /Path=\/; HttpOnly; SameSite=Lax$/)
    t.match(attributes('littlehub-session'), /^Max-Age=1209600/)
    t.match(attributes('jupyterhub-session-id'), /Path=\/; HttpOnly; SameSite=Lax$/)
    t.match(attributes('_xsrf'), /Path=\/hub\/; HttpOnly; SameSite=Lax$/)
  },
)

t.test('over TLS it is a __Host- cookie that no other host can set (S-05)', async (t) => {
  const pages = await startPages(t, {
    users: ['ana'],
    settings: { public_url: 'https://hub.example.org' },
  })
  const ana = createBrowser(pages.url)
  const { status } = await logIn(ana, 'ana')
  t.equal(status, 302)
  t.match(
    ana.cookies.get('__Host-littlehub-session')?.attributes,
    /Path=\/; HttpOnly; Secure; SameSite=Lax/,
  )
  t.notOk(ana.cookies.has('littlehub-session'))
  for (const [name, { attributes }] of ana.cookies) t.match(attributes, /Secure/, name)
  t.equal((await ana.send('/hub/home', { stay: true })).status, 200)
  await ana.open('/hub/logout')
  t.notOk(ana.cookies.has('__Host-littlehub-session'))
})

t.test('below a base URL each cookie stays where it belongs', async (t) => {
  const pages = await startPages(t, { settings: { base_url: '/school/' } })
  const page = await createBrowser(pages.url).send('/school/hub/login', { stay: true })
  t.match(page.headers['set-cookie'], [/^_xsrf=.*Path=\/school\/hub\//])
})
