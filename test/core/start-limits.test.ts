/** How many servers may start and run at the same time. */
import t from 'tap'
import { checkStartLimits, memoryLack } from '../../src/core/start-limits.ts'
import { HubError } from '../../src/lib/errors.ts'

function refusalOf(underWay: number, active: number, limits: [number, number]) {
  const refused: string[] = []
  const [concurrentSpawns, activeServers] = limits
  try {
    checkStartLimits(underWay, {
      limits: { concurrentSpawns, activeServers, startMemoryBytes: 0 },
      freeMemoryBytes: () => 0,
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

const lackWith = (freeBytes: number, others: number, startMemoryBytes = 128 * 2 ** 20) =>
  memoryLack(others, {
    limits: { concurrentSpawns: 0, activeServers: 0, startMemoryBytes },
    freeMemoryBytes: () => freeBytes,
  })

t.test(
  'a start that the memory cannot hold beside those before it is refused with the figures',
  async (t) => {
    t.equal(lackWith(128 * 2 ** 20, 0), undefined)
    t.equal(lackWith(3 * 128 * 2 ** 20, 2), undefined)
    t.match(lackWith(128 * 2 ** 20 - 1, 0), /: 127 MB are free; each takes about 128 MB/)
    t.match(lackWith(300 * 2 ** 20, 2), /: 300 MB are free, and 2 others come first; each/)
    t.equal(lackWith(0, 5, 0), undefined, 'unless nobody wants that')
  },
)

t.test('a refusal for want of memory is one that may be tried again', async (t) => {
  const refused: string[] = []
  const attempt = (): void =>
    checkStartLimits(0, {
      limits: { concurrentSpawns: 0, activeServers: 0, startMemoryBytes: 1 },
      store: { servers: { countActive: () => 0 } },
      events: { startRefused: (reason) => void refused.push(reason) },
      freeMemoryBytes: () => 0,
    })
  t.throws(attempt, { code: 'TooMany' })
  t.same(refused, ['throttled'])
})
