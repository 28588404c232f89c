/** Logging out. */
import t from 'tap'
import { startPages, wordsOf } from '../../support/pages.ts'

// §9.83
t.test('JupyterLab’s plain link logs out, and every cookie goes', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const page = await ana.send('/hub/logout', {
    stay: true,
    headers: { 'sec-fetch-site': 'same-origin' },
  })
  t.match(page, { status: 302, headers: { location: '/hub/login' } })
  t.same([...ana.cookies.keys()], [])
  t.same(pages.context.store.sessions.listOf(pages.context.store.users.getByName('ana').id), [])
})

t.test('another site cannot log anybody out, only ask', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const page = await ana.send('/hub/logout', { headers: { 'sec-fetch-site': 'cross-site' } })
  t.match(wordsOf(page), /Log out\? A page of another site led here/)
  t.equal((await ana.open('/hub/home')).address, '/hub/home')
  t.equal((await ana.submit(page, /actions/)).address, '/hub/login')
})

t.test('"Log out everywhere" ends every browser', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const here = await pages.browser('ana')
  const there = await pages.browser('ana')
  await here.submit(await here.open('/hub/account'), /everywhere/)
  t.match((await there.open('/hub/home')).address, /login/)
  t.match((await here.open('/hub/home')).address, /login/)
})

t.test('logging out twice is no error', async (t) => {
  const pages = await startPages(t)
  const stranger = await pages.browser()
  t.equal((await stranger.open('/hub/logout')).address, '/hub/login')
})
