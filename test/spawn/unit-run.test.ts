/** What the store gives back of a run. */
import t from 'tap'
import { readRun } from '../../src/spawn/unit-run.ts'

const run = { unit: 'jupyter-ana.service', invocation: 'x', slug: 'ana', port: 0, memoryBytes: 0 }

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
