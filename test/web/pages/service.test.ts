/** Addresses of services that the door let nobody through to. */
import t from 'tap'
import { type Page } from '../../support/browser.ts'
import { startPages, wordsOf } from '../../support/pages.ts'

t.test('a stranger is asked to log in, and told of no service', async (t) => {
  const pages = await startPages(t)
  pages.context.services.declare([{ name: 'real', url: 'http://127.0.0.1:1', command: [] }])
  const stranger = await pages.browser()
  for (const name of ['real', 'imagined']) {
    const page = await stranger.send(`/services/${name}/x?y=1`, { stay: true })
    t.equal(page.status, 302)
    t.equal(page.headers.location, `/hub/login?next=%2Fservices%2F${name}%2Fx%3Fy%3D1`)
    const program = await stranger.send(`/services/${name}/`, { method: 'POST', body: 'a=b' })
    t.equal(program.status, 401)
    t.same(JSON.parse(program.text), { status: 401, message: 'You are not logged in.' })
  }
})

t.test('what you may not use looks like what is not there', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  pages.context.services.declare([{ name: 'real', url: 'http://127.0.0.1:1', command: [] }])
  const ana = await pages.browser('ana')
  const [real, imagined] = [await ana.open('/services/real/'), await ana.open('/services/none/')]
  t.equal(real.status, 404)
  t.equal(imagined.status, 404)
  const withoutId = (page: Page): string => wordsOf(page).replace(/Request \w+/, '')
  t.equal(withoutId(real), withoutId(imagined))
})

t.test('who may use it is told to try again', async (t) => {
  const pages = await startPages(t, { users: ['admin'] })
  pages.context.services.declare([{ name: 'real', url: 'http://127.0.0.1:1', command: [] }])
  const page = await (await pages.browser('admin')).open('/services/real/')
  t.equal(page.status, 503)
  t.equal(page.headers['retry-after'], '1')
})
