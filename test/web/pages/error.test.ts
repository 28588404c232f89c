/** Addresses that lead nowhere. */
import t from 'tap'
import { startPages, wordsOf } from '../../support/pages.ts'

t.test('what is no server’s belongs to the hub', async (t) => {
  const pages = await startPages(t)
  const stranger = await pages.browser()
  const to = async (path: string): Promise<unknown> =>
    (await stranger.send(path, { stay: true })).headers.location
  t.equal(await to('/home?x=1'), '/hub/home?x=1')
  t.equal(await to('//evil.example/'), '/hub//evil.example/')
  t.equal((await stranger.send('/home', { method: 'POST', body: '', stay: true })).status, 403)
  t.equal((await stranger.open('/hub/nope')).status, 404)
})

// §9.95
t.test('a reverse proxy may show our page for its errors', async (t) => {
  const pages = await startPages(t)
  const stranger = await pages.browser()
  const page = await stranger.open('/hub/error/503?url=%2Fuser%2Fana')
  t.equal(page.status, 200)
  t.match(wordsOf(page), /does not answer/)
  t.match(wordsOf(await stranger.open('/hub/error/418')), /the error 418/)
  for (const code of ['x', '99', '1000', '<b>'])
    t.equal((await stranger.open(`/hub/error/${encodeURIComponent(code)}`)).status, 404)
})
