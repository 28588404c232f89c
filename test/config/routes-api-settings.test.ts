/** The REST API of routes is off, on loopback, and nothing of it changes under whoever uses it. */
import t from 'tap'
import { routesApi } from '../../src/config/routes-api-settings.ts'
import { isLive, listSettings, optionOf } from '../../src/config/sections.ts'

t.test('it is off by default, and each setting of it waits for a start', async (t) => {
  const settings = listSettings(routesApi, 'routes_api')
  t.same(
    settings.map(({ key, schema }) => [key, optionOf(schema, 'default')]),
    [
      ['routes_api.enabled', false],
      ['routes_api.host', '127.0.0.1'],
      ['routes_api.port', 8001],
      ['routes_api.token', ''],
      ['routes_api.open_to_network', false],
    ],
  )
  t.same(settings.filter(isLive), [])
})
