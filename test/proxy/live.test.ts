/** What is under way ends with its route and with the hub. */
import t from 'tap'
import { createLive } from '../../src/proxy/live.ts'
import { createRoutes } from '../../src/proxy/routes.ts'

t.test('a removed route ends what is on it, once, and nothing else', (t) => {
  const routes = createRoutes(() => 0)
  const live = createLive(routes)
  const [ana, bob] = ['ana', 'bob'].map((user) => {
    const prefix = `/user/${user}/`
    routes.add(prefix, { host: 'h', port: 1 }, { user, server: '', serverId: 1, userId: 1 })
    return routes.match(prefix)!
  })
  const ended: string[] = []
  live.add(ana!, (because) => ended.push(`ana: ${because.message}`))
  const over = live.add(ana!, () => ended.push('over'))
  live.add(bob!, (because) => ended.push(`bob: ${because.message}`))
  t.equal(live.size, 3)
  over()
  over()
  t.equal(live.size, 2)
  routes.remove('/user/ana/')
  routes.remove('/user/ana/')
  t.same(ended, ['ana: the server was stopped'])
  live.endAll(new Error('night'))
  live.endAll(new Error('night'))
  t.same(ended.slice(1), ['bob: night'])
  t.equal(live.size, 0)
  t.end()
})
