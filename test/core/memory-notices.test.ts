/** Owners of servers whose programs a memory limit ended. */
import t from 'tap'
import { createCore } from '../support/core.ts'
import { createScriptedSpawner } from '../support/scripted-spawner.ts'

t.test('home says so beside the server that lost a program, until it starts again', async (t) => {
  const listeners: ((slug: string) => void)[] = []
  const onMemoryKill = (listener: (slug: string) => void) => void listeners.push(listener)
  const spawner = Object.assign(createScriptedSpawner(), { onMemoryKill })
  const core = createCore(t, { spawner })
  const ana = core.addUser('ana')
  const [own, lab] = [core.serverOf(ana), core.serverOf(ana, 'lab')]
  const { servers } = core.context
  await servers.start(own)
  await servers.start(lab)
  t.equal(listeners.length, 1)
  for (const tell of listeners) tell('ana.lab')
  t.match(core.again(lab), { state: 'ready', failure: { message: /memory limit/ } })
  t.equal(core.again(own).failure, undefined)
  await servers.stop(lab)
  t.equal(core.again(lab).failure, undefined)
  for (const tell of listeners) tell('ana.lab')
  t.equal(core.again(lab).failure, undefined, 'nothing runs of it')
})
