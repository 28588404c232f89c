/** One look for all units, and who is told about the end of which run. */
import t from 'tap'
import { type UnitFacts } from '../../src/spawn/systemctl.ts'
import { createUnitWatch, isAlive } from '../../src/spawn/unit-watch.ts'
import { never, quietLog, stayAwake } from './support.ts'

stayAwake(t)

const facts = (Id: string, InvocationID: string, SubState = 'running'): UnitFacts => ({
  ...{ Id, InvocationID, SubState },
  ActiveState: SubState === 'failed' ? 'failed' : 'active',
})

t.test(
  'only this run counts, and one that ended well is over although its unit is active',
  async (t) => {
    const run = { invocation: '1' }
    t.ok(isAlive(facts('a', '1'), run))
    t.notOk(isAlive(facts('a', '2'), run))
    t.notOk(isAlive(facts('a', '1', 'exited'), run))
    t.notOk(isAlive(facts('a', '1', 'failed'), run))
    t.ok(
      isAlive({ ...facts('a', '1'), ActiveState: 'deactivating', SubState: 'stop-sigterm' }, run),
    )
    t.notOk(isAlive({}, run))
  },
)

t.test('all that wait are served by one question, and a failure is survived', async (t) => {
  let units = [facts('a', '1'), facts('b', '2'), facts('c', '3')]
  let questions = 0
  const showAll = async () => {
    questions += 1
    if (questions === 1) throw new Error('systemd is busy')
    return units
  }
  const lines: string[] = []
  const watch = createUnitWatch({ showAll, log: quietLog(lines) })
  const ended = ['a', 'b', 'c'].map((unit, index) =>
    watch.ended({ unit, invocation: String(index + 1) }, never),
  )
  units = [facts('a', '1', 'failed'), facts('c', 'another run')]
  t.match(await Promise.all(ended), [{ SubState: 'failed' }, undefined, undefined])
  t.equal(questions, 2)
  t.match(lines.join(), /systemd is busy/)
})

t.test('who waits no longer is not told', async (t) => {
  const watch = createUnitWatch({ showAll: async () => [], log: quietLog() })
  const controller = new AbortController()
  const ended = watch.ended({ unit: 'a', invocation: '1' }, controller.signal)
  controller.abort(new Error('no more'))
  await t.rejects(ended, { message: 'no more' })
  await t.rejects(watch.ended({ unit: 'a', invocation: '1' }, controller.signal), {
    message: 'no more',
  })
})
