/** The admin page. */
import t from 'tap'
import { startPages, wordsOf } from '../../support/pages.ts'

t.test('deleting asks first', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const admin = await pages.browser('admin')
  const { id } = pages.context.store.users.getByName('ana')
  const page = await admin.open(`/hub/admin/users/${id}/delete`)
  t.match(wordsOf(page), /Delete ana\?.*files of ana stay/)
  t.ok(pages.context.store.users.find(id))
  const done = await admin.submit(page, /Delete ana/)
  t.match(wordsOf(done), /The account is deleted/)
  t.notOk(pages.context.store.users.find(id))
  t.equal((await admin.open(`/hub/admin/users/${id}/delete`)).status, 404)
})

t.test('only known sentences can be put on the page by its address', async (t) => {
  const pages = await startPages(t, { users: ['admin'] })
  const admin = await pages.browser('admin')
  for (const done of ['<b>x</b>', 'constructor', '__proto__'])
    t.equal((await admin.open(`/hub/admin?done=${encodeURIComponent(done)}`)).status, 200, done)
})

t.test('administrators are told that no backup can be made', async (t) => {
  const settings = { 'backup.dir': '/none/nowhere' }
  const pages = await startPages(t, { users: ['admin'], settings })
  const admin = await pages.browser('admin')
  t.notMatch(wordsOf(await admin.open('/hub/admin')), /backup/)
  await pages.context.backups.keepUp()
  t.match(wordsOf(await admin.open('/hub/admin')), /backup could not be written to \/none\/nowhere/)
})
