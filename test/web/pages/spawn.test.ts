/** Starting a server, and watching it start. */
import t from 'tap'
import { startPages, wordsOf } from '../../support/pages.ts'

t.test('a start leads into the server, or to where one was going', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const started = await ana.send('/hub/spawn?next=/user/ana/lab/tree/a.ipynb', { stay: true })
  t.equal(started.headers.location, '/user/ana/lab/tree/a.ipynb')
  t.equal((await ana.send('/hub/spawn', { stay: true })).headers.location, '/user/ana/')
  t.equal(pages.spawner.requests.length, 1, 'a running one is not started again')
})

t.test(
  'a start that takes its time is shown with its progress, and can be cancelled',
  async (t) => {
    const pages = await startPages(t, { users: ['ana'] })
    const ana = await pages.browser('ana')
    pages.spawner.hold()
    const page = await ana.open('/hub/spawn?next=/user/ana/lab')
    t.equal(page.address, '/hub/spawn-pending/ana?next=%2Fuser%2Fana%2Flab')
    t.match(
      page.text,
      /data-progress="\/hub\/api\/users\/ana\/server\/progress\?_xsrf=[^"]+" data-ready="\/user\/ana\/lab"/,
    )
    t.match(page.text, /<noscript><meta http-equiv="refresh"/)
    const home = await ana.submit(page, /Cancel/)
    t.match(wordsOf(home), /Your server Stopped/)
    t.same(pages.spawner.running, [])
  },
)

// §9.90
t.test('a failed start says why, and the next one is a new one', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  pages.spawner.failWith(new Error('inner reason'))
  const page = await ana.open('/hub/spawn?next=/user/ana/lab')
  t.equal(page.status, 500)
  t.equal(page.address, '/hub/spawn-pending/ana?next=%2Fuser%2Fana%2Flab')
  t.match(wordsOf(page), /did not keep running/)
  t.notMatch(page.text, /inner reason/)
  pages.spawner.failWith(undefined)
  const again = await ana.submit(page, /Try again/)
  t.equal(again.address, '/user/ana/lab')
})

t.test('a link of another site asks first (S-14)', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const session = pages.context.store.sessions.listOf(1)[0]
  t.ok(session)
  const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' }
  const fresh = await ana.send('/hub/spawn', { headers, stay: true })
  t.equal(fresh.status, 302, 'whoever has just logged in meant it')
})

t.test('an old login and a link of another site: one click more', async (t) => {
  let nowMs = Date.parse('2026-01-31T12:00:00.000Z')
  const clock = { now: () => new Date(nowMs) }
  const pages = await startPages(t, { users: ['ana'], clock })
  const ana = await pages.browser('ana')
  nowMs += 5 * 60_000
  const headers = { 'sec-fetch-site': 'cross-site' }
  const page = await ana.send('/hub/user-redirect/git-pull?repo=x', { headers })
  t.match(wordsOf(page), /Start your server\? A link from another site/)
  t.same(pages.spawner.requests, [])
  const server = await ana.submit(page, /name="next"/)
  t.equal(server.address, '/user/ana/git-pull?repo=x')
})

t.test('HEAD starts nothing', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  await ana.send('/hub/spawn', { method: 'HEAD', stay: true })
  t.same(pages.spawner.requests, [])
})

t.test('too many starts: a sentence, a status and when to come back', async (t) => {
  const pages = await startPages(t, {
    users: ['ana', 'ben'],
    settings: { 'spawner.active_server_limit': '1' },
  })
  await (await pages.browser('ana')).send('/hub/spawn', { stay: true })
  const page = await (await pages.browser('ben')).open('/hub/spawn')
  t.equal(page.status, 429)
  t.match(wordsOf(page), /Active user limit exceeded/)
})
