/** What is said on top of pages. */
import t from 'tap'
import { announcementOn } from '../../src/web/announcements.ts'
import { startPages, wordsOf } from '../support/pages.ts'

const none = { text: '', login: '', home: '', spawn: '', logout: '' }

t.test("§9.94: a page's own line comes before the one of all pages", async (t) => {
  const all = { ...none, text: 'all', home: 'home only' }
  t.equal(announcementOn('home', all), 'home only')
  t.equal(announcementOn('login', all), 'all')
  t.equal(announcementOn('error', all), 'all')
  t.equal(announcementOn('login', { ...none, home: 'home only' }), undefined)
  t.equal(announcementOn('spawn-pending', { ...none, spawn: 'wait' }), 'wait')
  t.equal(announcementOn('home', { ...none, text: ' ' }), undefined)
})

t.test('§9.94: it is text, whatever it says', async (t) => {
  const text = '<b>Closed</b> & "gone"'
  const pages = await startPages(t, { settings: { 'announcement.text': text } })
  const page = await (await pages.browser()).open('/hub/login')
  t.match(wordsOf(page), text)
  t.notMatch(page.text, '<b>Closed')
})
