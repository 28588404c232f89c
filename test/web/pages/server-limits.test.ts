/** The page on which an administrator changes the limits of a server that runs. */
import t from 'tap'
import { holdLimits } from '../../support/fake-spawner.ts'
import { startPages, wordsOf } from '../../support/pages.ts'

const settings = { 'limits.memory': '1G', 'spawner.named_server_limit_per_user': '2' }

t.test('limits of a running server are changed without a restart', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'], settings })
  const { servers, store } = pages.context
  holdLimits(pages.context.spawner, { memoryBytes: 2 ** 30 })
  const ana = await pages.browser('ana')
  await ana.send('/hub/spawn', { stay: true })
  const admin = await pages.browser('admin')
  const list = await admin.open('/hub/admin')
  t.equal(list.text.match(/href="\/hub\/limits\/ana"/g)?.length, 2, 'what runs, and her row')
  const form = await admin.open('/hub/limits/ana')
  t.match(form.text, /name="memory"[^>]* value="1G"[^]*name="cpu"[^>]* value=""/)
  t.match(wordsOf(form), /They hold at once, nothing is restarted.*next start has.*memory 1G/)
  const done = await admin.submit(form, /limits/, { memory: ' 512M', cpu: '0.5', tasks: '' })
  t.match(wordsOf(done), 'The server has its new limits.')
  const [server] = store.servers.listOf(store.users.getByName('ana').id)
  t.same(server && servers.limits(server), { memoryBytes: 2 ** 29, cpuCores: 0.5 })
  t.equal(pages.spawner.requests.length, 1, 'it was not started again')
})

t.test('what cannot be is said beside what was written', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'], settings })
  holdLimits(pages.context.spawner)
  const ana = await pages.browser('ana')
  await ana.send('/hub/spawn', { stay: true })
  const admin = await pages.browser('admin')
  const form = await admin.open('/hub/limits/ana')
  const refused = await admin.submit(form, /limits/, { memory: '4', cpu: '2', tasks: '' })
  t.equal(refused.status, 400)
  t.match(wordsOf(refused), /'4' is too little for a server; write a size such as 512M or 2G/)
  t.match(refused.text, /name="memory"[^>]* value="4"[^]*name="cpu"[^>]* value="2"/)
  await ana.submit(await ana.open('/hub/home'), /stop\/ana/)
  const late = await admin.submit(form, /limits/, { memory: '1G', cpu: '', tasks: '' })
  t.equal(late.status, 424)
  t.match(wordsOf(late), /ana is not running\./)
})

t.test('of a server without limits there is nothing to change, and no way there', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'], settings })
  const ana = await pages.browser('ana')
  await ana.send('/hub/spawn', { stay: true })
  const admin = await pages.browser('admin')
  t.notMatch((await admin.open('/hub/admin')).text, '/hub/limits/')
  t.match(wordsOf(await admin.open('/hub/limits/ana')), /no limits of it to change/)
})

t.test('who may only start a server may not change its limits', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana', 'ben'], settings })
  holdLimits(pages.context.spawner)
  const ana = await pages.browser('ana')
  await ana.send('/hub/spawn', { stay: true })
  for (const name of ['ana', 'ben']) {
    const browser = await pages.browser(name)
    t.not((await browser.open('/hub/limits/ana')).status, 200, name)
    const sent = await browser.send('/hub/limits/ana', { method: 'POST', body: 'memory=' })
    t.not(sent.status, 200, name)
  }
  const [server] = pages.context.store.servers.listActive()
  t.same(server && pages.context.servers.limits(server), {})
})
