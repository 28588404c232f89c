/** What the store gives back of a run. */
import t from 'tap'
import { limitsOfRun, limitsOfState, readRun, rememberLimits } from '../../src/spawn/unit-run.ts'

const run = {
  unit: 'jupyter-ana.service',
  invocation: 'x',
  slug: 'ana',
  port: 0,
  memoryBytes: 0,
  cpuCores: 1.5,
  tasks: 20,
}

t.test('a run is read back, and what another spawner left is none', async (t) => {
  t.same(readRun({ ...run, more: true }), run)
  for (const state of [
    {},
    { ...run, invocation: '' },
    { ...run, port: '1' },
    { unit: 'x' },
    { pid: 1 },
  ])
    t.equal(readRun(state), undefined)
})

t.test('its limits are remembered, and none stays none', async (t) => {
  t.same(limitsOfRun(run), { cpuCores: 1.5, tasks: 20 })
  t.same(limitsOfState({ ...run }), { cpuCores: 1.5, tasks: 20 })
  t.equal(limitsOfState({ pid: 1 }), undefined, 'of another spawner')
  for (const limits of [{}, { memoryBytes: 1000 }, { cpuCores: 0.5, tasks: 3, memoryBytes: 7 }])
    t.same(limitsOfRun({ ...run, ...rememberLimits(limits) }), limits)
})

t.test('one that began when fewer of them were remembered is still known', async (t) => {
  const { cpuCores, tasks, ...older } = run
  t.ok(cpuCores + tasks)
  t.same(readRun(older), { ...older, cpuCores: 0, tasks: 0 })
})
