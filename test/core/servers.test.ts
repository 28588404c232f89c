/** Starting, stopping and their races: one at a time, and nothing left behind. */
import t from 'tap'
import { serverClientId } from '../../src/model/server.ts'
import { collect, createCore, eventually, fillDisk, type Core } from '../support/core.ts'
import { type Server } from '../../src/model/server.ts'
import { type ProgressEvent } from '../../src/core/servers.ts'

/** Enough for a program that answers. */
const quick = { 'spawner.start_timeout': '1500ms', 'spawner.http_timeout': '1500ms' }

const anaOf = (core: Core): Server => core.serverOf(core.addUser('ana'))

/** Nothing of a run is left: no program, token, client or route, and the row says so. */
function isClean(core: Core, server: Server): boolean {
  const { store, routes } = core.context
  const row = core.again(server)
  const tokens = store.tokens.listOf(server.userId, new Date(0))
  return (
    core.spawner.programs().length === 0 &&
    tokens.length === 0 &&
    store.oauthProvider.findClient(serverClientId(row.userName, row.name)) === undefined &&
    routes.list().length === 0 &&
    row.url === undefined &&
    row.spawnState === undefined &&
    row.startedAt === undefined
  )
}

function allOf(
  core: Core,
  server: Server,
  signal = AbortSignal.timeout(5000),
): Promise<ProgressEvent[]> {
  return collect(core.context.servers.progress(server, signal))
}

t.test('a started server answers, has a route, a token and a client', async (t) => {
  const core = createCore(t)
  const { servers, routes, store } = core.context
  const ready = await servers.start(anaOf(core), { profile: 'small' })
  t.equal(ready.state, 'ready')
  t.same(ready.options, { profile: 'small' })
  const [program] = core.spawner.programs()
  t.equal(ready.url, program?.url)
  const route = routes.match('/user/ana/lab')
  t.equal(`http://${route?.target.host}:${route?.target.port}`, ready.url)
  t.equal(core.asToken(program?.environment['JUPYTERHUB_API_TOKEN'] ?? '')?.user.name, 'ana')
  t.ok(store.oauthProvider.findClient('jupyterhub-user-ana'))
  t.equal((await servers.usage(ready))?.processes, 1)
  await servers.stop(ready)
  t.ok(isClean(core, ready))
  t.equal(core.again(ready).state, 'stopped')
  t.same(core.again(ready).options, { profile: 'small' }, 'kept for the next start')
})

t.test('two starts at once are one, and both callers get its outcome', async (t) => {
  const core = createCore(t)
  const server = anaOf(core)
  const outcomes = await Promise.all([
    core.context.servers.start(server),
    core.context.servers.start(server),
  ])
  t.same(
    outcomes.map(({ state }) => state),
    ['ready', 'ready'],
  )
  t.equal(core.spawner.started, 1)
  await t.rejects(core.context.servers.start(server), { code: 'Conflict' })
})

t.test('two starts of a server that died unnoticed are one', async (t) => {
  const core = createCore(t)
  const server = anaOf(core)
  await core.context.servers.start(server)
  await core.spawner.programs()[0]?.end(1)
  const outcomes = await Promise.all([
    core.context.servers.start(server),
    core.context.servers.start(server),
  ])
  t.same(
    outcomes.map(({ state }) => state),
    ['ready', 'ready'],
  )
  t.equal(core.spawner.started, 2)
  t.equal(core.spawner.programs().length, 1)
})

for (const behaviour of ['stays silent', 'starts slowly', 'hangs'] as const)
  t.test(`a start that ${behaviour} can be cancelled and leaves nothing`, async (t) => {
    const core = createCore(t)
    const { servers } = core.context
    const server = anaOf(core)
    core.spawner.behaviour = behaviour
    const starting = t.rejects(servers.start(server), { code: 'Conflict', message: /cancelled/ })
    if (behaviour === 'stays silent')
      t.ok(await eventually(() => core.again(server).spawnState !== undefined))
    // By then the spawner has been asked.
    else await new Promise(setImmediate)
    await servers.stop(server)
    await starting
    t.equal(core.again(server).state, 'stopped')
    t.equal(core.again(server).failure, undefined)
    t.ok(isClean(core, server))
    t.equal((await allOf(core, server)).at(-1)?.message, 'Spawn cancelled')
    core.spawner.release()
    core.spawner.behaviour = 'answers'
    t.equal((await servers.start(server)).state, 'ready', 'and it can be started again')
    if (behaviour === 'hangs')
      t.ok(await eventually(() => core.spawner.started === 2), 'the late program came')
    t.ok(await eventually(() => core.spawner.programs().length === 1), 'and was stopped')
  })

