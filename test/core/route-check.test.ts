/** §9.133: the table of routes is made what the store says. */
import t from 'tap'
import { checkRoutes } from '../../src/core/route-check.ts'
import { createCore } from '../support/core.ts'

t.test('§9.133 missing routes come back, stale ones go, pending ones stay', async (t) => {
  const { context, addUser, serverOf } = createCore(t)
  const { store, routes, servers, metrics } = context
  const ana = addUser('ana')
  const lab = await servers.start(serverOf(ana))
  const [route] = routes.list()
  routes.remove('/user/ana/')
  const pending = serverOf(addUser('bob'))
  store.servers.update(pending.id, { state: 'starting' })
  const target = { host: '127.0.0.1', port: 1 }
  const owner = { user: 'bob', server: '', serverId: pending.id, userId: pending.userId }
  routes.add('/user/bob/', target, owner)
  routes.add('/user/gone/', target, { ...owner, serverId: 999 })
  t.same(checkRoutes({ store, routes, metrics, baseUrl: '/' }), { added: 1, removed: 1 })
  t.same(checkRoutes({ store, routes, metrics, baseUrl: '/' }), { added: 0, removed: 0 })
  t.same(
    routes.list().map(({ prefix }) => prefix),
    ['/user/bob/', '/user/ana/'],
  )
  t.match(routes.match('/user/ana/'), { target: route?.target, owner: { serverId: lab.id } })
  for (const step of ['check_routes', 'proxy_poll'])
    t.match(metrics.render(), `jupyterhub_${step}_duration_seconds_count 2\n`)
  store.servers.update(pending.id, { state: 'stopped' })
})
