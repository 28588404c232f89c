/** The trial of limits: what the unit gets, what is concluded, and that nothing stays. In a machine: install/service.test.ts. */
import t from 'tap'
import { tryLimits } from '../../src/spawn/limits-trial.ts'
import { scriptedTrial } from '../support/limits-trial.ts'

t.test('a unit in the slice of servers dies of its limit, and is removed', async (t) => {
  const needs = scriptedTrial({})
  const trial = await tryLimits('some.slice', needs)
  t.same(trial.missing, [])
  t.type(trial.killedAfterMs, 'number')
  t.match(needs.seen.properties.join(' '), /Slice=some\.slice .*MemoryMax=33554432 .*TasksMax=16/)
  t.equal(needs.seen.stops, 2, 'before and after')
})

t.test('a program that gets what it wants is no proof of a limit', async (t) => {
  const trial = await tryLimits('some.slice', scriptedTrial({ status: '0', acting: { tasks: 16 } }))
  t.equal(trial.killedAfterMs, undefined)
  t.equal(trial.missing.length, 2)
})

t.test('what systemd refuses is told, and nothing stays', async (t) => {
  const needs = scriptedTrial({ refusal: 'Access denied' })
  t.match(await tryLimits('some.slice', needs).catch((thrown: unknown) => thrown), {
    code: 'Unavailable',
    message: /Access denied/,
  })
  t.equal(needs.seen.stops, 2)
})