for (const [behaviour, told] of [
  ['dies', /ended by itself with exit code 3/],
  ['fails', /no room/],
  ['stays silent', /did not answer within/],
  ['starts slowly', /did not start within/],
] as const)
  // §9.47
  t.test(`a program that ${behaviour} leaves nothing but the reason`, async (t) => {
    const core = createCore(t, { settings: quick })
    const { servers } = core.context
    const server = anaOf(core)
    core.spawner.behaviour = behaviour
    core.spawner.logLines = ['ModuleNotFoundError: No module named numpy']
    await t.rejects(servers.start(server), { code: 'Unavailable', message: told })
    t.equal(core.again(server).state, 'failed')
    t.match(core.again(server).failure?.message, told)
    t.ok(isClean(core, server))
    const events = await allOf(core, server)
    t.match(events.at(-1), { failed: true, message: told })
    core.spawner.behaviour = 'answers'
    t.equal((await servers.start(server)).state, 'ready', 'and it can be started again')
    t.equal(core.again(server).failure, undefined)
  })

t.test('the owner of a server that died at its start reads its last lines', async (t) => {
  const core = createCore(t)
  const server = anaOf(core)
  core.spawner.behaviour = 'dies'
  core.spawner.logLines = ['JUPYTERHUB_API_TOKEN=verysecretverysecret', 'No space left on device']
  await core.context.servers.start(server).catch(() => undefined)
  const { failure } = core.again(server)
  t.equal(failure?.exitCode, 3)
  t.match(failure?.hint, /disk is full/)
  t.notMatch(failure?.logTail?.join('\n'), 'verysecret')
})

t.test('a failure is told although the log cannot be read', async (t) => {
  const core = createCore(t)
  const server = anaOf(core)
  core.spawner.behaviour = 'dies'
  core.spawner.logTail = () => Promise.reject(new Error('no such file'))
  await core.context.servers.start(server).catch(() => undefined)
  t.equal(core.again(server).failure?.exitCode, 3)
  t.ok(isClean(core, server))
})

t.test('limits refuse what is too much, and failures give their places back', async (t) => {
  const limits = { 'spawner.concurrent_spawn_limit': '1', 'spawner.active_server_limit': '2' }
  const core = createCore(t, { settings: { ...quick, ...limits } })
  const { servers } = core.context
  const [ana, ben, cem] = ['ana', 'ben', 'cem'].map((name) => core.serverOf(core.addUser(name)))
  if (!ana || !ben || !cem) throw new Error('three servers')
  core.spawner.behaviour = 'stays silent'
  const first = servers.start(ana).catch((error: unknown) => error)
  const refused: unknown = await servers.start(ben).catch((error: unknown) => error)
  t.match(refused, { code: 'TooMany', message: /Too many users/ })
  t.ok((refused as { retryAfterSeconds: number }).retryAfterSeconds >= 30)
  t.equal(core.again(ben).state, 'stopped')
  await first
  core.spawner.behaviour = 'dies'
  for (const server of [ana, ben, cem, ana])
    await t.rejects(servers.start(server), { code: 'Unavailable' })
  core.spawner.behaviour = 'answers'
  await servers.start(ana)
  await servers.start(ben)
  await t.rejects(servers.start(cem), { code: 'TooMany', message: /Active user limit/ })
  await servers.stop(ana)
  t.equal((await servers.start(cem)).state, 'ready')
})

// §9.52
t.test('a stop during the start and a start during the stop end in order', async (t) => {
  const core = createCore(t)
  const { servers } = core.context
  const server = anaOf(core)
  const { promise: gate, resolve: open } = Promise.withResolvers<undefined>()
  await servers.start(server)
  core.spawner.stopWaitsFor = gate
  const stopping = servers.stop(server)
  t.ok(await eventually(() => core.again(server).state === 'stopping'))
  t.equal(core.context.routes.list().length, 0, 'nobody reaches it any more')
  await t.rejects(servers.start(server), { code: 'Conflict', message: /pending stop/ })
  const again = servers.stop(server)
  open(undefined)
  await Promise.all([stopping, again])
  t.equal(core.again(server).state, 'stopped')
  t.ok(isClean(core, server))
})

t.test('a server that cannot be stopped stays stopping, and can be stopped again', async (t) => {
  const core = createCore(t)
  const { servers } = core.context
  const server = anaOf(core)
  await servers.start(server)
  core.spawner.stopWaitsFor = Promise.reject(new Error('it resists'))
  await t.rejects(servers.stop(server), /it resists/)
  t.equal(core.again(server).state, 'stopping')
  core.spawner.stopWaitsFor = undefined
  await servers.stop(server)
  t.equal(core.again(server).state, 'stopped')
  t.ok(isClean(core, server))
})

