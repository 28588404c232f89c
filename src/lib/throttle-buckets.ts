/** Counts of failures by key: each is forgiven with time, delays the next attempt, and takes bounded memory. */

export type Rule = {
  /** Failures without a delay. */
  readonly free: number
  /** The delay doubles with every so many failures more. */
  readonly perDoubling: number
  readonly firstMs: number
  readonly capMs: number
  /** After so long one failure is forgiven. */
  readonly forgiveMs: number
}

/** Something that is slowed down: what, after how many failures, and when the last delay ends. */
export type Delay = { readonly key: string; readonly failures: number; readonly until: Date }

export interface Buckets {
  waitMs(key: string, nowMs: number): number
  add(key: string, nowMs: number): void
  forgive(key: string, failures: number, nowMs: number): void
  clear(key: string): void
  /** Those that have earned a delay that is not forgiven yet. */
  list(nowMs: number): Delay[]
}

/** Keys counted at once; the ones that failed longest ago make room: a few megabytes at most, whatever the names. */
const mostKeys = 10_000

type Bucket = {
  /** All of them since the last time that none was left unforgiven. */
  readonly failures: number
  /** Those not forgiven at `at`. Bounded, so that the last one is forgiven within an hour. */
  readonly level: number
  readonly at: number
  /** When the last failure was: what the delay is counted from. */
  readonly failedAt: number
}

/** When there are more than `most`, drops a tenth: finding the oldest one of a map anew each time is slow. */
export function dropOldest(entries: Map<string, unknown>, most: number): void {
  if (entries.size <= most) return
  let surplus = entries.size - most + Math.floor(most / 10)
  for (const key of entries.keys()) {
    if (surplus <= 0) return
    entries.delete(key)
    surplus -= 1
  }
}

export function createBuckets(rule: Rule): Buckets {
  const buckets = new Map<string, Bucket>()
  const highestLevel =
    rule.free + rule.perDoubling * (1 + Math.ceil(Math.log2(rule.capMs / rule.firstMs)))

  /** The clock of a machine can be set back; a time that has not come yet is then taken for now. */
  function bring(key: string, nowMs: number): Bucket | undefined {
    const bucket = buckets.get(key)
    if (bucket === undefined) return undefined
    const forgiven = Math.max(0, nowMs - bucket.at) / rule.forgiveMs
    const level = bucket.level - forgiven
    if (level > 0) {
      const failedAt = Math.min(bucket.failedAt, nowMs)
      const present = { failures: bucket.failures, level, at: nowMs, failedAt }
      buckets.set(key, present)
      return present
    }
    buckets.delete(key)
    return undefined
  }

  function delayMs({ level }: Bucket): number {
    // Rounded up: a failure that is forgiven by half still counts.
    const beyond = Math.ceil(level) - rule.free
    if (beyond <= 0) return 0
    const doublings = Math.floor((beyond - 1) / rule.perDoubling)
    return Math.min(rule.capMs, rule.firstMs * 2 ** doublings)
  }

  return {
    waitMs(key, nowMs) {
      const bucket = bring(key, nowMs)
      return bucket === undefined ? 0 : Math.max(0, bucket.failedAt + delayMs(bucket) - nowMs)
    },
    add(key, nowMs) {
      const { failures = 0, level = 0 } = bring(key, nowMs) ?? {}
      buckets.delete(key)
      buckets.set(key, {
        failures: failures + 1,
        level: Math.min(highestLevel, level + 1),
        at: nowMs,
        failedAt: nowMs,
      })
      dropOldest(buckets, mostKeys)
    },
    forgive(key, failures, nowMs) {
      const bucket = bring(key, nowMs)
      if (bucket !== undefined) buckets.set(key, { ...bucket, level: bucket.level - failures })
    },
    clear: (key) => void buckets.delete(key),
    list: (nowMs) =>
      [...buckets.keys()].flatMap((key) => {
        const bucket = bring(key, nowMs)
        const delay = bucket === undefined ? 0 : delayMs(bucket)
        if (bucket === undefined || delay === 0) return []
        return [{ key, failures: bucket.failures, until: new Date(bucket.failedAt + delay) }]
      }),
  }
}
