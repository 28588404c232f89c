/** The table of routes follows the services. */
import t from 'tap'
import { routeServices } from '../../src/core/service-routes.ts'
import { createRoutes } from '../../src/proxy/routes.ts'
import { createClock } from '../support/clock.ts'
import { openStore } from '../support/store.ts'

t.test('a service with an address has a route as long as it is registered', async (t) => {
  const store = openStore(t)
  const routes = createRoutes(() => 0)
  const server = { user: 'ana', server: '', serverId: 1, userId: 1 }
  routes.add('/base/user/ana/', { host: '127.0.0.1', port: 1 }, server)
  const save = (name: string, url: string | undefined, access: 'members' | 'public' = 'public') =>
    store.services.save({
      ...{ name, url, access, admin: false, command: [], info: {}, display: true },
      ...{ fromConfig: false, createdAt: createClock().now() },
    })
  const follow = () => routeServices({ store, routes, baseUrl: '/base/' })
  const ended: string[] = []
  routes.onRemove(({ prefix }) => ended.push(prefix))

  save('far', 'https://far.test/deep/')
  save('near', 'http://127.0.0.1:9000')
  save('silent', undefined)
  follow()
  t.match(routes.match('/base/services/far/x'), {
    prefix: '/base/services/far/',
    target: { host: 'far.test', port: 443, tls: true },
    owner: { service: 'far', access: 'public' },
  })
  t.same(routes.match('/base/services/near')?.target, { host: '127.0.0.1', port: 9000 })
  t.equal(routes.match('/base/services/silent/'), undefined)
  follow()
  t.same(ended, [], 'what did not change goes on')

  save('near', 'http://127.0.0.1:9000', 'members')
  follow()
  t.same(ended, ['/base/services/near/'], 'what was open to everybody ends')
  store.services.remove(store.services.getByName('far').id)
  follow()
  t.equal(routes.match('/base/services/far/'), undefined)
  t.ok(routes.match('/base/user/ana/'), "users' servers stay")
})
