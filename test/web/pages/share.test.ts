/** Sharing a server with people, groups, and by links. */
import t from 'tap'
import { type Browser, type Page } from '../../support/browser.ts'
import { allowSharing, linkIn } from '../../support/sharing.ts'
import { startPages, wordsOf } from '../../support/pages.ts'

const share = async (browser: Browser, fields: Record<string, string>): Promise<Page> =>
  browser.submit(
    await browser.open('/hub/share/ana'),
    'group' in fields ? /id="group"/ : /id="user"/,
    fields,
  )

t.test('§9.131: a server is shared with a person and a group, and both shares end', async (t) => {
  const pages = await startPages(t, { users: ['ana', 'ben', 'cleo'] })
  const { context } = pages
  allowSharing(context, 'ana')
  context.groups.createMany(['class-a'], ['cleo'])
  const can = async (name: string): Promise<boolean> => {
    const { value = '' } = (await pages.browser(name)).cookies.get('littlehub-session') ?? {}
    const who = context.access.identifySession({ cookie: `littlehub-session=${value}` })
    return context.access.can(who, 'access:servers', { server: 'ana/' })
  }
  const ana = await pages.browser('ana')
  t.match((await ana.open('/hub/home')).text, /href="\/hub\/share\/ana"/)
  t.match(wordsOf(await share(ana, { user: ' Ben ' })), /The server is shared.*Shared with 1 ben/)
  t.match(wordsOf(await share(ana, { group: 'class-a' })), /class-a group/)
  t.same([await can('ben'), await can('cleo')], [true, true])
  await ana.submit(await ana.open('/hub/share/ana'), /value="end".*name="user" value="ben"/s)
  t.same([await can('ben'), await can('cleo')], [false, true])
  await ana.submit(await ana.open('/hub/share/ana'), /value="end".*name="group" value="class-a"/s)
  t.same([await can('ben'), await can('cleo')], [false, false])
})

t.test('§9.131: whoever is not there, or nobody, is refused with a sentence', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  allowSharing(pages.context, 'ana')
  const ana = await pages.browser('ana')
  const unknown = await share(ana, { user: 'zoe' })
  t.equal(unknown.status, 400)
  t.match(wordsOf(unknown), /No such user: zoe/)
  t.match(unknown.text, /value="zoe"/)
  t.equal((await share(ana, { user: '' })).status, 400)
  t.equal((await share(ana, { user: 'ana', group: 'x' })).status, 400)
  t.equal((await share(ana, { user: 'ana', _xsrf: 'old' })).status, 403)
})

t.test('only whoever may share a server is offered it, and gets there', async (t) => {
  const pages = await startPages(t, { users: ['ana', 'ben', 'admin'] })
  allowSharing(pages.context, 'ben')
  const ana = await pages.browser('ana')
  t.notMatch((await ana.open('/hub/home')).text, /hub\/share\//)
  t.equal((await ana.open('/hub/share/ana')).status, 403)
  t.equal((await (await pages.browser('ben')).open('/hub/share/ana')).status, 404)
  t.equal((await (await pages.browser('admin')).open('/hub/share/ana')).status, 200)
  const body = `do=share&user=ana&_xsrf=${ana.cookies.get('_xsrf')?.value ?? ''}`
  t.equal((await ana.send('/hub/share/ana', { method: 'POST', body })).status, 403)
})

t.test('§9.132: a link is shown once, lasts as chosen, and is revoked', async (t) => {
  const pages = await startPages(t, { users: ['ana', 'ben'] })
  allowSharing(pages.context, 'ana')
  const ana = await pages.browser('ana')
  const made = await ana.submit(await ana.open('/hub/share/ana'), /value="link"/, {
    expires_in: '3600',
  })
  const link = linkIn(made)
  t.match(link, /^\/hub\/accept-share\?code=[\w-]{43}$/)
  const list = await ana.open('/hub/share/ana')
  t.match(wordsOf(list), /Ends in (59 minutes|an hour), not used yet/)
  t.notMatch(list.text, link.slice(-43))
  for (const expires_in of ['59', '31536001', '', 'x'])
    t.equal((await ana.submit(list, /value="link"/, { expires_in })).status, 400, expires_in)
  await ana.submit(list, /value="end-link"/)
  t.equal((await (await pages.browser('ben')).open(link)).status, 404)
})
