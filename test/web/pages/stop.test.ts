/** Stopping a server. */
import t from 'tap'
import { startPages, wordsOf } from '../../support/pages.ts'

t.test('a stopped server leaves nothing behind, and stopping it again is no error', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  await ana.send('/hub/spawn', { stay: true })
  const home = await ana.open('/hub/home')
  t.match(wordsOf(await ana.submit(home, /stop/)), /Your server Stopped/)
  t.same(pages.spawner.running, [])
  t.same(pages.context.routes.list(), [])
  t.equal((await ana.submit(home, /stop/)).status, 200)
})

t.test('it leads back to a page of this site only', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const token = ana.cookies.get('_xsrf')?.value ?? ''
  const to = async (next: string): Promise<unknown> => {
    const body = new URLSearchParams({ _xsrf: token, next }).toString()
    return (await ana.send('/hub/stop/ana', { method: 'POST', body, stay: true })).headers.location
  }
  t.equal(await to('/hub/account'), '/hub/account')
  t.equal(await to('//evil.example/'), '/hub/home')
})
