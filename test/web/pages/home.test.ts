/** Home, and the hub's bare addresses. */
import t from 'tap'
import { startPages, wordsOf } from '../../support/pages.ts'

t.test('home shows the server in each of its states, with what can be done', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const stopped = await ana.open('/hub/home')
  t.match(wordsOf(stopped), /Your server Stopped .*Start/)
  pages.spawner.hold()
  await ana.submit(stopped, /spawn/)
  const starting = await ana.open('/hub/home')
  t.match(wordsOf(starting), /Starting .*Watch it start Cancel/)
  t.match(starting.text, /http-equiv="refresh"/)
  pages.spawner.answer()
  const server = pages.context.store.servers.listActive()[0]
  if (server) await pages.context.servers.start(server)
  const ready = await ana.open('/hub/home')
  t.match(wordsOf(ready), /Running Started just now, last used just now\. Open Stop/)
  t.notMatch(ready.text, /http-equiv="refresh"/)
  t.match(wordsOf(await ana.submit(ready, /stop/)), /Stopped/)
})

t.test('bare addresses lead on', async (t) => {
  const pages = await startPages(t, { users: ['ana'], settings: { base_url: '/school/' } })
  const stranger = await pages.browser()
  const to = async (path: string): Promise<unknown> =>
    (await stranger.send(path, { stay: true })).headers.location
  t.equal(await to('/school/'), '/school/hub/')
  t.equal(await to('/school/hub'), '/school/hub/')
  t.equal(await to('/school/hub/'), '/school/hub/login?next=%2Fschool%2Fhub%2F')
  t.equal((await stranger.send('/', { stay: true })).status, 404)
})
