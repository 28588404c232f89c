/** `/api/routes`, as configurable-http-proxy publishes it. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import t from 'tap'
import { startStandalone, token, type ApiCall } from '../support/standalone.ts'

const target = 'http://127.0.0.1:9'

t.test('a route is added, shown, and removed', async (t) => {
  const { api } = await startStandalone(t)
  t.match(await api({}), { status: 200, type: 'application/json', text: '{}' })
  t.match(
    await api({
      method: 'POST',
      path: '/api/routes/user/ana%40x',
      body: { target, user: 'ana@x' },
    }),
    { status: 201, text: '' },
  )
  const { text } = await api({ path: '/api/routes/' })
  const routes = JSON.parse(text) as Record<string, { last_activity: string }>
  t.match(routes, { '/user/ana@x': { target, user: 'ana@x' } })
  t.match(routes['/user/ana@x']?.last_activity, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  for (const one of ['/api/routes/user/ana@x', '/api/routes/user/ana%40x/'])
    t.same(JSON.parse((await api({ path: one })).text), routes['/user/ana@x'], one)
  t.match(await api({ method: 'DELETE', path: '/api/routes/user/ana%40x' }), { status: 204 })
  t.match(await api({ method: 'DELETE', path: '/api/routes/user/ana%40x' }), { status: 404 })
  t.match(await api({ path: '/api/routes/user/ana%40x' }), { status: 404, text: '' })
})

t.test('without a path the default route is meant', async (t) => {
  const { api } = await startStandalone(t)
  t.match(await api({ method: 'POST', body: { target } }), { status: 201 })
  t.match(JSON.parse((await api({})).text), { '/': { target } })
  t.match(await api({ method: 'DELETE' }), { status: 204 })
  t.equal((await api({})).text, '{}')
})

t.test('only routes that were not used since then are listed, when asked so', async (t) => {
  const { api } = await startStandalone(t)
  await api({ method: 'POST', path: '/api/routes/a', body: { target } })
  const listed = async (query: string): Promise<string[]> =>
    Object.keys(JSON.parse((await api({ path: `/api/routes?${query}` })).text) as object)
  t.same(await listed('inactiveSince=2001-01-01T00:00:00Z'), [])
  t.same(await listed('inactiveSince=2999-01-01T00:00:00Z'), ['/a'])
  t.same(await listed('inactive_since=2001-01-01T00:00:00Z'), [], 'as it is published')
  t.same(await listed('inactiveSince='), ['/a'])
  t.match(await api({ path: '/api/routes?inactiveSince=noon' }), {
    status: 400,
    text: "Invalid datestamp 'noon' must be ISO8601.",
  })
})

t.test('whoever has no token, or another one, is told nothing', async (t) => {
  const { api } = await startStandalone(t)
  const calls: ApiCall[] = [
    {},
    { path: '/api/routes/a' },
    { method: 'POST', path: '/api/routes/a', body: { target } },
    { method: 'POST', path: '/api/routes/a', body: 'no JSON' },
    { method: 'DELETE', path: '/api/routes/a' },
  ]
  for (const call of calls)
    for (const authorization of [
      '',
      'token',
      'token wrong',
      token,
      `Token ${token}`,
      `token ${token}x`,
    ])
      t.match(await api({ ...call, authorization }), { status: 403, text: '' }, authorization)
  t.equal((await api({})).text, '{}')
})

t.test('what makes no sense is refused with a reason', async (t) => {
  const { api } = await startStandalone(t)
  const post = (body: unknown) => api({ method: 'POST', path: '/api/routes/a', body })
  for (const body of [{}, { target: 3 }, null, 5, [], 'null'])
    t.match(await post(body ?? 'null'), {
      status: 400,
      text: "Must specify 'target' as string",
    })
  for (const body of ['', '{', 'target=x'])
    t.match(await post(body), { status: 400, text: /^Body not valid JSON: SyntaxError: / })
  t.match(await post({ target: 'gopher://a' }), { status: 400, text: /^The target is no address/ })
  t.match(await post({ target, filler: 'x'.repeat(1024 * 1024) }), { status: 413 })
  for (const path of ['/api/routes/%', '/api/routes/%ff'])
    t.match(await api({ path }), { status: 400 }, path)
  t.match(await api({ method: 'PUT' }), { status: 405, text: 'Method not supported' })
  t.match(await api({ method: 'HEAD' }), { status: 405 })
  for (const path of ['/', '/api', '/api/routesx', '/api/other', '/metrics'])
    t.match(await api({ path }), { status: 404, text: 'Not Found' }, path)
  t.equal((await api({})).text, '{}')
})

type Description = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}
type Operation = { readonly responses: Readonly<Record<string, unknown>> }

t.test(
  'every operation of the published description is there, with the statuses it names',
  async (t) => {
    const file = path.resolve(
      import.meta.dirname,
      '../conformance/configurable-http-proxy-rest-api.yml',
    )
    const { paths } = parse(readFileSync(file, 'utf8')) as Description
    const { api } = await startStandalone(t)
    const seen: Record<string, number> = {}
    for (const [published, operations] of Object.entries(paths))
      for (const [method, { responses }] of Object.entries(operations)) {
        const where = `/api${published.replace('{route_spec}', 'user/ana')}`
        const { status } = await api({
          method: method.toUpperCase(),
          path: where,
          body: { target },
        })
        t.ok(String(status) in responses, `${method} ${published}: ${status}`)
        seen[`${method} ${published}`] = status
      }
    t.same(seen, {
      'get /routes': 200,
      'post /routes/{route_spec}': 201,
      'delete /routes/{route_spec}': 204,
    })
  },
)
