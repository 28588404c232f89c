/** The metrics of a proxy by itself. */
import t from 'tap'
import { startServer } from '../support/proxy.ts'
import { ask, portOf, startStandalone } from '../support/standalone.ts'

t.test('what happened is counted, by the names of the peer', async (t) => {
  const server = await startServer(t, (_, response) => response.end())
  const proxy = await startStandalone(t, { metrics: { host: '127.0.0.1', port: 0 } })
  const { api, port } = proxy
  const body = { target: `http://127.0.0.1:${server.port}` }
  await api({ method: 'POST', path: '/api/routes/a', body })
  await api({})
  await api({ method: 'DELETE', path: '/api/routes/none' })
  await ask({ host: '127.0.0.1', port, path: '/a/' })
  await ask({ host: '127.0.0.1', port, path: '/none' })
  const at = { host: '127.0.0.1', port: portOf(proxy.places.metrics) }
  const { text, type } = await ask({ ...at, path: '/metrics' })
  t.match(type, 'text/plain')
  for (const line of [
    'api_route_get 1',
    'api_route_add 1',
    'api_route_delete 1',
    'requests_ws 0',
    'requests_web 2',
    'requests_proxy{status="200"} 1',
    'requests_proxy{status="404"} 1',
    'requests_api{status="201"} 1',
    'requests_api{status="200"} 1',
    'requests_api{status="404"} 1',
    'find_target_for_req_count 2',
    'last_activity_updating_count 2',
    '# TYPE find_target_for_req summary',
  ])
    // prettier-ignore
    t.ok(text.includes(`${line}\n`), line)
  t.match(text, /^find_target_for_req\{quantile="0\.5"\} [\d.e-]+$/m)
  t.match(text, /^process_resident_memory_bytes \d+$/m)
  t.match(await ask({ ...at, path: '/other' }), { status: 404 })
})

t.test('where nobody wants them there are none', async (t) => {
  const { places } = await startStandalone(t)
  t.equal(places.metrics, undefined)
})
