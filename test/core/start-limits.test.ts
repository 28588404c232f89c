/** How many servers may start and run at the same time. */
import t from 'tap'
import { checkStartLimits } from '../../src/core/start-limits.ts'
import { HubError } from '../../src/lib/errors.ts'

function refusalOf(underWay: number, active: number, limits: [number, number]) {
  const refused: string[] = []
  const [concurrentSpawns, activeServers] = limits
  try {
    checkStartLimits(underWay, {
      limits: { concurrentSpawns, activeServers },
      store: { servers: { countActive: () => active } },
      events: { startRefused: (reason) => void refused.push(reason) },
    })
  } catch (thrown) {
    return thrown instanceof HubError ? { code: thrown.code, refused } : thrown
  }
  return undefined
}

t.test('one more than may start or run is refused, and counted', async (t) => {
  t.equal(refusalOf(1, 4, [2, 5]), undefined)
  t.same(refusalOf(2, 0, [2, 5]), { code: 'TooMany', refused: ['throttled'] })
  t.same(refusalOf(0, 5, [2, 5]), { code: 'TooMany', refused: ['too-many-users'] })
  t.equal(refusalOf(1000, 1000, [0, 0]), undefined, 'without limits nobody is')
})
