/** S-40: nobody becomes the owner by being first; only the claim link makes one. */
import t from 'tap'
import { DAY } from '../../src/lib/time.ts'
import { formsOf } from '../support/browser.ts'
import { createClock } from '../support/clock.ts'
import { passwordOf } from '../support/hub.ts'
import { logIn, startPages } from '../support/pages.ts'

t.test('on a fresh hub no name and no password get anybody in', async (t) => {
  const pages = await startPages(t)
  const stranger = await pages.browser()
  for (const name of ['admin', 'root', 'owner']) {
    t.equal((await logIn(stranger, name)).status, 403)
    t.notOk(stranger.cookies.has('littlehub-session'))
  }
  t.equal(pages.context.store.users.count(), 0)
})

t.test('of many claimers at once exactly one wins', async (t) => {
  const pages = await startPages(t)
  const link = pages.context.links.claim()
  const claimers = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const browser = await pages.browser()
      const [form] = formsOf(await browser.open(link))
      const name = `claimer${index}`
      const fields = { ...form?.fields, username: name, password: passwordOf(name) }
      return { browser, body: new URLSearchParams(fields).toString() }
    }),
  )
  const answers = await Promise.all(
    claimers.map(({ browser, body }) => browser.send(link, { method: 'POST', body, stay: true })),
  )
  const statuses = answers.map(({ status }) => status).sort()
  t.equal(statuses.filter((status) => status === 302).length, 1, String(statuses))
  t.ok(
    statuses.slice(1).every((status) => status === 404 || status === 409),
    String(statuses),
  )
  t.equal(pages.context.store.users.count(), 1)
  t.equal(claimers.filter(({ browser }) => browser.cookies.has('littlehub-session')).length, 1)
})

t.test('a claim link dies when it is used, replaced, or a day old', async (t) => {
  const clock = createClock()
  const pages = await startPages(t, { clock })
  const stranger = await pages.browser()
  const first = pages.context.links.claim()
  const second = pages.context.links.claim()
  t.equal((await stranger.open(first)).status, 404, 'replaced')
  clock.advance(DAY)
  t.equal((await stranger.open(second)).status, 404, 'too old')
  const third = pages.context.links.claim()
  await stranger.submit(await stranger.open(third), /password/, {
    username: 'owner',
    password: passwordOf('owner'),
  })
  t.equal((await stranger.open(third)).status, 404, 'used')
  t.throws(() => pages.context.links.claim(), { code: 'Conflict' })
})

t.test('looking at the link does not use it up', async (t) => {
  const pages = await startPages(t)
  const link = pages.context.links.claim()
  const preview = await pages.browser()
  for (let look = 0; look < 3; look++) t.equal((await preview.open(link)).status, 200)
  const owner = await pages.browser()
  const home = await owner.submit(await owner.open(link), /password/, {
    username: 'owner',
    password: passwordOf('owner'),
  })
  t.equal(home.address, '/hub/home')
})
