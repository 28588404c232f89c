/** The doctor's line about the event loop. */
import t from 'tap'
import { checkLoop } from '../../src/cli/check-loop.ts'
import { createMetrics } from '../../src/core/metrics.ts'
import { createCore } from '../support/core.ts'

t.test('a hub whose turns come in time is well, one that is held up often is not', async (t) => {
  const { store, clock } = createCore(t).context
  const metrics = createMetrics({ store, clock })
  const turns = (count: number, tookMs: number): void => {
    for (let turn = 0; turn < count; turn++) metrics.loopTurned(tookMs)
  }
  t.match(checkLoop(metrics.render()), { level: 'ok', found: /not run for long enough/ })
  turns(995, 51)
  turns(5, 2000)
  t.match(checkLoop(metrics.render()), {
    check: 'event loop',
    level: 'ok',
    found: '0.50 % of its turns took longer than 0.1 s since the hub began',
  })
  turns(20, 101)
  t.match(checkLoop(metrics.render()), {
    level: 'warn',
    found: /^2\.45 % of its turns/,
    advice: /processor/,
  })
})
