/** How models look as JSON (contract §0.2, §3.5). */
import t from 'tap'
import { timestamp } from '../../src/api/present.ts'
import { startApi } from '../support/api.ts'

t.test('times are UTC with microseconds, without the fraction when there is none', (t) => {
  t.equal(timestamp(new Date('2026-01-31T12:34:56.789Z')), '2026-01-31T12:34:56.789000Z')
  t.equal(timestamp(new Date('2026-01-31T12:34:56Z')), '2026-01-31T12:34:56Z')
  t.equal(timestamp(undefined), null)
  t.end()
})

t.test('with a public address, servers are shown with their whole address too', async (t) => {
  const { as, addUser } = await startApi(t, { settings: { public_url: 'https://hub.example.org' } })
  const { json } = await as(addUser('ana@x'))('GET', '/hub/api/users/ana@x/server')
  t.match(json, {
    url: '/user/ana@x/',
    full_url: 'https://hub.example.org/user/ana@x/',
    full_progress_url: 'https://hub.example.org/hub/api/users/ana@x/server/progress',
  })
})

t.test('who may see one server of a user sees that one only', async (t) => {
  const { as, addUser, serverOf } = await startApi(t)
  const [admin, ana] = [addUser('admin'), addUser('ana')]
  serverOf(ana, 'lab')
  const call = as(admin, ['read:servers!server=ana/lab'])
  const { json } = await call('GET', '/hub/api/users/ana/servers/lab')
  t.equal(json.full_name, 'ana/lab')
  t.equal((await call('GET', '/hub/api/users/ana/server')).status, 404)
  t.equal((await call('GET', '/hub/api/users/ana')).status, 404)
})
