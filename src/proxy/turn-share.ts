/** How much the servers may say in one turn of the event loop: small requests wait for all that is read before them. */

/**
 * Reads of a whole buffer of 64 KiB. So many are about 0.8 ms of work; with half of them a download of 10 MiB takes one
 * and a half times the processor time.
 */
const readsPerTurn = 32

/** While somebody gets small answers, who wait for two turns each: one for the request, one for the answer. */
const readsBesideSmall = readsPerTurn / 4

/** Turns with big answers since the last small one; so many take about as long as a class is silent. */
const turnsBesideSmall = 32

export type TurnShare = {
  /**
   * Asked before each further read of an answer that fills its buffer.
   * @returns false when this turn has had enough: then `goOn` runs in a later one, in the order of asking.
   */
  take(goOn: () => void): boolean
  /** The same for an answer that had to wait for its client. As nothing was read meanwhile, it matters to small ones only. */
  wake(goOn: () => void): boolean
  /** Somebody got a small answer. */
  readonly small: () => void
}

/**
 * Node reads up to 32 buffers of one socket before it looks at the next one (`uv__read` of libuv), and so 2 MiB of each
 * of fifty downloads; and fifty slow readers who are ready in the same moment are 3 MiB.
 */
export function createTurnShare(): TurnShare {
  let whole = readsPerTurn
  let left = whole
  let turnsLeft = 0
  const waiting: (() => void)[] = []

  const renewLater = (): void => void setImmediate(renew)

  const renew = (): void => {
    if (turnsLeft > 0) turnsLeft -= 1
    whole = turnsLeft > 0 ? readsBesideSmall : readsPerTurn
    const next = waiting.splice(0, whole)
    left = whole - next.length
    if (next.length > 0) renewLater()
    for (const goOn of next) goOn()
  }

  const take: TurnShare['take'] = (goOn) => {
    if (left === whole) renewLater()
    if (left > 0) {
      left -= 1
      return true
    }
    waiting.push(goOn)
    return false
  }

  return {
    take,
    wake: (goOn) => turnsLeft === 0 || take(goOn),
    small: () => void (turnsLeft = turnsBesideSmall),
  }
}
