/** The pages of a server that is not there. */
import t from 'tap'
import { startPages, wordsOf } from '../support/pages.ts'
import { progressPathOf } from '../../src/web/server-pages.ts'

t.test('the progress stream has the address of the API', async (t) => {
  const server = { userName: 'é', name: '' }
  t.equal(progressPathOf('/hub/', server), '/hub/api/users/%C3%A9/server/progress')
  t.equal(
    progressPathOf('/hub/', { ...server, name: 'lab2' }),
    '/hub/api/users/%C3%A9/servers/lab2/progress',
  )
})

t.test('a program that ended by itself shows its exit code and last lines', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  await ana.send('/hub/spawn', { stay: true })
  pages.spawner.say('one line', '<b>another</b> line')
  pages.spawner.end('ana', 3)
  const server = pages.context.store.servers.listActive()[0]
  if (server) await pages.context.servers.check(server)
  const page = await ana.open('/user/ana/lab')
  t.equal(page.status, 424)
  t.match(wordsOf(page), /exit code 3.*one line/)
  t.match(page.text, '&lt;b&gt;another&lt;/b&gt; line\n')
  t.match(page.text, 'name="next" value="/user/ana/lab"')
})

t.test(
  '§5.3: a page of a stopped server may start it by itself, but not for another site',
  async (t) => {
    const settings = { implicit_spawn_seconds: '3' }
    const pages = await startPages(t, { users: ['ana'], settings })
    const ana = await pages.browser('ana')
    const refresh = /content="3;url=\/hub\/spawn\/ana\?next=%2Fuser%2Fana%2Flab%3Fx%3D1"/
    const page = await ana.open('/user/ana/lab?x=1')
    t.equal(page.status, 424)
    t.match(page.text, refresh)
    const headers = { 'sec-fetch-site': 'cross-site' }
    t.notMatch((await ana.send('/user/ana/lab?x=1', { headers })).text, /http-equiv="refresh"/)
    const usual = await startPages(t, { users: ['ana'] })
    const other = await usual.browser('ana')
    t.notMatch((await other.open('/user/ana/lab')).text, /http-equiv="refresh"/)
  },
)
