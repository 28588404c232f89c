/** The API's own description, and that every operation of JupyterHub's exists here. */
import t from 'tap'
import { startApi } from '../support/api.ts'
import { jupyterhubOperations, missingOperations } from '../support/jupyterhub-description.ts'

t.test('anybody may read how the API is used, and every route is in it', async (t) => {
  const { nobody, routes } = await startApi(t, { settings: { base_url: '/class/' } })
  const { status, json } = await nobody('GET', '/class/hub/api/openapi.json')
  t.equal(status, 200)
  t.match(json, { openapi: /^3\.1/, servers: [{ url: '/class/hub/api' }] })
  const described = Object.entries(json.paths as Record<string, object>).flatMap(
    ([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`),
  )
  t.match(json.paths['/users/{name}'].patch, {
    description: /admin:users/,
    parameters: [{ name: 'name', in: 'path', required: true }],
    requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
  })
  const ids = Object.values(json.paths as Record<string, Record<string, { operationId: string }>>)
    .flatMap((methods) => Object.values(methods))
    .map(({ operationId }) => operationId)
  t.equal(new Set(ids).size, ids.length, 'no id twice')
  const ours = routes.filter(
    ({ method, path }) =>
      method !== 'HEAD' && path.startsWith('/class/hub/api/') && !path.includes('*'),
  )
  t.ok(ours.length > 50)
  for (const { method, path } of ours) {
    const name = path.slice('/class/hub/api'.length).replace(/:([a-z]+)/g, '{$1}')
    t.ok(described.includes(`${method.toLowerCase()} ${name}`), `${method} ${name}`)
  }
})

t.test('every operation says what it answers, in models that are there', async (t) => {
  const { nobody } = await startApi(t)
  const { json } = await nobody('GET', '/hub/api/openapi.json')
  type Operation = { responses: Record<string, { description: string; content?: object }> }
  const operations = Object.entries(json.paths as Record<string, Record<string, Operation>>)
    .flatMap(([path, methods]) => Object.entries(methods).map((one) => [path, ...one] as const))
    .map(([path, method, { responses }]) => [`${method} ${path}`, responses] as const)
  for (const [name, responses] of operations) {
    const statuses = Object.keys(responses)
    const isRefusal = name.includes('/authorizations/') || name === 'patch /proxy'
    t.ok(isRefusal || statuses.some((status) => status.startsWith('2')), `${name} succeeds`)
    for (const [status, { description }] of Object.entries(responses))
      t.not(description, '', `${name} ${status} is described`)
  }
  const references = JSON.stringify(json).matchAll(/"#\/components\/schemas\/(\w+)"/g)
  const used = new Set([...references].map(([, name = '']) => name))
  t.same([...used].sort(), Object.keys(json.components.schemas as object).sort())

  t.match(json.paths['/users'].get, {
    parameters: [{ name: 'offset' }, { name: 'limit' }, { name: 'include_stopped_servers' }],
    responses: { 400: {}, 403: {} },
  })
  t.match(json.paths['/users/{name}/server'].post.responses['429'], {
    headers: { 'Retry-After': {} },
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  })
  t.match(json.paths['/users'].post.requestBody, { required: true })
  t.match(json.paths['/shutdown'].post.requestBody, { required: false })
})

t.test('every operation of JupyterHub’s description exists', async (t) => {
  const { routes } = await startApi(t)
  const known = new Set(
    routes.map(({ method, path }) => `${method} ${path.replace(/:[a-z]+/g, '{}')}`),
  )
  t.ok(jupyterhubOperations.length > 50)
  const missing = jupyterhubOperations.filter(
    ([method, path]) =>
      !known.has(`${method} /hub/api${path.replace(/\{[a-z_]+\}/g, '{}').replace(/^\/$/, '')}`),
  )
  t.same(
    missing.map((operation) => operation.join(' ')),
    missingOperations,
  )
})
