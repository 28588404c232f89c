/** Static files and the sign of life. */
import t from 'tap'
import { startPages } from '../../support/pages.ts'

t.test(
  'a file may be kept for ever under its version, and is asked for again without',
  async (t) => {
    const pages = await startPages(t)
    const stranger = await pages.browser()
    const login = await stranger.open('/hub/login')
    const address = /href="([^"]+hub\.css[^"]+)"/.exec(login.text)?.[1] ?? ''
    const page = await stranger.open(address)
    t.match(page.headers, { 'content-type': /text\/css/, 'cache-control': /immutable/ })
    t.match(page.text, /prefers-color-scheme: dark/)
    const plain = await stranger.open('/hub/static/hub.css')
    t.equal(plain.headers['cache-control'], 'no-cache')
    const again = await stranger.send('/hub/static/hub.css', {
      headers: { 'if-none-match': plain.headers.etag ?? '' },
    })
    t.equal(again.status, 304)
    for (const name of ['..%2fhub.css', '%2e%2e', 'layout.eta', '..%5chub.css'])
      t.equal((await stranger.open(`/hub/static/${name}`)).status, 404, name)
  },
)

// §9.96
t.test('the sign of life is empty and leaves no cookie', async (t) => {
  const pages = await startPages(t)
  const stranger = await pages.browser()
  const page = await stranger.open('/hub/health')
  t.match(page, { status: 200, text: '' })
  t.equal(page.headers['set-cookie'], undefined)
  t.match((await stranger.open('/hub/logo')).headers['content-type'], 'image/svg+xml')
})
