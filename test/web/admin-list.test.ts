/** What the admin page shows. */
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { startPages, wordsOf } from '../support/pages.ts'

t.test('people are listed by name, with their server and what it takes', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const ana = await pages.browser('ana')
  await ana.send('/hub/spawn', { stay: true })
  const admin = await pages.browser('admin')
  const words = wordsOf(await admin.open('/hub/admin'))
  t.match(words, /Running now 1 214 MB of memory/)
  t.match(words, /admin you admin Stopped.*ana Running 214 MB/)
  t.match(words, /1–2 of 2/)
})

t.test('how starts went, and why the last one was not warm, is told', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const ana = await pages.browser('ana')
  await ana.send('/hub/spawn', { stay: true })
  const admin = await pages.browser('admin')
  const words = wordsOf(await admin.open('/hub/admin'))
  t.match(words, /1 of 2 starts since the hub began were warm; .* after 0\.3 s \(warm\)/)
  t.match(words, 'The last ordinary one: the fake is cold.')
})

t.test('that a version kept failing, and which runs in its place, is told', async (t) => {
  const note = (to: string): string =>
    JSON.stringify({ to, sentence: 'b ended 5 times; a runs again.', advice: 'Upgrade.' })
  const folder = t.testdir({ 'fallback.json': note('a'), versions: { a: {} } })
  const program = `${folder}/versions/a/littlehub`
  const pages = await startPages(t, { users: ['admin', 'ana'], program })
  const admin = await pages.browser('admin')
  t.match(wordsOf(await admin.open('/hub/admin')), 'b ended 5 times; a runs again.')
  writeFileSync(`${folder}/fallback.json`, note(''))
  t.notMatch(wordsOf(await admin.open('/hub/admin')), 'b ended 5 times', 'it runs after all')
})

t.test('who was invited, and who was not, is told', async (t) => {
  const pages = await startPages(t, { users: ['admin'] })
  const { users, links } = pages.context
  links.invite(users.add('invited', { admin: false }))
  users.add('forgotten', { admin: false })
  const admin = await pages.browser('admin')
  const words = wordsOf(await admin.open('/hub/admin'))
  t.match(words, /forgotten no invitation/)
  t.match(words, /invited invited/)
})

t.test('a long list has pages, and a search keeps its words on each', async (t) => {
  const pages = await startPages(t, { users: ['admin'] })
  const names = Array.from({ length: 60 }, (_, index) => `student${String(index).padStart(2, '0')}`)
  pages.context.users.addMany(names, { admin: false })
  const admin = await pages.browser('admin')
  const first = await admin.open('/hub/admin?search=STUDENT')
  t.match(wordsOf(first), /1–50 of 60/)
  t.match(first.text, 'href="/hub/admin?search=STUDENT&amp;page=2"')
  const second = await admin.open('/hub/admin?search=STUDENT&page=2')
  t.match(wordsOf(second), /51–60 of 60/)
  t.match(second.text, 'value="/hub/admin?search=STUDENT&amp;page=2"', 'actions come back here')
  t.match(wordsOf(await admin.open('/hub/admin?page=99')), /51–61 of 61/)
  t.match(wordsOf(await admin.open('/hub/admin?page=-1')), /1–50 of 61/)
  t.match(wordsOf(await admin.open('/hub/admin?search=%25')), /Nobody here/)
})

t.test('whose logins are slowed down is told', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const origin = { address: '192.0.2.17', userAgent: '' }
  for (let attempt = 0; attempt < 5; attempt++)
    await pages.context.login.withPassword('ana', 'wrong', origin).catch(() => undefined)
  const admin = await pages.browser('admin')
  t.match(
    wordsOf(await admin.open('/hub/admin')),
    /192\.0\.2\.17.*failed attempts, may try again in a moment/,
  )
})

t.test('who was seen just now is told before it is written down', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  await (await pages.browser('ana')).open('/hub/home')
  const admin = await pages.browser('admin')
  t.match(wordsOf(await admin.open('/hub/admin')), /ana Stopped ?just now/)
  t.equal(pages.context.store.users.getByName('ana').lastActivityAt, undefined)
})

t.test('whom the configuration keeps out is marked, and cannot be started', async (t) => {
  const settings = { 'users.blocked': 'Ben' }
  const pages = await startPages(t, { users: ['admin', 'ana', 'ben'], settings })
  const page = await (await pages.browser('admin')).open('/hub/admin')
  t.match(wordsOf(page), /ben kept out Stopped/)
  t.notMatch(wordsOf(page), /ana kept out/)
  t.match(page.text, /Start<span class="sr"> the server of ana/)
  t.notMatch(page.text, /Start<span class="sr"> the server of ben/)
})
