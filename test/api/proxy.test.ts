/** `/proxy`: the table of routes (contract §3.1, §9.133). */
import t from 'tap'
import { startApi } from '../support/api.ts'

t.test('§9.133 administrators see the routes and have them checked', async (t) => {
  const { as, addUser, nobody, serverOf, context } = await startApi(t)
  const ana = addUser('a b')
  const admin = as(addUser('admin'))
  t.equal((await nobody('GET', '/hub/api/proxy')).status, 403)
  t.equal((await as(ana)('GET', '/hub/api/proxy')).status, 403)
  await context.servers.start(serverOf(ana))
  const shown = {
    '/user/a%20b/': {
      routespec: '/user/a%20b/',
      target: /^http:\/\/127\.0\.0\.1:\d+$/,
      data: { user: 'a b', server_name: '' },
    },
  }
  t.match(await admin('GET', '/hub/api/proxy'), { status: 200, json: shown })
  context.routes.remove('/user/a b/')
  const stale = { user: 'x', server: '', serverId: 99, userId: 99 }
  context.routes.add('/user/x/', { host: '127.0.0.1', port: 1 }, stale)
  t.match(await admin('POST', '/hub/api/proxy'), { status: 200, text: '' })
  t.match((await admin('GET', '/hub/api/proxy')).json, shown)
  t.equal(context.routes.list().length, 1)
  const wrapped = { accept: 'application/jupyterhub-pagination+json' }
  t.match((await admin('GET', '/hub/api/proxy', undefined, wrapped)).json, {
    items: shown,
    _pagination: { total: 1 },
  })
})

t.test('there is no other proxy to talk to', async (t) => {
  const { as, addUser } = await startApi(t)
  const admin = as(addUser('admin'))
  for (const body of [undefined, [], '"x"', { api_url: 'http://127.0.0.1:1' }])
    t.equal((await admin('PATCH', '/hub/api/proxy', body)).status, 400)
})
