/** Accepting a shared server, and giving it back. */
import t from 'tap'
import { allowSharing, linkIn } from '../../support/sharing.ts'
import { startPages, wordsOf, type TestPages } from '../../support/pages.ts'

async function linkOf(pages: TestPages): Promise<string> {
  allowSharing(pages.context, 'ana')
  const ana = await pages.browser('ana')
  const page = await ana.open('/hub/share/ana')
  return linkIn(await ana.submit(page, /value="link"/, { expires_in: '3600' }))
}

t.test(
  '§9.132: whoever accepts can open that server, finds it on home, gives it back',
  async (t) => {
    const pages = await startPages(t, { users: ['ana', 'ben'] })
    const link = await linkOf(pages)
    const ben = await pages.browser('ben')
    t.equal((await ben.open('/user/ana/')).status, 404)
    const page = await ben.open(link)
    t.match(wordsOf(page), /ana shares their server with you/)
    t.equal(page.headers['referrer-policy'], 'strict-origin')
    t.equal((await ben.open('/user/ana/')).status, 404, 'looking accepts nothing')
    t.equal((await ben.submit(page, /accept-share/)).address, '/user/ana/')
    t.match(wordsOf(await ben.open('/hub/home')), /Shared with you 1 ana Not running: only ana/)
    const left = await ben.submit(await ben.open('/hub/home'), /share-left\/ana/)
    t.match(wordsOf(left), /given the shared server back/)
    t.equal((await ben.open('/user/ana/')).status, 404)
  },
)

t.test('§5.10: the way goes on to where the link wanted, on this site only', async (t) => {
  const pages = await startPages(t, { users: ['ana', 'ben'] })
  const link = await linkOf(pages)
  const ben = await pages.browser('ben')
  const to = async (next: string): Promise<unknown> => {
    const page = await ben.open(`${link}&next=${encodeURIComponent(next)}`)
    const code = link.slice(-43)
    const token = ben.cookies.get('_xsrf')?.value ?? ''
    const wanted = /name="next" value="([^"]*)"/.exec(page.text)?.[1]
    const body = new URLSearchParams({ code, _xsrf: token, next: wanted ?? '' }).toString()
    const sent = await ben.send('/hub/accept-share', { method: 'POST', body, stay: true })
    return sent.headers.location
  }
  t.equal(await to('/user/ana/tree'), '/user/ana/tree')
  t.equal(await to('https://evil.example/'), '/user/ana/')
})

t.test('§9.132: no code, a wrong one, an own one: refused as JupyterHub does', async (t) => {
  const pages = await startPages(t, { users: ['ana', 'ben'] })
  const link = await linkOf(pages)
  const [ana, ben] = [await pages.browser('ana'), await pages.browser('ben')]
  t.equal((await ben.open('/hub/accept-share')).status, 400)
  t.equal((await ben.open('/hub/accept-share?code=nonsense')).status, 404)
  t.equal((await ana.open(link)).status, 403)
  for (const [browser, code] of [
    [ben, 'nonsense'],
    [ben, ''],
    [ana, link.slice(-43)],
  ] as const) {
    const body = `code=${code}&_xsrf=${browser.cookies.get('_xsrf')?.value ?? ''}`
    t.equal((await browser.send('/hub/accept-share', { method: 'POST', body })).status, 400, code)
  }
  const forged = await ben.send('/hub/accept-share', {
    method: 'POST',
    body: `code=${link.slice(-43)}`,
  })
  t.equal(forged.status, 403)
  const stranger = await pages.browser()
  t.equal(
    (await stranger.send(link, { stay: true })).headers.location,
    `/hub/login?${new URLSearchParams({ next: link }).toString()}`,
  )
})

t.test('what comes by a group is on home, and cannot be given back', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana', 'ben'] })
  const { context } = pages
  context.groups.createMany(['class-a'], ['ben'])
  const admin = await pages.browser('admin')
  await admin.submit(await admin.open('/hub/share/ana'), /id="group"/, { group: 'class-a' })
  const ben = await pages.browser('ben')
  const home = await ben.open('/hub/home')
  t.match(wordsOf(home), /ana Through the group class-a\. Not running: only ana can start it/)
  t.notMatch(home.text, /share-left/)
  const body = `_xsrf=${ben.cookies.get('_xsrf')?.value ?? ''}`
  t.equal((await ben.send('/hub/share-left/ana', { method: 'POST', body })).status, 404)
})
