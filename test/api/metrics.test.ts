/** §9.135: who may scrape. */
import t from 'tap'
import { startApi } from '../support/api.ts'

const places = ['/hub/metrics', '/hub/api/metrics']

t.test('§9.135 metrics are for who has the scope', async (t) => {
  const { nobody, as, addUser } = await startApi(t)
  const [ana, admin] = [addUser('ana'), addUser('admin')]
  for (const path of places) {
    t.equal((await nobody('GET', path)).status, 403)
    t.match(await as(ana)('GET', path), { status: 403, json: { message: /read:metrics/ } })
    const scraped = await as(admin, ['read:metrics'])('GET', path)
    t.equal(scraped.status, 200)
    t.match(scraped.headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
    t.match(scraped.text, /^jupyterhub_total_users 2$/m)
    t.match(scraped.text, `handler="${path}",code="403"`)
    t.notMatch(scraped.text, /ana/)
  }
})

t.test('§9.135 without authentication where the configuration says so', async (t) => {
  const { nobody } = await startApi(t, { settings: { 'metrics.public': 'true' } })
  for (const path of places) t.equal((await nobody('GET', path)).status, 200)
})
