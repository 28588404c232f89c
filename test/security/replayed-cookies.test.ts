/** S-04, S-54: a stolen cookie is worth nothing after logout, and nothing after its time. */
import t from 'tap'
import { DAY } from '../../src/lib/time.ts'
import { type Browser } from '../support/browser.ts'
import { createClock } from '../support/clock.ts'
import { startPages, type TestPages } from '../support/pages.ts'

async function thiefOf(pages: TestPages, victim: Browser): Promise<Browser> {
  const thief = await pages.browser()
  for (const [name, cookie] of victim.cookies) thief.cookies.set(name, cookie)
  return thief
}

const isIn = async (browser: Browser): Promise<boolean> =>
  (await browser.send('/hub/home', { stay: true })).status === 200

t.test('after logout every copy is dead, and no answer revives it', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const thief = await thiefOf(pages, ana)
  t.ok(await isIn(thief))
  await ana.open('/hub/logout')
  t.notOk(await isIn(thief))
  for (const path of [
    '/',
    '/hub/',
    '/hub/home',
    '/hub/login',
    '/user/ana/',
    '/user/ana/api/x',
    '/hub/nope',
  ]) {
    const { headers } = await thief.send(path, { stay: true })
    t.notMatch(String(headers['set-cookie'] ?? ''), /session/, path)
  }
  t.equal((await thief.send('/user/ana/api/status')).status, 401)
})

t.test('a request that is under way during the logout sets no login again', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const tab = await thiefOf(pages, ana)
  const [answers] = await Promise.all([
    Promise.all(Array.from({ length: 10 }, () => tab.send('/hub/home', { stay: true }))),
    ana.open('/hub/logout'),
  ])
  for (const { headers } of answers) t.notMatch(String(headers['set-cookie'] ?? ''), /session/)
  t.notOk(await isIn(tab))
})

t.test('an unused login ends, and a used one ends too', async (t) => {
  const clock = createClock()
  const pages = await startPages(t, { users: ['ana'], clock })
  const idle = await pages.browser('ana')
  const busy = await pages.browser('ana')
  clock.advance(6 * DAY)
  t.ok(await isIn(busy))
  clock.advance(1 * DAY)
  t.notOk(await isIn(idle), 'unused for a week')
  t.ok(await isIn(busy))
  clock.advance(6 * DAY)
  t.ok(await isIn(busy))
  clock.advance(1 * DAY)
  t.notOk(await isIn(busy), 'two weeks old')
})

t.test('a user who is deleted or disabled is out at once', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana', 'ben'] })
  const ana = await pages.browser('ana')
  const ben = await pages.browser('ben')
  const { users, store } = pages.context
  await users.setDisabled(store.users.getByName('ana'), true)
  await users.remove(store.users.getByName('ben'))
  t.notOk(await isIn(ana))
  t.notOk(await isIn(ben))
})
