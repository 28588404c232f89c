/** The table of routes that the API of configurable-http-proxy shows and changes. */
import t from 'tap'
import { createRouteTable, prefixOf, tablePath } from '../../src/proxy/route-table.ts'
import { createRoutes } from '../../src/proxy/routes.ts'

function makeTable(options: { hostRouting?: boolean } = {}) {
  const routes = createRoutes(() => 1000)
  return { routes, table: createRouteTable({ routes, ...options }) }
}

t.test(
  'a route is kept by its path without the last slash, with what was said about it',
  async (t) => {
    const { routes, table } = makeTable()
    table.add('user/ana@x/', { target: 'http://127.0.0.1:9000/base?q', user: 'ana@x' })
    t.match(table.list(), [{ path: '/user/ana@x', data: { user: 'ana@x' } }])
    t.equal(table.find('/user/ana@x/')?.route.lastActivityMs, 1000, 'it counts as used now')
    const route = routes.match('/user/ana%40x/lab')
    t.match(route?.target, { host: '127.0.0.1', port: 9000 })
    t.equal(route && table.entryOf(route)?.address.pathname, '/base')
  },
)

t.test('the same path again replaces what was there', async (t) => {
  const { routes, table } = makeTable()
  table.add('/', { target: 'http://127.0.0.1:1' })
  table.add('/', { target: 'http://127.0.0.1:2', hub: true })
  t.match(table.list(), [{ path: '/', data: { target: 'http://127.0.0.1:2', hub: true } }])
  t.equal(routes.match('/anything')?.target.port, 2)
})

t.test('a route that is removed matches nothing any more', async (t) => {
  const { routes, table } = makeTable()
  let changes = 0
  table.onChange(() => (changes += 1))
  table.add('/a', { target: 'http://127.0.0.1:1' })
  t.equal(table.remove('/a/'), true)
  t.equal(table.remove('/a'), false)
  t.equal(routes.match('/a'), undefined)
  t.equal(changes, 2)
})

t.test('with host routing the host is said beside the route', async (t) => {
  const { table } = makeTable({ hostRouting: true })
  table.add('/ana.example.org/user/ana', { target: 'http://127.0.0.1:1' })
  table.add('/', { target: 'http://127.0.0.1:1' })
  t.equal(table.find('/ana.example.org/user/ana')?.data['host'], 'ana.example.org')
  t.notOk(table.find('/')?.data['host'])
})

t.test('targets are http, https and Unix sockets', async (t) => {
  const { routes, table } = makeTable()
  table.add('/s', { target: 'https://[::1]' })
  table.add('/u', { target: 'http+unix://%2Frun%2Fa.sock/x' })
  t.match(routes.match('/s')?.target, { host: '[::1]', port: 443, tls: true })
  t.match(routes.match('/u')?.target, { socket: '/run/a.sock' })
  for (const target of [
    '',
    'nonsense',
    'ftp://a',
    'file:///etc/passwd',
    'http+unix://%',
    'http://',
  ])
    t.throws(() => table.add('/x', { target }), { code: 'InvalidInput' }, target)
})

t.test('a path with an empty segment or a dot segment is none', async (t) => {
  const { table } = makeTable()
  for (const path of ['/a//b', '/a/../b', '/./a', '///'])
    t.throws(
      () => table.add(path, { target: 'http://127.0.0.1:1' }),
      { code: 'InvalidInput' },
      path,
    )
  t.same(table.list(), [])
})

t.test('whose a route is may be said by whoever keeps the table', async (t) => {
  const routes = createRoutes(() => 1000)
  const table = createRouteTable({
    routes,
    ownerOf: (added, { pathname }) => ({ added, basePath: pathname }),
  })
  table.add('/wiki/', { target: 'http://127.0.0.1:1/deep' })
  t.same(routes.match('/wiki/')?.owner, { added: '/wiki', basePath: '/deep' })
})

t.test('a path has one spelling in the table, and its prefix one slash more', async (t) => {
  for (const path of ['wiki', '/wiki', '/wiki/', 'wiki/']) t.equal(tablePath(path), '/wiki', path)
  t.equal(tablePath('/'), '/')
  t.equal(prefixOf('/wiki'), '/wiki/')
  t.equal(prefixOf('/'), '/')
})
