/** The buttons of the admin page. */
import t from 'tap'
import { formsOf, type Browser, type Page } from '../../support/browser.ts'
import { passwordOf } from '../../support/hub.ts'
import { startPages, wordsOf, type TestPages } from '../../support/pages.ts'

const add = async (admin: Browser, names: string): Promise<Page> =>
  admin.submit(await admin.open('/hub/admin'), /name="names"/, { names })

const idOf = ({ context }: TestPages, name: string): number =>
  context.store.users.getByName(name).id

/** Presses the button of a person's row. */
async function press(pages: TestPages, admin: Browser, name: string, verb: string): Promise<Page> {
  const page = await admin.open('/hub/admin')
  return admin.submit(page, new RegExp(`admin/users/${idOf(pages, name)}/${verb}"`))
}

t.test(
  'a pasted list adds people, each with a link that works, and tells who was not added',
  async (t) => {
    const pages = await startPages(t, { users: ['admin', 'ben'] })
    const admin = await pages.browser('admin')
    const page = await add(admin, 'Ana\r\n\r\n ben , a/b; carl@uni.example\n')
    t.match(wordsOf(page), /^.*2 accounts added/)
    t.match(wordsOf(page), /ben ?User ben already exists/)
    t.match(wordsOf(page), /a\/b ?A user name cannot contain a slash/)
    const links = [...page.text.matchAll(/>(http:[^<]*\/hub\/invite\/[^<]+)</g)].map(
      ([, link]) => link ?? '',
    )
    t.equal(links.length, 2)
    t.ok(links.every((link) => link.startsWith(pages.url)))
    const ana = await pages.browser()
    const form = await ana.open(links[0]?.slice(pages.url.length) ?? '')
    await ana.submit(form, /password/, { password: passwordOf('ana') })
    t.match((await ana.open('/hub/home')).text, />ana</)
  },
)

t.test('nothing to add: the page again, with a sentence', async (t) => {
  const pages = await startPages(t, { users: ['admin'] })
  const admin = await pages.browser('admin')
  const page = await add(admin, ' \n, ')
  t.equal(page.status, 400)
  t.match(wordsOf(page), /Write at least one name/)
})

t.test('servers of others are started and stopped', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const admin = await pages.browser('admin')
  t.match(wordsOf(await press(pages, admin, 'ana', 'start')), /ana Running/)
  t.same(pages.spawner.running, ['ana'])
  t.match(wordsOf(await press(pages, admin, 'ana', 'stop')), /ana Stopped/)
  t.same(pages.spawner.running, [])
})

t.test('a start that fails is told on the list', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const admin = await pages.browser('admin')
  pages.spawner.failWith(new Error('inner reason'))
  const page = await press(pages, admin, 'ana', 'start')
  t.match(wordsOf(page), /ana Failed/)
  t.notMatch(page.text, /inner reason/)
})

t.test('rights are given and taken, but never from the last administrator', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const admin = await pages.browser('admin')
  t.match(wordsOf(await press(pages, admin, 'ana', 'make-admin')), /one administrator|ana admin/)
  t.equal(pages.context.store.users.getByName('ana').admin, true)
  await press(pages, admin, 'ana', 'remove-admin')
  const refused = await press(pages, admin, 'admin', 'remove-admin')
  t.equal(refused.status, 409)
  t.match(wordsOf(refused), /last administrator/)
  t.equal(pages.context.store.users.getByName('admin').admin, true)
})

t.test('a disabled account is out at once, and can be let in again', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const ana = await pages.browser('ana')
  await ana.send('/hub/spawn', { stay: true })
  const admin = await pages.browser('admin')
  t.match(wordsOf(await press(pages, admin, 'ana', 'disable')), /The account is disabled/)
  t.match((await ana.open('/hub/home')).address, /login/)
  t.same(pages.spawner.running, [])
  t.match(wordsOf(await press(pages, admin, 'ana', 'enable')), /enabled again/)
})

t.test('a reset and a new invitation give a link that is shown once', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  pages.context.users.add('ben', { admin: false })
  const admin = await pages.browser('admin')
  t.match(wordsOf(await press(pages, admin, 'ana', 'reset')), /\/hub\/reset\/[\w-]{43}/)
  t.match(wordsOf(await press(pages, admin, 'ben', 'invite')), /\/hub\/invite\/[\w-]{43}/)
  t.notMatch((await admin.open('/hub/admin')).text, /\/hub\/(invite|reset)\//)
})

t.test('no button of the admin page works for anybody else', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const admin = await pages.browser('admin')
  const ana = await pages.browser('ana')
  const token = ana.cookies.get('_xsrf')?.value ?? ''
  const actions = formsOf(await admin.open('/hub/admin')).filter(({ action }) =>
    action.includes('/admin/'),
  )
  t.ok(actions.length > 6)
  for (const { action } of actions) {
    const body = `_xsrf=${token}&names=eve`
    t.equal((await ana.send(action, { method: 'POST', body, stay: true })).status, 403, action)
  }
  t.same(pages.context.store.users.count(), 2)
})
