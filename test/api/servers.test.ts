/** Starting, looking at and stopping servers (contract §3.7, §9.41–9.53, §9.69–9.74). */
import t from 'tap'
import { startApi } from '../support/api.ts'
import { eventually } from '../support/core.ts'

const path = '/hub/api/users/ana/server'

t.test('nobody, a wrong user, the right one, an admin, narrower tokens', async (t) => {
  const { nobody, as, addUser } = await startApi(t)
  const [ana, bob, admin] = [addUser('ana'), addUser('bob'), addUser('admin')]
  for (const method of ['GET', 'POST', 'DELETE']) {
    t.equal((await nobody(method, path)).status, 403, method)
    t.equal((await as(bob)(method, path)).status, 404, method)
  }
  t.equal((await as(ana, ['read:servers!user'])('POST', path)).status, 403)
  t.equal((await as(ana, ['read:servers!user'])('GET', path)).status, 200)
  t.equal((await as(ana, ['start:servers!user'])('DELETE', path)).status, 403)
  t.equal((await as(ana, ['start:servers!user'])('POST', path)).status, 201)
  t.equal((await as(ana, ['delete:servers!server=ana/'])('DELETE', path)).status, 204)
  t.equal((await as(admin)('POST', path)).status, 201)
  t.equal((await as(admin)('POST', '/hub/api/users/ghost/server')).status, 404)
})

t.test('a start that is ready in time is 201, a stop 204, both empty (§9.43, §9.44)', async (t) => {
  const { as, addUser, context, spawner } = await startApi(t)
  const user = addUser('ana')
  const ana = as(user)
  const started = await ana('POST', path)
  t.match(started, { status: 201, text: '' })
  t.match((await ana('GET', path)).json, {
    name: '',
    display_name: '',
    full_name: 'ana/',
    ready: true,
    stopped: false,
    pending: null,
    url: '/user/ana/',
    started: '2026-01-31T12:00:00Z',
    user_options: {},
    progress_url: '/hub/api/users/ana/server/progress',
    full_url: null,
    full_progress_url: null,
  })
  t.notOk('state' in (await ana('GET', path)).json, '§9.125')
  t.match((await ana('GET', '/hub/api/users/ana')).json, {
    server: '/user/ana/',
    servers: { '': { ready: true } },
  })
  t.match(await ana('DELETE', path), { status: 204, text: '' })
  t.match((await ana('GET', path)).json, { ready: false, stopped: true, started: null })
  t.match(await ana('DELETE', path), { status: 204 }, 'again')
  t.same(spawner.programs(), [])
  t.equal(context.store.tokens.listOf(user.id, context.clock.now()).length, 1, 'the test’s own')
})

t.test('the internal state is for those who may see it', async (t) => {
  const { as, addUser } = await startApi(t)
  const [admin] = [as(addUser('admin')), addUser('ana')]
  await admin('POST', path)
  t.match((await admin('GET', path)).json.state, { id: Number })
})

t.test('a second start is refused in the words that clients look for', async (t) => {
  const { as, addUser, spawner } = await startApi(t)
  const ana = as(addUser('ana'))
  await ana('POST', path)
  const headers = { 'content-type': 'application/octet-stream' }
  t.match(await ana('POST', path, undefined, headers), {
    status: 400,
    json: { status: 400, message: 'ana is already running' },
  })
  await spawner.programs()[0]?.end()
  t.equal((await ana('POST', path)).status, 201, 'it had died unnoticed (§9.50)')
})

t.test('a slow start is 202, again as well, and can be cancelled (§9.45)', async (t) => {
  const { as, addUser, spawner } = await startApi(t, {
    settings: { 'spawner.slow_spawn_timeout': '50ms' },
  })
  const ana = as(addUser('ana'))
  spawner.behaviour = 'stays silent'
  t.match(await ana('POST', path), { status: 202, text: '' })
  t.match((await ana('GET', path)).json, { pending: 'spawn', ready: false, stopped: false })
  t.match(await ana('POST', path), { status: 202 })
  t.equal(spawner.started, 1)
  t.match(await ana('DELETE', path), { status: 204 })
  t.match((await ana('GET', path)).json, { pending: null, stopped: true })
  t.same(spawner.programs(), [])
})

