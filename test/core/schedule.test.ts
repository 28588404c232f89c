/** Background work: no overlap, failures owned, and an end that waits. */
import t from 'tap'
import { createSchedule } from '../../src/core/schedule.ts'
import { createLog } from '../../src/lib/log.ts'
import { eventually } from '../support/core.ts'

function createParts() {
  const lines: string[] = []
  const log = createLog({ level: 'info' }, { write: (line) => void lines.push(line) })
  return { schedule: createSchedule({ log }), lines }
}

// Its timers keep no process alive, so something else has to while the test waits.
const alive = setInterval(() => undefined, 1000)
t.teardown(() => clearInterval(alive))

t.test('a job that takes longer than its period does not overlap itself', async (t) => {
  const { schedule } = createParts()
  let turns = 0
  let now = 0
  let most = 0
  schedule.every(2, 'slow', async () => {
    now += 1
    most = Math.max(most, now)
    await new Promise((resolve) => setTimeout(resolve, 15))
    now -= 1
    turns += 1
  })
  t.ok(await eventually(() => turns >= 3))
  await schedule.stop()
  t.equal(most, 1)
})

t.test('a failure is logged once, and the next turn comes', async (t) => {
  const { schedule, lines } = createParts()
  let turns = 0
  schedule.every(2, 'fails once', () => {
    turns += 1
    if (turns === 1) throw new Error('disk on fire')
  })
  t.ok(await eventually(() => turns >= 3))
  schedule.soon('fails', () => Promise.reject(new Error('no network')))
  await schedule.stop()
  t.equal(lines.length, 2)
  t.match(lines[0], /"job":"fails once".*disk on fire/)
  t.match(lines[1], /"job":"fails".*no network/)
})

t.test('the end waits for what runs, and for what that begins', async (t) => {
  const { schedule } = createParts()
  const done: string[] = []
  const { promise: gate, resolve: open } = Promise.withResolvers<undefined>()
  schedule.every(1, 'turns', () => void done.push('turn'))
  schedule.soon('first', async () => {
    await gate
    done.push('first')
    schedule.soon('second', async () => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      done.push('second')
    })
  })
  const stopped = schedule.stop().then(() => done.push('stopped'))
  open(undefined)
  await stopped
  t.same(done, ['first', 'second', 'stopped'])
  await new Promise((resolve) => setTimeout(resolve, 10))
  t.notOk(done.includes('turn'))
})
