/** The REST API of routes listens on its own, when it is asked to. */
import t, { type Test } from 'tap'
import { createRoutesListener } from '../../src/web/routes-listener.ts'
import { createCore } from '../support/core.ts'
import { ask, callApi, token } from '../support/standalone.ts'

function prepare(t: Test, settings: Readonly<Record<string, string>> = {}) {
  const { context, lines } = createCore(t, {
    settings: {
      'routes_api.enabled': 'true',
      'routes_api.port': '0',
      'routes_api.token': token,
      ...settings,
    },
  })
  const listener = createRoutesListener({ ...context, own: () => ['http://127.0.0.1:8000/', ''] })
  t.teardown(() => listener.close())
  return { listener, lines, context, portNow: () => Number(new URL(listener.url).port) }
}

t.test('it answers the routes API and nothing else, to whoever has the token', async (t) => {
  const { listener, lines, portNow } = prepare(t)
  t.equal(listener.url, '')
  await listener.listen()
  t.match(listener.url, /^http:\/\/127\.0\.0\.1:\d+\/$/)
  const port = portNow()
  t.match(JSON.parse((await callApi(port, {})).text), { '/': { target: 'http://127.0.0.1:8000/' } })
  t.match(await callApi(port, { authorization: '' }), { status: 403, text: '' })
  t.match(await callApi(port, { authorization: `token ${token}x` }), { status: 403 })
  for (const path of ['/', '/hub/login', '/hub/api', '/user/ana/', '/metrics'])
    t.match(await ask({ host: '127.0.0.1', port, path }), { status: 404 }, path)
  t.match(lines.join(''), `"url":"${listener.url}api/routes"`)
  t.notMatch(lines.join(''), token)
})

t.test('none of its own addresses is a program', async (t) => {
  const { listener, portNow } = prepare(t, { public_url: 'https://hub.test' })
  await listener.listen()
  const port = portNow()
  for (const target of [
    `http://127.0.0.1:${port}`,
    'http://localhost:1',
    'https://hub.test',
    'http://[::1]:8000',
  ])
    t.match(
      await callApi(port, { method: 'POST', path: '/api/routes/wiki', body: { target } }),
      { status: 400, text: /this hub itself/ },
      target,
    )
})

t.test('it is silent where it is not enabled, and gives its port back', async (t) => {
  const off = prepare(t, { 'routes_api.enabled': 'false' })
  await off.listener.listen()
  t.equal(off.listener.url, '')
  await off.listener.close()
  const { listener, portNow } = prepare(t)
  await listener.listen()
  const port = portNow()
  const other = prepare(t, { 'routes_api.port': String(port) }).listener
  const refused: unknown = await other.listen().catch((error: unknown) => error)
  t.match(refused, {
    problems: [{ key: 'routes_api.port', sentence: /in use by another program/ }],
  })
  await listener.close()
  t.equal(listener.url, '')
  await other.listen()
  t.equal(other.url, `http://127.0.0.1:${port}/`)
})
