/** The route table: longest prefix wins, at the borders of segments. */
import t from 'tap'
import { createRoutes, type Owner, type Route } from '../../src/proxy/routes.ts'

const target = (port: number) => ({ host: '127.0.0.1', port })
const owner = (user: string, server = ''): Owner => ({ user, server, serverId: 1, userId: 1 })

const filled = () => {
  const routes = createRoutes(() => 1000)
  routes.add('/user/u0/', target(1), owner('u0'))
  routes.add('/user/u0/lab2/', target(2), owner('u0', 'lab2'))
  routes.add('/user/ana@x.org/', target(3), owner('ana@x.org'))
  routes.add('/user/josé/', target(4), owner('josé'))
  routes.add('/user/a b/', target(5), owner('a b'))
  routes.add('/user/100%/', target(6), owner('100%'))
  return routes
}

t.test('the longest prefix wins, and only whole segments count', (t) => {
  const routes = filled()
  const expected: Record<string, number | undefined> = {
    '/user/u0/': 1,
    '/user/u0': 1,
    '/user/u0/lab': 1,
    '/user/u0/lab2/': 2,
    '/user/u0/lab2': 2,
    '/user/u0/lab2/tree': 2,
    '/user/u0/lab2x/': 1,
    '/user/u0x/': undefined,
    '/user/u': undefined,
    '/user/': undefined,
    '/user': undefined,
    '/': undefined,
    '': undefined,
    'user/u0/': undefined,
    '/hub/user/u0/': undefined,
    '/user/U0/': undefined,
    '/user/u0//lab2/': 1,
    '//user/u0/': undefined,
    '/user//u0/': undefined,
  }
  for (const [path, port] of Object.entries(expected))
    t.equal(routes.match(path)?.target.port, port, path)
  t.end()
})

t.test('segments are decoded once before they are compared', (t) => {
  const routes = filled()
  const expected: Record<string, number | undefined> = {
    '/user/%75%30/': 1,
    '/%75ser/u0/': 1,
    '/user/u0/la%622/x': 2,
    '/user/ana@x.org/': 3,
    '/user/ana%40x%2eorg/': 3,
    '/user/jos%C3%A9/': 4,
    '/user/jos%c3%a9/': 4,
    '/user/jos\u00c3\u00a9/': undefined,
    '/user/a%20b/': 5,
    '/user/a+b/': undefined,
    '/user/100%25/': 6,
    '/user/100%/': undefined,
    '/user/%2575%2530/': undefined,
    '/user%2Fu0/': undefined,
    '/user/u0%2Flab2/': undefined,
    '/user/u0%00/': undefined,
    '/user/%ff/': undefined,
  }
  for (const [path, port] of Object.entries(expected))
    t.equal(routes.match(path)?.target.port, port, path)
  t.end()
})

t.test('a removed route matches no more, and what is below or above it stays', (t) => {
  const routes = filled()
  const removed: string[] = []
  routes.onRemove(({ prefix }) => {
    t.equal(routes.match(prefix)?.prefix === prefix, false, 'already gone when announced')
    removed.push(prefix)
  })
  routes.remove('/user/u0/')
  t.equal(routes.match('/user/u0/'), undefined)
  t.equal(routes.match('/user/u0/lab2/')?.target.port, 2)
  routes.remove('/user/u0/')
  routes.remove('/user/nobody/')
  routes.remove('/user/')
  t.same(removed, ['/user/u0/'])
  routes.remove('/user/u0/lab2/')
  t.equal(routes.match('/user/u0/lab2/'), undefined)
  t.equal(routes.list().length, 4)
  t.end()
})

t.test('a replaced route ends, the same one again does not', (t) => {
  const routes = filled()
  const removed: Route[] = []
  routes.onRemove((route) => removed.push(route))
  const before = routes.match('/user/u0/')
  routes.add('/user/u0/', target(1), owner('u0'))
  t.equal(routes.match('/user/u0/'), before)
  routes.add('/user/u0/', target(9), owner('u0'))
  t.equal(routes.match('/user/u0/')?.target.port, 9)
  t.same(removed, [before])
  t.equal(routes.list().length, 6)
  t.end()
})

t.test('the last use of a route is remembered and never goes back', (t) => {
  let now = 5000
  const routes = createRoutes(() => now)
  routes.add('/user/u0/', target(1), owner('u0'))
  const route = routes.list()[0]!
  t.equal(route.lastActivityMs, 0)
  routes.touch(route)
  t.equal(route.lastActivityMs, 5000)
  now = 4000
  routes.touch(route)
  t.equal(route.lastActivityMs, 5000)
  t.end()
})

t.test('ten thousand routes come and go', (t) => {
  const routes = createRoutes(() => 0)
  for (let index = 0; index < 10_000; index++)
    routes.add(`/base/user/u${index}/`, target(index + 1), owner(`u${index}`))
  for (let index = 0; index < 10_000; index++)
    if (routes.match(`/base/user/u${index}/lab`)?.target.port !== index + 1) t.fail(`u${index}`)
  for (let index = 0; index < 10_000; index++) routes.remove(`/base/user/u${index}/`)
  t.same(routes.list(), [])
  t.equal(routes.match('/base/user/u1/'), undefined)
  t.end()
})

t.test('routes to one target share it, and go one by one', (t) => {
  const routes = createRoutes(() => 0)
  for (const user of ['a', 'b', 'c'])
    routes.add(`/user/${user}/`, target(user === 'c' ? 2 : 1), owner(user))
  const [a, b, c] = ['a', 'b', 'c'].map((user) => routes.match(`/user/${user}/`)?.target)
  t.equal(a, b)
  t.same(c, target(2))
  routes.remove('/user/a/')
  t.equal(routes.match('/user/b/')?.target, b)
  t.end()
})
