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
  t.match(wordsOf(page), /Your server failed/)
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

const card = {
  display_name: 'Card',
  choices: { no: { display_name: 'None' }, a100: { display_name: 'A100' } },
}
const profiles = JSON.stringify([
  { slug: 'small', display_name: 'Small', description: 'For most courses.', memory: '2G' },
  { slug: 'gpu', display_name: 'With a GPU', options: { card }, args: ['--gpu'] },
  { slug: 'staff', display_name: 'For staff', groups: ['staff'] },
])

t.test('with profiles a start is a form, and the next one is as the last one was', async (t) => {
  const pages = await startPages(t, { users: ['ana'], settings: { profiles } })
  const ana = await pages.browser('ana')
  const form = await ana.open('/hub/spawn?next=/user/ana/lab')
  t.equal(form.status, 200)
  t.match(wordsOf(form), /Start your server .* Small For most courses\. ?2 GB of memory/)
  t.notMatch(form.text, /For staff/)
  t.same(pages.spawner.requests, [])
  const server = await ana.submit(form, /profiles/, { profile: 'gpu', 'gpu.card': 'a100' })
  t.equal(server.address, '/user/ana/lab')
  t.match(pages.spawner.requests, [{ command: ['jupyterhub-singleuser', '--gpu'] }])
  t.match(wordsOf(await ana.open('/hub/home')), /Profile: With a GPU ?Running/)

  await pages.context.servers.stopAll()
  const home = await ana.open('/hub/home')
  const again = await ana.open('/hub/spawn')
  t.match(again.text, /value="gpu" checked/)
  t.match(again.text, /value="a100" selected/)
  await ana.submit(home, /spawn\/ana"/)
  t.equal(pages.spawner.requests.length, 2, 'Start needs no second choice')
  t.same(pages.context.store.servers.listOf(1)[0]?.options, { profile: 'gpu', card: 'a100' })
})

t.test('whoever never chose is asked by the button too', async (t) => {
  const pages = await startPages(t, { users: ['ana'], settings: { profiles } })
  const ana = await pages.browser('ana')
  const form = await ana.submit(await ana.open('/hub/home'), /spawn\/ana"/)
  t.equal(form.address, '/hub/spawn/ana')
  t.match(form.text, /name="profile"/)
  t.same(pages.spawner.requests, [])
})

t.test(
  'options by URL start at once; what is not there is told at its field (§9.75, §9.89)',
  async (t) => {
    const pages = await startPages(t, { users: ['ana'], settings: { profiles } })
    const ana = await pages.browser('ana')
    const rows: [string, RegExp][] = [
      ['profile=huge', /There is no profile 'huge'; there are: small, gpu/],
      ['profile=staff', /There is no profile 'staff'/],
      ['profile=gpu&card=x', /id="says_gpu.card">card cannot be &#39;x&#39;/],
      ['profile=small&image=evil', /Small has no option image/],
      ['profile=small&profile=gpu', /There is no profile that/],
    ]
    for (const [query, told] of rows) {
      const page = await ana.open(`/hub/spawn?${query}`)
      t.equal(page.status, 400, query)
      t.match(page.text.includes('says_gpu.card"') ? page.text : wordsOf(page), told)
      const sent = await ana.submit(await ana.open('/hub/spawn'), /profiles/, { profile: 'staff' })
      t.equal(sent.status, 400)
    }
    t.same(pages.spawner.requests, [])
    await ana.send('/hub/spawn?opt-profile=gpu&opt-card=a100&profile=small', { stay: true })
    t.same(pages.context.store.servers.listOf(1)[0]?.options, { profile: 'gpu', card: 'a100' })
  },
)

t.test(
  'a link of another site with options is shown first, and starts nothing (S-14)',
  async (t) => {
    let nowMs = Date.parse('2026-01-31T12:00:00.000Z')
    const clock = { now: () => new Date(nowMs) }
    const headers = { 'sec-fetch-site': 'cross-site' }
    const pages = await startPages(t, { users: ['ana'], clock, settings: { profiles } })
    const ana = await pages.browser('ana')
    nowMs += 5 * 60_000
    const page = await ana.send('/hub/spawn?profile=gpu&card=a100', { headers })
    t.match(wordsOf(page), /A link from another site led here, and nothing has been started/)
    t.match(page.text, /value="gpu" checked/)
    t.same(pages.spawner.requests, [])
    await ana.submit(page, /profiles/)
    t.same(pages.context.store.servers.listOf(1)[0]?.options, { profile: 'gpu', card: 'a100' })

    const plain = await startPages(t, { users: ['ana'], clock })
    const other = await plain.browser('ana')
    nowMs += 5 * 60_000
    const asked = await other.send('/hub/spawn?opt-energy=abc', { headers })
    t.same(plain.spawner.requests, [])
    await other.submit(asked, /Start</)
    t.same(plain.context.store.servers.listOf(1)[0]?.options, { energy: ['abc'] })
  },
)

t.test('a page that starts it by itself starts it as it was', async (t) => {
  const settings = { profiles, implicit_spawn_seconds: '1' }
  const pages = await startPages(t, { users: ['ana'], settings })
  const { store } = pages.context
  const [server] = store.servers.listOf(1)
  if (server) store.servers.update(server.id, { options: { profile: 'gpu', card: 'no', x: 1 } })
  const page = await (await pages.browser('ana')).open('/user/ana/lab')
  t.match(page.text, /url=\/hub\/spawn\/ana\?next=%2Fuser%2Fana%2Flab&amp;profile=gpu&amp;card=no"/)
  t.match(page.text, /href="\/hub\/spawn\/ana\?next=%2Fuser%2Fana%2Flab">Choose anew/)
})

t.test('whoever may choose no profile starts nothing, and reads why', async (t) => {
  const only = JSON.stringify([{ slug: 'staff', display_name: 'Staff', groups: ['staff'] }])
  const pages = await startPages(t, { users: ['ana'], settings: { profiles: only } })
  const ana = await pages.browser('ana')
  for (const address of ['/hub/spawn', '/hub/spawn?profile=staff']) {
    const page = await ana.open(address)
    t.equal(page.status, 400)
    t.match(wordsOf(page), /None of the profiles of this hub is for ana/)
  }
  t.same(pages.spawner.requests, [])
})
