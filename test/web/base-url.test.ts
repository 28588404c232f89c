/** A hub below a path of somebody's site: no page, form, script or redirect leads out of it. */
import t from 'tap'
import { formsOf, unescapeHtml, type Browser, type Page } from '../support/browser.ts'
import { passwordOf } from '../support/hub.ts'
import { startPages, type TestPages } from '../support/pages.ts'
import { serviceOf } from '../support/services.ts'
import { linkIn } from '../support/sharing.ts'

const base = '/school/lab/'

const settings = {
  base_url: base,
  'spawner.named_server_limit_per_user': '3',
  implicit_spawn_seconds: '5',
}

async function logIn(pages: TestPages, name: string): Promise<Browser> {
  const browser = await pages.browser()
  const form = await browser.open(`${base}hub/login`)
  await browser.submit(form, /password/, { username: name, password: passwordOf(name) })
  return browser
}

/** Whatever a page loads, links to, or sends to. */
function addressesOn({ text }: Page): string[] {
  const found = text.matchAll(/\b(?:href|src|action|data-progress|data-ready)="([^"]*)"/g)
  const refreshes = text.matchAll(/http-equiv="refresh" content="\d+;url=([^"]*)"/g)
  return [...found, ...refreshes].map(([, address]) => unescapeHtml(address ?? ''))
}

t.test('every link, form and redirect of every page stays below the base URL', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'], settings })
  const { context } = pages
  context.groups.createMany(['class-a'], ['ana'])
  context.services.declare([{ ...spec, name: 'board' }])
  context.store.services.save(serviceOf('robot'))
  context.namedServers.add(context.store.users.getByName('admin'), 'lab2')
  const admin = await logIn(pages, 'admin')
  const share = await admin.open(`${base}hub/share/ana`)
  const link = linkIn(await admin.submit(share, /value="link"/, { expires_in: '3600' }))
  t.match(link, new RegExp(`^${base}hub/accept-share`))
  await admin.submit(share, /id="group"/, { group: 'class-a' })
  const seen = new Set<string>()
  const queue = [`${base}hub/home`, `${base}hub/admin`, `${base}user/ana/lab`, `${base}nowhere`]
  const look = async (browser: Browser, address: string): Promise<void> => {
    if (seen.has(address) || /\/hub\/logout$|^\/school\/lab\/services\//.test(address)) return
    seen.add(address)
    const page = await browser.send(address, { stay: true })
    const { location } = page.headers
    const next = location === undefined ? addressesOn(page) : [location]
    for (const each of next) {
      const isInside = each.startsWith(base) || each.startsWith('#') || each === ''
      t.ok(isInside, `${address} leads to ${each}`)
      if (each.startsWith(base)) queue.push(each.split('#', 1)[0] ?? '')
    }
    for (const { action } of formsOf(page)) t.ok(action.startsWith(base), `${address}: ${action}`)
  }
  // Looking adds to it.
  for (const address of queue) await look(admin, address)
  for (const page of ['token', 'account', 'admin/groups/1', 'admin/services', 'delete/admin/lab2'])
    t.ok(seen.has(`${base}hub/${page}`), `${page} was found by following links`)
  const stranger = await pages.browser()
  for (const address of [
    base,
    `${base}hub/`,
    link,
    `${base}user/ana/`,
    `${base}hub/user-redirect/x`,
  ])
    await look(stranger, address)
  const ana = await logIn(pages, 'ana')
  seen.delete(link)
  for (const address of [`${base}hub/home?ana`, link, `${base}user/ana/tree`])
    await look(ana, address)
})

const spec = { name: '', url: 'http://127.0.0.1:9000', command: [] }

t.test('every form of every page works there', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'], settings })
  const admin = await logIn(pages, 'admin')
  const open = (path: string): Promise<Page> => admin.open(`${base}hub/${path}`)
  const group = await admin.submit(await open('admin/groups'), /name="name"/, { name: 'a' })
  t.equal(group.address, `${base}hub/admin/groups/1`)
  const made = await admin.submit(await open('token'), /name="note"/, { note: 'x' })
  t.match(made.text, `${pages.url}${base}hub/api/user`)
  const added = await admin.submit(await open('home'), /hub\/servers"/, { name: 'lab' })
  t.equal(added.address, `${base}user/admin/lab/`)
  const gone = await admin.submit(await open('delete/admin/lab'), /delete/)
  t.equal(gone.address, `${base}hub/home?done=deleted`)
  const shared = await admin.submit(await open('share/admin'), /id="user"/, { user: 'ana' })
  t.equal(shared.address, `${base}hub/share/admin?done=shared`)
  t.match((await admin.submit(await open('home'), /logout/)).address, `${base}hub/login`)
})
