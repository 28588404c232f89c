/** Programs that the hub is told of: which it takes, which not, and that it remembers them. */
import t, { type Test } from 'tap'
import { type RouteData } from '../../src/proxy/route-table.ts'
import { createCore } from '../support/core.ts'

const target = 'http://127.0.0.1:9'

function prepare(t: Test, settings: Readonly<Record<string, string>> = {}) {
  const core = createCore(t, { settings })
  const { addedRoutes, routes, store } = core.context
  const refusal = (path: string, data: RouteData = { target }): unknown => {
    try {
      addedRoutes.add(path, data)
    } catch (thrown) {
      return thrown
    }
    return undefined
  }
  return { ...core, addedRoutes, routes, store, refusal }
}

t.test('a route leads to its program, behind the path of its address', async (t) => {
  const { addedRoutes, routes, store, clock } = prepare(t)
  addedRoutes.add('wiki/', { target: 'https://wiki.test/deep//', team: 'blue' })
  t.match(routes.match('/wiki/a'), {
    prefix: '/wiki/',
    target: { host: 'wiki.test', port: 443, tls: true },
    owner: { added: '/wiki', basePath: '/deep' },
    lastActivityMs: clock.now().getTime(),
  })
  const usedAt = clock.now()
  const data = { target: 'https://wiki.test/deep//', team: 'blue' }
  t.same(store.addedRoutes.list(), [{ path: '/wiki', data, usedAt }], 'without a slash behind it')
  t.match(addedRoutes.find('/wiki/'), { path: '/wiki', data })
  t.equal(addedRoutes.remove('/wiki/'), true)
  t.equal(addedRoutes.remove('/wiki'), false)
  t.equal(routes.match('/wiki/a'), undefined)
  t.same(store.addedRoutes.list(), [])
})

t.test('no route stands in the way of the hub, or of what is configured', async (t) => {
  const { refusal, routes, store } = prepare(t, {
    extra_routes: JSON.stringify({ '/docs/two/': target }),
  })
  for (const path of [
    '/hub',
    '/Hub/x',
    '/user',
    '/user/nobody/deep',
    '/services/new',
    '/docs',
    '/docs/two',
    '/docs/two/deep',
    '/.well-known',
    '/.well-known/acme-challenge',
    '/a/.well-known',
  ])
    // prettier-ignore
    t.match(refusal(path), { code: 'Conflict' }, path)
  for (const path of [
    '/',
    '',
    '/a//b',
    '/a/../hub',
    '/./hub',
    '/a b',
    '/h%75b',
    '/a%2Fb',
    '/a;b',
    '/a\\b',
    '/ﬁ',
    '/a\0',
  ])
    // prettier-ignore
    t.match(refusal(path), { code: 'InvalidInput' }, JSON.stringify(path))
  t.same([routes.list(), store.addedRoutes.list()], [[], []], 'nothing is left of them')
  for (const path of ['/doc', '/docs/tw', '/users', '/wiki/hub']) t.equal(refusal(path), undefined)
})

t.test('with a base URL everything is below it', async (t) => {
  const { refusal } = prepare(t, { base_url: '/base/' })
  for (const path of ['/', '/wiki', '/base', '/hub'])
    t.match(refusal(path), { code: 'InvalidInput' }, path)
  t.match(refusal('/base/hub'), { code: 'Conflict' })
  t.equal(refusal('/base/wiki'), undefined)
})

t.test('a program is told nothing but HTTP: no socket of this machine is one', async (t) => {
  const { refusal } = prepare(t)
  for (const bad of ['http+unix://%2Frun%2Fa.sock', 'unix:/run/a.sock', 'file:///', '', 'http://u:p@a'])
    t.match(refusal('/wiki', { target: bad }), { code: 'InvalidInput' }, bad) // prettier-ignore
})

t.test('there are not more of them than anybody looks at', async (t) => {
  const { addedRoutes, refusal } = prepare(t)
  t.match(refusal('/wiki', { target, filler: 'x'.repeat(4 * 1024) }), { code: 'TooLarge' })
  for (let count = 0; count < 1000; count++) addedRoutes.add(`/r${count}`, { target })
  t.match(refusal('/one-more'), { code: 'TooMany' })
  t.equal(refusal('/r7', { target: 'http://127.0.0.1:10' }), undefined, 'replacing adds none')
})

t.test('a hub that starts anew has them, and knows when they were used', async (t) => {
  const core = prepare(t)
  const { addedRoutes, routes, clock } = core
  addedRoutes.add('/wiki', { target })
  addedRoutes.add('/idle', { target })
  const addedAt = clock.now()
  clock.advance(60_000)
  const route = routes.match('/wiki/')
  if (route) routes.touch(route)
  t.equal(addedRoutes.writeUse(1), true, 'there may be more')
  t.equal(addedRoutes.writeUse(1), false)
  const usedAt = clock.now()
  clock.advance(60_000)

  const configured = await core.restart({ settings: { extra_routes: `{"/idle/":"${target}"}` } })
  const next = configured.context
  next.addedRoutes.restore()
  t.same(
    next.addedRoutes.list().map(({ path, route }) => [path, route.lastActivityMs]),
    [['/wiki', usedAt.getTime()]],
  )
  t.match(configured.lines.join(''), /"route":"\/idle".*an added route stays closed/)
  const last = (await configured.restart({ settings: { extra_routes: '{}' } })).context
  last.addedRoutes.restore()
  t.equal(last.addedRoutes.find('/idle')?.route.lastActivityMs, addedAt.getTime())
})
