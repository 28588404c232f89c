/** Other limits for a server that runs. */
import t from 'tap'
import { type Limits } from '../../src/model/limits.ts'
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
    setLimits: async (_: unknown, limits: Limits) => void given.push(limits),
  })
  t.equal(await change({ tasks: 5, memoryBytes: 1000 }), undefined)
  t.same(given, [{ tasks: 5, memoryBytes: 1000 }])
})
