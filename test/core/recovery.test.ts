/** After a restart: the living are found, the dead are told of, and nothing keeps the hub waiting. */
import t from 'tap'
import { recoverServers } from '../../src/core/recovery.ts'
import { type Server, type ServerState } from '../../src/model/server.ts'
import { createCore, eventually, type Core } from '../support/core.ts'

const recover = (core: Core): Promise<void> => recoverServers(core.context)

const tokensOf = ({ context: { store } }: Core, server: Server) =>
  store.tokens.listOf(server.userId, new Date(0))

const ready = (core: Core, name = 'ana'): Promise<Server> =>
  core.context.servers.start(core.serverOf(core.addUser(name)))

// §9.62
t.test('a server that lives is routed to, watched and still has its key', async (t) => {
  const before = createCore(t)
  const server = await ready(before)
  const core = await before.restart()
  t.same(core.context.routes.list(), [])
  await recover(core)
  t.same(core.again(server), server, 'nothing of its row changed')
  t.equal(`http://127.0.0.1:${core.context.routes.match('/user/ana/lab')?.target.port}`, server.url)
  const [program] = core.spawner.programs()
  t.ok(core.asToken(program?.environment['JUPYTERHUB_API_TOKEN'] ?? ''))
  await program?.end(9)
  t.ok(await eventually(() => core.again(server).state === 'stopped'))
})

t.test('an adopted server can be stopped', async (t) => {
  const before = createCore(t)
  const server = await ready(before)
  const core = await before.restart()
  await recover(core)
  await core.context.servers.stop(server)
  t.equal(core.again(server).state, 'stopped')
  t.same(core.spawner.programs(), [])
  t.same(core.context.routes.list(), [])
})

// §9.62
t.test('a server that died meanwhile is shown as stopped, with its reason', async (t) => {
  const before = createCore(t)
  const server = await ready(before)
  const restarted = before.restart()
  await before.spawner.programs()[0]?.end(137)
  const core = await restarted
  core.spawner.logLines = ['Out of memory']
  await recover(core)
  t.equal(core.again(server).state, 'stopped')
  t.match(core.again(server).failure, {
    message: 'The server ended while the hub was not running.',
    logTail: ['Out of memory'],
  })
  t.same(tokensOf(core, server), [])
  t.same(core.context.routes.list(), [])
  t.equal((await core.context.servers.start(server)).state, 'ready')
})

t.test(
  'a hub that ends during a start leaves the program to the next, which goes on',
  async (t) => {
    const before = createCore(t)
    before.spawner.behaviour = 'stays silent'
    const server = before.serverOf(before.addUser('ana'))
    const starting = before.context.servers.start(server).catch((error: unknown) => error)
    t.ok(await eventually(() => before.again(server).spawnState !== undefined))
    const core = await before.restart()
    t.match(await starting, { code: 'Unavailable', message: /restarting/ })
    const [program] = core.spawner.programs()
    t.ok(program, 'it runs')
    await recover(core)
    t.equal(core.again(server).state, 'starting')
    if (program) program.behaviour = 'answers'
    t.equal((await core.context.servers.start(server)).state, 'ready', 'whoever waits gets it')
    t.equal(core.spawner.started, 1)
    t.ok(core.asToken(program?.environment['JUPYTERHUB_API_TOKEN'] ?? ''))
  },
)

t.test('a resumed start that fails leaves nothing', async (t) => {
  const before = createCore(t)
  before.spawner.behaviour = 'stays silent'
  const server = before.serverOf(before.addUser('ana'))
  before.context.servers.start(server).catch(() => undefined)
  t.ok(await eventually(() => before.again(server).spawnState !== undefined))
  const core = await before.restart()
  await recover(core)
  await core.context.servers.stop(server)
  t.equal(core.again(server).state, 'stopped')
  t.same(core.spawner.programs(), [])
  t.same(tokensOf(core, server), [])
})

