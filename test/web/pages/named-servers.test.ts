/** Named servers on home. */
import t from 'tap'
import { type Browser, type Page } from '../../support/browser.ts'
import { startPages, wordsOf } from '../../support/pages.ts'

const settings = { 'spawner.named_server_limit_per_user': '2' }

const add = async (browser: Browser, name: string): Promise<Page> =>
  browser.submit(await browser.open('/hub/home'), /hub\/servers"/, { name })

t.test('§9.69: a server is added by name, started, stopped, opened and deleted', async (t) => {
  const pages = await startPages(t, { users: ['ana'], settings })
  const ana = await pages.browser('ana')
  await add(ana, 'lab2')
  t.same(pages.spawner.running.length, 1)
  const home = await ana.open('/hub/home')
  t.match(wordsOf(home), /Your server Stopped .*lab2 Running .*Another server 1 of 2/)
  t.match(home.text, /href="\/user\/ana\/lab2\/"/)
  const asked = await ana.open('/hub/delete/ana/lab2')
  t.match(wordsOf(asked), /Delete the server lab2\?/)
  const gone = await ana.submit(asked, /delete\/ana\/lab2/)
  t.match(wordsOf(gone), /The server is deleted/)
  t.notMatch(wordsOf(gone), /lab2/)
  t.same(pages.spawner.running, [])
})

t.test('§9.70: an impossible name is refused on home, with the name kept', async (t) => {
  const pages = await startPages(t, { users: ['ana'], settings })
  const ana = await pages.browser('ana')
  for (const name of ['a$/b', 'hash#?question', 'server--abc-def', 'A', '1a', 'a'.repeat(31)]) {
    const page = await add(ana, name)
    t.equal(page.status, 400, name)
    t.match(wordsOf(page), /Invalid server_name/, name)
  }
  t.match((await add(ana, 'UPPER')).text, /value="UPPER"/)
  t.match(wordsOf(await add(ana, ' ')), /Write a name/)
  t.equal(pages.context.store.servers.listOf(1).length, 1)
})

t.test('§9.72: a full house says so, by hand too, and deleting makes room', async (t) => {
  const pages = await startPages(t, { users: ['ana'], settings })
  const ana = await pages.browser('ana')
  const before = await ana.open('/hub/home')
  await add(ana, 'one')
  await add(ana, 'two')
  t.match(wordsOf(await ana.open('/hub/home')), /2 of 2 You have as many servers as you may have/)
  const third = await ana.submit(before, /hub\/servers"/, { name: 'three' })
  t.equal(third.status, 400)
  t.match(third.text, /maximum of 2 named servers\. {2}One must be deleted/)
  await ana.submit(await ana.open('/hub/delete/ana/one'), /delete/)
  t.equal((await add(ana, 'three')).address, '/user/ana/three/')
})

t.test('§9.73: without named servers nothing is offered, added or deleted', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  t.notMatch(wordsOf(await ana.open('/hub/home')), /Another server/)
  const body = `_xsrf=${ana.cookies.get('_xsrf')?.value ?? ''}&name=lab`
  const refused = await ana.send('/hub/servers', { method: 'POST', body })
  t.equal(refused.status, 400)
  t.match(wordsOf(refused), /Named servers are not enabled/)
  pages.context.store.servers.create(1, 'old')
  t.equal((await ana.open('/hub/delete/ana/old')).status, 400)
  t.equal((await ana.open('/hub/spawn/ana/new')).status, 400)
})

t.test(
  '§9.76: a link to a start adds the server, but not when another site led there',
  async (t) => {
    const pages = await startPages(t, { users: ['ana', 'ben'], settings })
    const ana = await pages.browser('ana')
    t.equal((await ana.open('/hub/spawn-pending/ana/new')).status, 404)
    const headers = { 'sec-fetch-site': 'cross-site' }
    t.equal((await ana.send('/hub/spawn/ana/new', { headers })).status, 404)
    t.equal((await ana.send('/hub/spawn/ana/new', { stay: true })).status, 302)
    t.ok(pages.context.store.servers.findByName(1, 'new'))
    const ben = await pages.browser('ben')
    for (const path of ['/hub/spawn/ana/other', '/hub/delete/ana/new'])
      t.equal((await ben.open(path)).status, 404, path)
  },
)

t.test('a start that fails leads to what went wrong', async (t) => {
  const pages = await startPages(t, { users: ['ana'], settings })
  const ana = await pages.browser('ana')
  pages.spawner.failWith(new Error('inner reason'))
  const page = await add(ana, 'lab')
  t.match(page.address, /spawn-pending\/ana\/lab/)
  t.equal(page.status, 500)
})

t.test('§9.71: a server is called what its owner likes, and keeps its address', async (t) => {
  const pages = await startPages(t, { users: ['ana', 'ben'], settings })
  const ana = await pages.browser('ana')
  await add(ana, 'lab')
  const form = await ana.open('/hub/rename/ana/lab')
  t.match(form.text, /name="display_name" type="text" value="lab"/)
  const renamed = await ana.submit(form, /rename/, { display_name: ' Größe <1> ' })
  t.match(wordsOf(renamed), /The server has its new name.*Größe <1> lab Running/)
  t.match(renamed.text, /href="\/user\/ana\/lab\/"/)
  for (const display_name of ['x'.repeat(256), 'two  spaces', 'a\u0007b']) {
    const refused = await ana.submit(form, /rename/, { display_name })
    t.equal(refused.status, 400)
    t.match(wordsOf(refused), /At most 255 printable characters/)
  }
  t.match(wordsOf(await ana.submit(form, /rename/, { display_name: '' })), /lab Running/)
  t.equal(pages.context.store.servers.findByName(1, 'lab')?.displayName, 'lab')
  t.equal((await (await pages.browser('ben')).open('/hub/rename/ana/lab')).status, 404)
})