t.test('a stop that lost its reason while it waited stops nothing', async (t) => {
  const core = createCore(t)
  const { servers } = core.context
  const server = anaOf(core)
  await servers.start(server)
  await servers.stop(server, 'unused', () => false)
  t.equal(core.again(server).state, 'ready')
  await servers.stop(server, 'unused', (row) => row.state === 'ready')
  t.equal(core.again(server).failure?.message, 'unused')
})

t.test('stopping what does not run changes nothing', async (t) => {
  const core = createCore(t)
  const server = anaOf(core)
  await core.context.servers.stop(server)
  t.same(core.again(server), server)
})

t.test('a program that ends by itself is noticed and shown with its reason', async (t) => {
  const core = createCore(t)
  const server = anaOf(core)
  await core.context.servers.start(server)
  core.spawner.logLines = ['Killed']
  await core.spawner.programs()[0]?.end(137)
  t.ok(await eventually(() => core.again(server).state === 'stopped'))
  t.match(core.again(server).failure, { exitCode: 137, logTail: ['Killed'] })
  t.ok(isClean(core, server))
  const events = await allOf(core, server)
  t.match(events, [{ failed: true, message: /exit code 137/ }], 'not the success of its start')
})

t.test('a program that dies while it is stopped is stopped once', async (t) => {
  const core = createCore(t)
  const { servers } = core.context
  const server = anaOf(core)
  await servers.start(server)
  const { promise: gate, resolve: open } = Promise.withResolvers<undefined>()
  core.spawner.stopWaitsFor = gate
  const stopping = servers.stop(server, 'asked')
  t.ok(await eventually(() => core.again(server).state === 'stopping'))
  await core.spawner.programs()[0]?.end(0)
  open(undefined)
  await stopping
  t.equal(core.again(server).state, 'stopped')
  t.equal(core.again(server).failure?.message, 'asked')
})

t.test('a look at a server notices that it is gone', async (t) => {
  const core = createCore(t)
  const { servers } = core.context
  const server = anaOf(core)
  await servers.start(server)
  t.equal((await servers.check(server)).state, 'ready')
  core.spawner.exited = () => new Promise(() => undefined)
  await core.spawner.programs()[0]?.end(1)
  t.equal((await servers.check(server)).state, 'stopped')
  t.ok(isClean(core, server))
})

t.test('the end of an earlier run does not end the present one', async (t) => {
  const core = createCore(t)
  const { servers } = core.context
  const server = anaOf(core)
  const first = await servers.start(server)
  await servers.stop(server)
  await servers.start(server)
  await servers.bury(first, { exitCode: 1 })
  t.equal(core.again(server).state, 'ready')
  t.equal(core.context.routes.list().length, 1)
})

t.test('a late subscriber sees the whole start', async (t) => {
  const core = createCore(t)
  const { servers } = core.context
  const server = anaOf(core)
  await t.rejects(allOf(core, server), { code: 'InvalidInput', message: /ana is not starting/ })
  core.spawner.behaviour = 'stays silent'
  const starting = servers.start(server)
  const early = allOf(core, server)
  t.ok(await eventually(() => core.spawner.programs().length === 1))
  const late = allOf(core, server)
  const gone = new AbortController()
  const left = allOf(core, server, gone.signal)
  gone.abort()
  for (const program of core.spawner.programs()) program.behaviour = 'answers'
  await starting
  t.same(await late, await early)
  const events = await late
  t.equal(events[0]?.message, 'Server requested')
  t.match(events, [{}, { message: 'Starting the program' }, { message: /on its way/ }, {}, {}])
  t.match(events.at(-1), { progress: 100, ready: true, url: '/user/ana/' })
  t.ok((await left).length < events.length, 'who left was not kept')
  t.match(await allOf(core, server), [{ ready: true }])
})

t.test('a user who is removed while their server starts leaves nothing', async (t) => {
  const core = createCore(t)
  const { servers, users, store, routes } = core.context
  const ana = core.addUser('ana')
  const server = core.serverOf(ana)
  core.spawner.behaviour = 'stays silent'
  const starting = servers.start(server).catch((error: unknown) => error)
  t.ok(await eventually(() => core.again(server).spawnState !== undefined))
  await users.remove(ana)
  t.match(await starting, { code: 'Conflict' })
  t.equal(store.servers.find(server.id), undefined)
  t.same(core.spawner.programs(), [])
  t.same(routes.list(), [])
  await t.rejects(servers.start(server), { code: 'NotFound' })
})

