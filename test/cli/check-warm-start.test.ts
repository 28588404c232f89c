/** What the doctor says of starts that were warm or not. */
import t from 'tap'
import { checkWarmStart } from '../../src/cli/check-warm-start.ts'

t.test('most starts are warm, or the reason is told with what to do', async (t) => {
  t.equal(checkWarmStart({ warm: 0, cold: 0 }, true), undefined)
  t.equal(checkWarmStart({ warm: 0, cold: 9, lastReason: 'it is off' }, false), undefined)
  t.match(checkWarmStart({ warm: 9, cold: 1 }, true), { level: 'ok', found: /^9 of 10/ })
  t.match(checkWarmStart({ warm: 0, cold: 1, lastReason: 'x' }, true), { level: 'ok' })
  t.match(checkWarmStart({ warm: 1, cold: 9, lastReason: 'others can change /env' }, true), {
    level: 'warn',
    found: /others can change \/env/,
    advice: /warm_start/,
  })
})