t.test('a start of which nobody knows the program has failed, and says so', async (t) => {
  const core = createCore(t)
  const { store, tokens } = core.context
  const server = core.serverOf(core.addUser('ana'))
  const state: ServerState = 'starting'
  store.servers.update(server.id, { state, startedAt: core.clock.now() })
  tokens.issueForServer(server)
  await recover(core)
  t.equal(core.again(server).state, 'failed')
  t.match(core.again(server).failure?.message, /hub stopped while this server was starting/)
  t.same(tokensOf(core, server), [])
  t.equal((await core.context.servers.start(server)).state, 'ready')
})

t.test('what was being stopped is stopped, while the hub answers already', async (t) => {
  const before = createCore(t)
  const server = await ready(before)
  before.context.store.servers.update(server.id, { state: 'stopping' })
  const { promise: gate, resolve: open } = Promise.withResolvers<undefined>()
  const core = await before.restart()
  core.spawner.stopWaitsFor = gate
  await recover(core)
  t.equal(core.again(server).state, 'stopping')
  t.same(core.context.routes.list(), [])
  open(undefined)
  t.ok(await eventually(() => core.again(server).state === 'stopped'))
  t.same(core.spawner.programs(), [])
  t.same(tokensOf(core, server), [])
})

t.test('many servers that cannot be asked take seconds, and are taken to be alive', async (t) => {
  const core = createCore(t)
  const { store, routes } = core.context
  const state: ServerState = 'ready'
  const rows = store.transaction(() =>
    Array.from({ length: 64 }, (_, index) =>
      store.servers.update(core.serverOf(core.addUser(`user${index}`)).id, {
        state,
        url: `http://127.0.0.1:${9000 + index}`,
        spawnState: { id: index },
      }),
    ),
  )
  core.spawner.poll = ({ id }) =>
    Number(id) % 2 === 0 ? new Promise(() => undefined) : Promise.reject(new Error('no answer'))
  core.spawner.exited = (_state, signal) =>
    new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(new Error('over'))),
    )
  let turns = 0
  const setTimer = setInterval(() => (turns += 1), 1000)
  await recover(core)
  clearInterval(setTimer)
  t.ok(turns < 60, `${turns} seconds`)
  t.equal(routes.list().length, rows.length)
  t.ok(rows.every((row) => core.again(row).state === 'ready'))
})

t.test('one that cannot be recovered keeps no other from it', async (t) => {
  const before = createCore(t)
  const [ana, ben] = [await ready(before, 'ana'), await ready(before, 'ben')]
  const core = await before.restart()
  const { routes } = core.context
  const add = routes.add.bind(routes)
  routes.add = (prefix, target, owner) => {
    if ('user' in owner && owner.user === 'ana') throw new Error('no room')
    add(prefix, target, owner)
  }
  await recover(core)
  t.same(
    routes.list().map(({ prefix }) => prefix),
    [`/user/${ben.userName}/`],
  )
  t.equal(core.again(ana).state, 'ready')
  t.match(core.lines.join(''), /background work failed/)
})

t.test('a dead one that takes long to clean up does not keep the hub waiting', async (t) => {
  const before = createCore(t)
  const server = await ready(before)
  const restarted = before.restart()
  await before.spawner.programs()[0]?.end()
  const core = await restarted
  const { promise: gate, resolve: open } = Promise.withResolvers<undefined>()
  core.spawner.stopWaitsFor = gate
  await recover(core)
  t.notSame(core.again(server).state, 'stopped', 'still at it')
  t.same(tokensOf(core, server), [])
  open(undefined)
  t.ok(await eventually(() => core.again(server).state === 'stopped'))
})

t.test('what waited for its turn when the hub ended starts with the next one', async (t) => {
  const before = createCore(t, { settings: { 'spawner.starts_at_once': '1' } })
  before.spawner.behaviour = 'stays silent'
  const [begun, waiting] = ['ana', 'ben'].map((name) => before.serverOf(before.addUser(name)))
  if (!begun || !waiting) return
  for (const server of [begun, waiting]) before.context.servers.start(server).catch(() => undefined)
  t.ok(await eventually(() => before.again(begun).spawnState !== undefined))
  before.spawner.behaviour = 'answers'
  const core = await before.restart()
  await recover(core)
  t.equal(core.again(begun).state, 'starting', 'what had begun goes on')
  t.ok(await eventually(() => core.again(waiting).state === 'ready'))
})
