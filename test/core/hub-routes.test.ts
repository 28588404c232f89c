/** Every route as one table: what the hub keeps can be seen, and not be changed. */
import t, { type Test } from 'tap'
import { createHubRoutes, programPorts, routeFacts } from '../../src/core/hub-routes.ts'
import { createCore } from '../support/core.ts'

const target = 'http://127.0.0.1:9'

function prepare(t: Test, settings: Readonly<Record<string, string>> = {}) {
  const core = createCore(t, { settings })
  const { context, clock, addUser, serverOf } = core
  const { addedRoutes: added, routes } = context
  const own = () => ['http://0.0.0.0:8000/', 'https://hub.test:8443/', 'http://127.0.0.1:7000']
  const table = createHubRoutes({ ...context, added, own })
  const owner = { user: 'ana', server: '', serverId: serverOf(addUser('ana')).id, userId: 1 }
  routes.add('/user/ana/', { host: '127.0.0.1', port: 4001 }, owner)
  const socket = { host: 'localhost', port: 0, socket: '/run/a b.sock' }
  routes.add('/user/ana/named/', socket, { ...owner, server: 'named' })
  routes.add(
    '/services/open/',
    { host: 'far.test', port: 80 },
    { service: 'open', access: 'public' },
  )
  const refusalOf = (work: () => unknown): unknown => {
    try {
      return work()
    } catch (thrown) {
      return thrown
    }
  }
  return { ...core, table, routes, clock, refusalOf }
}

const shown = (list: readonly { readonly path: string; readonly data: object }[]) =>
  Object.fromEntries(list.map(({ path, data }) => [path, data]))

t.test('all are listed, each with what a JupyterHub says about it', async (t) => {
  const { table } = prepare(t, { extra_routes: `{"/docs/":"${target}/deep"}` })
  table.add('/wiki', { target, team: 'blue' })
  const jupyterhub = true
  const expected = {
    '/': { hub: true, jupyterhub, target: 'http://0.0.0.0:8000/' },
    '/docs': { extra: true, jupyterhub, target: `${target}/deep` },
    '/user/ana': { user: 'ana', server_name: '', jupyterhub, target: 'http://127.0.0.1:4001' },
    '/user/ana/named': {
      ...{ user: 'ana', server_name: 'named', jupyterhub },
      target: 'http+unix://%2Frun%2Fa%20b.sock',
    },
    '/services/open': { service: 'open', jupyterhub, target: 'http://far.test:80' },
    '/wiki': { target, team: 'blue' },
  }
  t.same(shown(table.list()), expected)
  for (const [path, data] of Object.entries(expected)) t.same(table.find(`${path}/`)?.data, data)
  for (const path of ['/user/ana/other', '/user', '/services', '/docs/deep', '/wiki/x', '/hub'])
    t.equal(table.find(path), undefined, path)
  t.same(routeFacts({ added: '/wiki', basePath: '' }), { extra: true })
})

t.test('what the hub keeps is neither replaced nor removed', async (t) => {
  const { table, refusalOf } = prepare(t, { extra_routes: `{"/docs/":"${target}"}` })
  const before = shown(table.list())
  for (const path of ['/', '', '/docs', '/docs/', 'user/ana', '/user/ana/named/', '/services/open'])
    for (const work of [() => table.add(path, { target }), () => table.remove(path)])
      t.match(refusalOf(work), { code: 'Conflict', message: /^The hub itself keeps \// }, path)
  t.equal(table.remove('/user/nobody'), false)
  t.same(shown(table.list()), before)
})

t.test('with a base URL the hub’s own route is that', async (t) => {
  const { table, refusalOf } = prepare(t, { base_url: '/base/' })
  t.match(table.find('/base'), { data: { hub: true } })
  t.equal(table.find('/'), undefined)
  t.match(
    refusalOf(() => table.remove('/base')),
    { code: 'Conflict' },
  )
})

t.test('no program is the hub itself, or what only some may open', async (t) => {
  const { table, refusalOf } = prepare(t)
  for (const address of [
    ...['http://127.0.0.1:8000', 'http://localhost:8000/x', 'http://[::1]:8000', 'http://0:8000'],
    ...['http://127.9.9.9:7000', 'http://2130706433:7000', 'http://[::ffff:127.0.0.1]:8000'],
    ...['https://hub.test:8443', 'http://a.localhost:8000', 'http://LOCALHOST.:8000'],
  ])
    t.match(refusalOf(() => table.add('/wiki', { target: address })), { code: 'InvalidInput', message: /this hub itself/ }, address) // prettier-ignore
  for (const address of ['http://localhost:4001', 'http://far.test'])
    t.match(refusalOf(() => table.add('/wiki', { target: address })), { code: 'InvalidInput', message: /has its own route/ }, address) // prettier-ignore
  t.equal(table.find('/wiki'), undefined)
  table.add('/wiki', { target: 'http://far.test:8000' })
  table.add('/again', { target: 'http://far.test:8000' })
})

t.test('a server that nobody has used is as idle as it is old', async (t) => {
  const { table, context, clock, serverOf, addUser, routes } = prepare(t)
  const bob = addUser('bob')
  await context.servers.start(serverOf(bob))
  const startedMs = clock.now().getTime()
  clock.advance(60_000)
  const idleOf = (path: string) => table.find(path)?.route.lastActivityMs
  t.equal(idleOf('/user/bob'), startedMs)
  t.equal(idleOf('/'), clock.now().getTime(), 'what is not measured counts as used')
  const route = routes.match('/user/bob/')
  if (route) routes.touch(route)
  t.equal(idleOf('/user/bob'), clock.now().getTime())
})

t.test('ports that routes name are known, but for those of servers', async (t) => {
  const { table, routes, context } = prepare(t, {
    extra_routes: '{"/docs/":"http://localhost:81"}',
  })
  for (const [index, host] of ['127.0.0.1', 'localhost', '[::1]', '127.9.9.9'].entries())
    table.add(`/wiki${index}`, { target: `http://${host}:${9000 + index}/deep` })
  table.add('/again', { target: 'https://[::ffff:127.0.0.1]:9000' })
  const ports = programPorts(routes, context.config)
  t.same(ports.sort(), [80, 81, 9000, 9001, 9002, 9003])
})
