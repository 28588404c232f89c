/** Other limits for a server that runs. */
import t from 'tap'
import { type Limits } from '../../src/model/limits.ts'
import { type SpawnState } from '../../src/model/server.ts'
import { changedLimits } from '../../src/core/live-limits.ts'
import { createCore, eventually } from '../support/core.ts'
import { holdLimits } from '../support/fake-spawner.ts'

t.test('a running server gets other limits, where the spawner can', async (t) => {
  const { context, addUser, serverOf } = createCore(t)
  const server = serverOf(addUser('ana'))
  const change = (limits: Limits): Promise<unknown> =>
    context.servers.setLimits(server, limits).catch((thrown: unknown) => thrown)
  t.match(await change({ tasks: 5 }), { code: 'NotRunning', message: 'ana is not running.' })
  await context.servers.start(server)
  t.match(await change({ tasks: 5 }), { code: 'Conflict' })
  const given: Limits[] = []
  Object.assign(context.spawner, {
    setLimits: async (state: SpawnState, limits: Limits) => {
      given.push(limits)
      return { ...state, ...limits }
    },
  })
  const before = context.store.servers.find(server.id)?.spawnState
  t.equal(await change({ tasks: 5, memoryBytes: 1000 }), undefined)
  t.same(given, [{ tasks: 5, memoryBytes: 1000 }])
  const after = context.store.servers.find(server.id)?.spawnState
  t.same(after, { ...before, tasks: 5, memoryBytes: 1000 }, 'a hub after this one knows them')
})

t.test('the end of a server whose limits were changed is noticed', async (t) => {
  const { context, spawner, addUser, serverOf } = createCore(t)
  holdLimits(context.spawner)
  const ana = addUser('ana')
  const server = serverOf(ana)
  await context.servers.start(server)
  await context.servers.setLimits(server, { memoryBytes: 1000 })
  for (const program of spawner.programs()) await program.end(137)
  t.ok(await eventually(() => serverOf(ana).state === 'stopped'))
})

t.test('what it may use now, and after its next start, is known', async (t) => {
  const settings = { 'limits.memory': '1G', 'limits.cpu': '2' }
  const { context, addUser, serverOf } = createCore(t, { settings })
  const { servers } = context
  const ana = addUser('ana')
  const server = serverOf(ana)
  t.same(servers.nextLimits(server), { memoryBytes: 2 ** 30, cpuCores: 2 })
  t.equal(servers.limits(await servers.start(server)), undefined, 'this spawner holds none')
  holdLimits(context.spawner)
  await servers.setLimits(server, { memoryBytes: 2 ** 31 })
  t.same(servers.limits(serverOf(ana)), { memoryBytes: 2 ** 31 })
  t.same(servers.nextLimits(serverOf(ana)), { memoryBytes: 2 ** 30, cpuCores: 2 })
  await servers.stop(serverOf(ana))
  t.equal(servers.limits(serverOf(ana)), undefined, 'nothing runs')
})

t.test('limits are read as they are written in the configuration', async (t) => {
  const before = { memoryBytes: 1000, cpuCores: 1, tasks: 5 }
  t.same(changedLimits(before, {}), before)
  t.same(changedLimits(before, { memory: '2G', cpu: '0.5', tasks: '200' }), {
    ...{ memoryBytes: 2 ** 31, cpuCores: 0.5, tasks: 200 },
  })
  t.same(changedLimits(before, { memory: 'none', cpu: '0', tasks: ' none ' }), {})
  for (const [written, message] of [
    [{ memory: '4' }, /^memory: '4' is too little for a server; write a size such as 512M/],
    [{ memory: 'much' }, /^memory: 'much' is not a size/],
    [{ cpu: '-1' }, /^cpu: '-1' is no number of cores/],
    [{ tasks: '1.5' }, /^tasks: '1\.5' is no number of processes/],
    [{ tasks: '9999999' }, /^tasks: /],
  ] as const)
    t.throws(() => changedLimits(before, written), { code: 'InvalidInput', message })
})