t.test('a server that vanishes from the store while it starts leaves no program', async (t) => {
  const core = createCore(t)
  const ana = core.addUser('ana')
  const server = core.serverOf(ana)
  core.spawner.behaviour = 'stays silent'
  const starting = core.context.servers.start(server).catch((error: unknown) => error)
  t.ok(await eventually(() => core.again(server).spawnState !== undefined))
  core.context.store.users.remove(ana.id)
  for (const program of core.spawner.programs()) program.behaviour = 'answers'
  t.match(await starting, { code: 'Unavailable' })
  t.same(core.spawner.programs(), [])
  t.same(core.context.routes.list(), [])
})

t.test('a named server is removed with what it ran, the default one is not', async (t) => {
  const core = createCore(t)
  const { servers, store, routes } = core.context
  const ana = core.addUser('ana')
  const lab = core.serverOf(ana, 'lab2')
  await servers.start(lab)
  await servers.remove(lab)
  t.equal(store.servers.find(lab.id), undefined)
  t.same(core.spawner.programs(), [])
  t.same(routes.list(), [])
  t.same(core.spawner.forgotten, ['ana.lab2'])
  await t.rejects(servers.remove(core.serverOf(ana)), { code: 'InvalidInput' })
})

t.test('who is disabled starts nothing', async (t) => {
  const core = createCore(t)
  const ana = core.addUser('ana')
  await core.context.users.setDisabled(ana, true)
  await t.rejects(core.context.servers.start(core.serverOf(ana)), { code: 'Conflict' })
  t.equal(core.spawner.started, 0)
})

t.test('on a full disk a start fails honestly, and works when there is room', async (t) => {
  const core = createCore(t, { settings: quick })
  const { servers } = core.context
  const server = anaOf(core)
  const free = fillDisk(core)
  await t.rejects(servers.start(server), { code: 'Unavailable', message: /disk/ })
  free()
  t.equal(core.again(server).state, 'stopped')

  core.spawner.behaviour = 'stays silent'
  const starting = servers.start(server).catch((error: unknown) => error)
  t.ok(await eventually(() => core.again(server).spawnState !== undefined))
  const freeAgain = fillDisk(core)
  const events = allOf(core, server)
  t.match(await starting, { code: 'Unavailable' })
  t.match((await events).at(-1), { failed: true }, 'who waits is told')
  t.same(core.spawner.programs(), [], 'the program is stopped all the same')
  freeAgain()
  t.equal(core.again(server).state, 'starting', 'nobody could write it down')
  core.spawner.behaviour = 'answers'
  const both = await Promise.all([servers.start(server), servers.start(server)])
  t.same(
    both.map(({ state }) => state),
    ['ready', 'ready'],
    'and nobody is stuck',
  )
  t.equal(core.spawner.programs().length, 1)
})

// §9.53
t.test('a route that was opened is closed when the success cannot be written down', async (t) => {
  const core = createCore(t)
  const { servers, routes } = core.context
  const server = anaOf(core)
  const add = routes.add.bind(routes)
  let free = (): void => undefined
  routes.add = (...given) => {
    add(...given)
    free = fillDisk(core)
  }
  await t.rejects(servers.start(server), { code: 'Unavailable' })
  free()
  t.same(routes.list(), [])
  t.same(core.spawner.programs(), [])
})

t.test('a hub that takes its servers with it stops all it can', async (t) => {
  const core = createCore(t)
  const { servers, schedule } = core.context
  const [ana, ben] = ['ana', 'ben'].map((name) => core.serverOf(core.addUser(name)))
  if (!ana || !ben) throw new Error('two servers')
  await servers.start(ana)
  core.spawner.behaviour = 'stays silent'
  const starting = servers.start(ben).catch((error: unknown) => error)
  await servers.stopAll()
  t.match(await starting, { code: 'Conflict' })
  t.same(core.spawner.programs(), [])
  await schedule.stop()
  t.pass('nothing is watched any more')
})

t.test('what cannot be stopped keeps neither the others nor the end of the hub', async (t) => {
  const core = createCore(t)
  const { servers, schedule, store } = core.context
  const ana = core.addUser('ana')
  await servers.start(core.serverOf(ana))
  await servers.start(core.serverOf(core.addUser('ben')))
  const stop = core.spawner.stop.bind(core.spawner)
  core.spawner.stop = (state, options) =>
    state['id'] === 1 ? Promise.reject(new Error('it resists')) : stop(state, options)
  store.users.remove(core.addUser('gone').id)
  await servers.stopAll()
  t.equal(core.spawner.programs().length, 1)
  t.match(core.lines.join(''), 'it resists')
  await schedule.stop()
})

t.test('a start that the memory cannot hold is refused before anything is begun', async (t) => {
  const core = createCore(t, { settings: { 'spawner.start_memory': '8000T' } })
  const server = anaOf(core)
  t.match(await core.context.servers.start(server).catch((e: unknown) => e), { code: 'TooMany' })
  t.match(core.again(server), { state: 'stopped' })
})
