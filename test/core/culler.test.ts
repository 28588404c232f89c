/** The culler: idle servers stop, used ones do not, whatever shows the use. */
import t from 'tap'
import { cullIdleServers } from '../../src/core/culler.ts'
import { HOUR, MINUTE } from '../../src/lib/time.ts'
import { type Server } from '../../src/model/server.ts'
import { createCore, type Core } from '../support/core.ts'

const cull = (core: Core, maxAgeMs = 0, silent = new Set<number>()): Promise<void> =>
  cullIdleServers({ ...core.context, baseUrl: '/', timeoutMs: HOUR, maxAgeMs, silent })

async function started(core: Core, name = 'ana'): Promise<Server> {
  return core.context.servers.start(core.serverOf(core.addUser(name)))
}

t.test('an hour without use stops a server and says so', async (t) => {
  const core = createCore(t)
  const server = await started(core)
  core.clock.advance(HOUR - 1)
  await cull(core)
  t.equal(core.again(server).state, 'ready')
  core.clock.advance(1)
  await cull(core)
  t.equal(core.again(server).state, 'stopped')
  t.match(core.again(server).failure?.message, /after an hour without use. Your files are safe/)
  t.same(core.spawner.programs(), [])
})

t.test('traffic and reports are use', async (t) => {
  const core = createCore(t)
  const { routes, activity } = core.context
  const [ana, ben] = [await started(core, 'ana'), await started(core, 'ben')]
  core.clock.advance(59 * MINUTE)
  const route = routes.match('/user/ana/api/kernels/1/channels')
  if (route) routes.touch(route)
  activity.report(ben.userId, undefined, new Map([['', core.clock.now()]]))
  core.clock.advance(59 * MINUTE)
  await cull(core)
  t.same([core.again(ana).state, core.again(ben).state], ['ready', 'ready'])
  core.clock.advance(MINUTE)
  await cull(core)
  t.same([core.again(ana).state, core.again(ben).state], ['stopped', 'stopped'])
})

t.test('a kernel at work is use, an idle one is not', async (t) => {
  const core = createCore(t)
  const server = await started(core)
  core.spawner.kernels = [{ execution_state: 'idle' }, { execution_state: 'busy' }]
  core.clock.advance(2 * HOUR)
  await cull(core)
  t.equal(core.again(server).state, 'ready')
  t.same(core.context.activity.ofServer(core.again(server)), core.clock.now())
  const left = core.context.store.tokens.listOf(server.userId, core.clock.now())
  t.same(
    left.map(({ serverId }) => serverId),
    [server.id],
    'the key to ask it is gone',
  )
  core.spawner.kernels = [{ execution_state: 'idle' }]
  core.clock.advance(HOUR)
  await cull(core)
  t.equal(core.again(server).state, 'stopped')
})

t.test('whoever comes back while their server is asked keeps it', async (t) => {
  const core = createCore(t)
  const { routes } = core.context
  const server = await started(core)
  core.clock.advance(2 * HOUR)
  core.spawner.onKernels = () => {
    const route = routes.match('/user/ana/lab')
    if (route) routes.touch(route)
  }
  await cull(core)
  t.equal(core.again(server).state, 'ready')
})

t.test('a server that was started anew while it was asked is not stopped', async (t) => {
  const core = createCore(t)
  const { servers } = core.context
  const server = await started(core)
  core.clock.advance(2 * HOUR)
  let restarted: Promise<Server> | undefined
  core.spawner.onKernels = () => {
    restarted ??= servers.stop(server).then(() => servers.start(server))
  }
  await cull(core)
  await restarted
  t.equal(core.again(server).state, 'ready')
  t.equal(core.spawner.programs().length, 1)
})

t.test('the longest time ends a server in use', async (t) => {
  const core = createCore(t)
  const server = await started(core)
  core.spawner.kernels = [{ execution_state: 'busy' }]
  core.clock.advance(24 * HOUR - 1)
  core.context.activity.sawServer(server.id, core.clock.now())
  await cull(core, 24 * HOUR)
  t.equal(core.again(server).state, 'ready')
  core.clock.advance(1)
  await cull(core, 24 * HOUR)
  t.match(core.again(server).failure?.message, /had run for 24 hours, the longest/)
})

t.test('one that cannot be stopped keeps no other running', async (t) => {
  const core = createCore(t)
  const [ana, ben] = [await started(core, 'ana'), await started(core, 'ben')]
  const stop = core.spawner.stop.bind(core.spawner)
  core.spawner.stop = (state, options) =>
    state['id'] === 1 ? Promise.reject(new Error('it resists')) : stop(state, options)
  core.clock.advance(HOUR)
  await t.rejects(cull(core), AggregateError)
  t.same([core.again(ana).state, core.again(ben).state], ['stopping', 'stopped'])
})

t.test('a server that is starting is left alone', async (t) => {
  const core = createCore(t)
  core.spawner.behaviour = 'stays silent'
  const server = core.serverOf(core.addUser('ana'))
  const starting = core.context.servers.start(server).catch((error: unknown) => error)
  core.clock.advance(2 * HOUR)
  await cull(core, HOUR)
  t.equal(core.again(server).state, 'starting')
  await core.context.servers.stop(server)
  await starting
})

t.test('a server that does not answer once keeps running, and twice in a row it is idle', async (t) => {
  const core = createCore(t)
  const server = await started(core)
  const silent = new Set<number>()
  const [program] = core.spawner.programs()
  if (program) program.behaviour = 'stays silent'
  core.clock.advance(2 * HOUR)
  await cull(core, 0, silent)
  t.equal(core.again(server).state, 'ready')
  if (program) program.behaviour = 'answers'
  core.spawner.kernels = [{ execution_state: 'busy' }]
  await cull(core, 0, silent)
  t.equal(core.again(server).state, 'ready')
  t.equal(silent.size, 0, 'it has answered since')
  if (program) program.behaviour = 'stays silent'
  core.clock.advance(2 * HOUR)
  await cull(core, 0, silent)
  t.equal(core.again(server).state, 'ready')
  await cull(core, 0, silent)
  t.equal(core.again(server).state, 'stopped')
}) // prettier-ignore
