/** Other limits for a server that runs. */
import t from 'tap'
import { type Limits } from '../../src/model/limits.ts'
import { type SpawnState } from '../../src/model/server.ts'
import { createCore } from '../support/core.ts'

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
