/** Routes about one server. */
import t from 'tap'
import { startPages } from '../support/pages.ts'

// §9.87
t.test('its owner and administrators may manage it, others cannot even see it', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana', 'ben'] })
  for (const [who, status] of [
    ['admin', 303],
    ['ana', 303],
    ['ben', 404],
  ] as const) {
    const browser = await pages.browser(who)
    const body = `_xsrf=${browser.cookies.get('_xsrf')?.value ?? ''}`
    const page = await browser.send('/hub/stop/ana', { method: 'POST', body, stay: true })
    t.equal(page.status, status, who)
  }
})

t.test('a name in another spelling is another name', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  for (const spelling of ['ANA', 'ana%2F', '%20ana', 'ana%00'])
    t.equal((await ana.open(`/hub/spawn-pending/${spelling}`)).status, 404, spelling)
  t.equal((await ana.open('/hub/spawn-pending/%61na')).status, 200)
})
