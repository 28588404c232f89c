/** The doctor asks the running hub how its starts went: forked, which takes a moment, or the ordinary way. */
import { type WarmFacts } from '../spawn/warm-start.ts'
import { warmthInWords } from '../spawn/warm-words.ts'
import { ok, warn, type Finding } from './finding.ts'

/** Before that the first one, for which nothing was ready, is most of what was counted. */
const fewestStarts = 5

/** Undefined: nothing was started yet, or starts are never warm here, as `spawner.warm_start` says. */
export function checkWarmStart(facts: WarmFacts, enabled: boolean): Finding | undefined {
  const found = warmthInWords(facts)
  if (found === undefined || !enabled) return undefined
  const { warm, cold } = facts
  if (cold <= warm || warm + cold < fewestStarts) return ok('warm starts', found)
  return warn('warm starts', found, advice)
}

const advice =
  'Each of these starts takes ten times as long as it could. When the reason is one that stays, change what it names (docs/settings.md, spawner), or set spawner.warm_start to false.'
