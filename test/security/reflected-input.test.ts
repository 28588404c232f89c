/** S-09, S-52: whatever comes in an address, a form or a name comes out as text. */
import t from 'tap'
import { startPages } from '../support/pages.ts'
import { type Page } from '../support/browser.ts'

const spike = `'"><img src=x onerror=alert(1)><script>alert(1)</script>`

t.test('no parameter of any page is reflected as markup', async (t) => {
  const pages = await startPages(t, { users: ['admin'] })
  const admin = await pages.browser('admin')
  const stranger = await pages.browser()
  const query = new URLSearchParams({
    next: `/${spike}`,
    search: spike,
    page: spike,
    done: spike,
    url: spike,
    username: spike,
    q: spike,
  }).toString()
  const encoded = encodeURIComponent(spike)
  const isHarmless = ({ text, headers, address }: Page): void => {
    t.notMatch(text, /<img src=x|<script>alert/, address)
    t.match(headers['content-security-policy'], /default-src 'none'/, address)
  }
  const paths = new Set(
    pages.routes.filter(({ method }) => [method].flat().includes('GET')).map(({ url }) => url),
  )
  for (const pattern of paths) {
    const path = pattern.replace(/:\w+|\*/g, encoded)
    for (const browser of [admin, stranger]) isHarmless(await browser.send(`${path}?${query}`))
    if ((await admin.open('/hub/home')).address !== '/hub/home') {
      await admin.open('/hub/login')
      const body = new URLSearchParams({
        username: 'admin',
        password: 'quite a long secret of admin',
        _xsrf: admin.cookies.get('_xsrf')?.value ?? '',
      }).toString()
      await admin.send('/hub/login', { method: 'POST', body, stay: true })
    }
  }
  const login = await stranger.open('/hub/login')
  isHarmless(await stranger.submit(login, /username/, { username: spike, password: spike }))
  isHarmless(await admin.submit(await admin.open('/hub/admin'), /"names"/, { names: spike }))
})

t.test('a hostile name is text on every page that lists it', async (t) => {
  const pages = await startPages(t, { users: ['admin'] })
  const name = `"><img src=x onerror=alert(1)>'`
  const user = pages.context.users.add(name, { admin: false })
  const admin = await pages.browser('admin')
  for (const path of [
    '/hub/admin',
    `/hub/admin/users/${user.id}/delete`,
    `/hub/spawn-pending/${encodeURIComponent(name)}`,
    `/user/${encodeURIComponent(name)}/`,
  ]) {
    const page = await admin.open(path)
    t.match(page.text, /&lt;img src=x/, path)
    t.notMatch(page.text, /<img src=x/, path)
  }
})