t.test('a slow stop is 202 until it is over, and nothing starts meanwhile (§9.46)', async (t) => {
  const { as, addUser, spawner } = await startApi(t, {
    settings: { 'spawner.slow_stop_timeout': '50ms' },
  })
  const ana = as(addUser('ana'))
  await ana('POST', path)
  const { promise, resolve } = Promise.withResolvers<undefined>()
  spawner.stopWaitsFor = promise
  t.match(await ana('DELETE', path), { status: 202, text: '' })
  t.match(await ana('DELETE', path), { status: 202 })
  t.match((await ana('GET', path)).json, { pending: 'stop' })
  t.match(await ana('POST', path), { status: 400, json: { message: 'ana is pending stop' } })
  resolve(undefined)
  await eventually(() => spawner.programs().length === 0)
  t.match(await ana('DELETE', path), { status: 204 })
})

t.test('a start that fails says so, and the next one is a new one (§9.48)', async (t) => {
  const { as, addUser, spawner } = await startApi(t)
  const ana = as(addUser('ana'))
  spawner.behaviour = 'fails'
  t.match(await ana('POST', path), {
    status: 500,
    json: { status: 500, message: 'Spawn failed: There is no room for it.' },
  })
  t.match((await ana('GET', path)).json, { pending: null, ready: false, stopped: true })
  spawner.behaviour = 'answers'
  t.equal((await ana('POST', path)).status, 201)
})

t.test('too many starts at once are told when to come again (§9.51)', async (t) => {
  const { as, addUser, spawner } = await startApi(t, {
    settings: { 'spawner.slow_spawn_timeout': '20ms', 'spawner.concurrent_spawn_limit': '1' },
  })
  const [ana, bob] = [as(addUser('ana')), as(addUser('bob'))]
  spawner.behaviour = 'stays silent'
  t.equal((await ana('POST', path)).status, 202)
  const { status, headers, json } = await bob('POST', '/hub/api/users/bob/server')
  t.equal(status, 429)
  t.match(headers.get('retry-after'), /^[3-6]\d$/)
  t.match(json.message, /^Too many users trying to log in right now\. Try again in \d0 seconds\.$/)
  await ana('DELETE', path)
  spawner.behaviour = 'answers'
  t.equal((await bob('POST', '/hub/api/users/bob/server')).status, 201)
})

t.test('options are kept for the next start, in the old form too (§9.41)', async (t) => {
  const { as, addUser } = await startApi(t)
  const ana = as(addUser('ana'))
  const restart = async (body?: unknown): Promise<unknown> => {
    await ana('DELETE', path)
    t.equal((await ana('POST', path, body)).status, 201)
    return (await ana('GET', path)).json.user_options
  }
  t.same(await restart({ s: ['value'], i: 5 }), { s: ['value'], i: 5 })
  t.same(await restart(), { s: ['value'], i: 5 })
  t.same(await restart({ user_options: null }), { s: ['value'], i: 5 })
  t.same(await restart({ user_options: { a: 1 } }), { a: 1 })
  t.same(await restart({ user_options: {} }), {})
  await ana('DELETE', path)
  for (const bad of [
    [],
    5,
    '"x"',
    '{',
    { user_options: [] },
    { user_options: 'x' },
    { display_name: 1 },
  ])
    t.equal((await ana('POST', path, bad)).status, 400, JSON.stringify(bad))
})

t.test('named servers are off until a limit says how many (§9.73)', async (t) => {
  const { as, addUser } = await startApi(t)
  const ana = as(addUser('ana'))
  const off = { status: 400, json: { message: 'Named servers are not enabled.' } }
  t.match(await ana('POST', '/hub/api/users/ana/servers/lab'), off)
  t.match(await ana('PUT', '/hub/api/users/ana/servers/lab'), off)
  t.match(await ana('DELETE', '/hub/api/users/ana/servers/lab'), off)
  t.match(await ana('DELETE', path, { remove: true }), {
    status: 400,
    json: { message: 'Cannot delete the default server' },
  })
})

