/** How starts went, in words. */
import t from 'tap'
import { warmthInWords } from '../../src/spawn/warm-words.ts'

t.test(
  'it says how many were warm, how long they took, and why the last one was not',
  async (t) => {
    t.equal(warmthInWords({ warm: 0, cold: 0 }), undefined)
    t.equal(
      warmthInWords({
        ...{ warm: 12, cold: 3, warmMs: 410, coldMs: 3070 },
        lastReason: 'the environment has changed',
      }),
      '12 of 15 starts since the hub began were warm; the first answer came after 0.4 s (warm), 3.1 s (ordinary). The last ordinary one: the environment has changed.',
    )
    t.equal(
      warmthInWords({ warm: 2, cold: 0, warmMs: 1000 }),
      '2 of 2 starts since the hub began were warm; the first answer came after 1.0 s (warm).',
    )
    t.equal(warmthInWords({ warm: 1, cold: 0 }), '1 of 1 starts since the hub began were warm.')
    t.equal(
      warmthInWords({ warm: 1, cold: 0, kernelReason: 'none could be started' }),
      '1 of 1 starts since the hub began were warm. Kernels start the ordinary way: none could be started.',
    )
  },
)