t.test('named servers run beside the default one (§9.69–9.74)', async (t) => {
  const { as, addUser } = await startApi(t, {
    settings: { 'spawner.named_server_limit_per_user': '2' },
  })
  const ana = as(addUser('ana'))
  const at = (name: string) => `/hub/api/users/ana/servers/${name}`
  t.match(await ana('PUT', at('lab')), { status: 201, json: { name: 'lab', stopped: true } })
  t.equal((await ana('PUT', at('lab'))).status, 409)
  t.equal((await ana('PUT', path)).status, 409)
  t.equal((await ana('POST', at('lab'))).status, 201)
  t.equal((await ana('POST', path)).status, 201)
  const { json } = await ana('GET', '/hub/api/users/ana')
  t.same(Object.keys(json.servers).sort(), ['', 'lab'])
  t.equal(json.servers.lab.progress_url, '/hub/api/users/ana/servers/lab/progress')
  t.match(await ana('POST', at('lab')), {
    status: 400,
    json: { message: 'ana:lab is already running' },
  })
  for (const bad of ['a$%2Fb', 'hash%23', 'server--x', 'A', '1a', 'a'.repeat(31)])
    t.match(
      await ana('POST', at(bad)),
      { status: 400, json: { message: /^Invalid server_name: / } },
      bad,
    )
  t.equal((await ana('POST', at('two'))).status, 201)
  t.match(await ana('POST', at('three')), {
    status: 400,
    json: {
      message:
        'User ana already has the maximum of 2 named servers.  One must be deleted before a new server can be created',
    },
  })
  t.equal((await ana('DELETE', at('two'))).status, 204)
  t.match((await ana('GET', at('two'))).json, { stopped: true })
  t.equal((await ana('DELETE', at('two'), { remove: true })).status, 204)
  t.equal((await ana('GET', at('two'))).status, 404)
  t.match(await ana('DELETE', at('two')), {
    status: 404,
    json: { message: "ana has no server named 'two'" },
  })
  t.equal((await ana('POST', at('three'))).status, 201)
  t.equal((await ana('DELETE', at('lab'), { remove: 'yes' })).status, 400)
  t.equal((await as(addUser('bob'))('POST', at('lab'))).status, 404)
})

// §9.71 §9.74
t.test('a server gets a name for people and another name while it is stopped', async (t) => {
  const { as, addUser, context, serverOf } = await startApi(t, {
    settings: { 'spawner.named_server_limit_per_user': '2' },
  })
  const user = addUser('ana')
  const ana = as(user)
  const lab = '/hub/api/users/ana/servers/lab'
  const wanted = { display_name: 'My lab', user_options: { a: 1 } }
  t.match(await ana('PUT', lab, wanted), {
    status: 201,
    json: { name: 'lab', display_name: 'My lab', user_options: { a: 1 }, stopped: true },
  })
  t.equal((await ana('PUT', lab, wanted)).status, 409)
  t.equal((await ana('PUT', `${lab}2`, { display_name: ' x' })).status, 400)
  t.equal(context.store.servers.listOf(user.id).length, 2, 'nothing was made')
  t.match(await ana('PATCH', lab, { name: 'lab2', display_name: 'Other' }), {
    status: 200,
    json: { name: 'lab2', display_name: 'Other', url: '/user/ana/lab2/', user_options: { a: 1 } },
  })
  t.equal((await ana('PATCH', lab, { name: 'x' })).status, 404)
  for (const bad of [undefined, {}, [], { more: 1 }, { user_options: null }, { name: 'No Name' }])
    t.equal((await ana('PATCH', `${lab}2`, bad)).status, 400, JSON.stringify(bad))
  await ana('PUT', lab)
  t.equal((await ana('PATCH', `${lab}2`, { name: 'lab' })).status, 409)
  t.equal((await ana('POST', `${lab}2`, { display_name: 'Third' })).status, 201)
  t.match((await ana('GET', `${lab}2`)).json, { display_name: 'Third', ready: true })
  t.equal((await ana('PATCH', `${lab}2`, { display_name: 'x' })).status, 400, 'it is active')
  await context.servers.stop(serverOf(user, 'lab2'))
  const main = await ana('PATCH', '/hub/api/users/ana/server', { display_name: 'Main' })
  t.match(main.json, { name: '', display_name: 'Main' })
})
