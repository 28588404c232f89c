/** How much the servers may say in one turn of the event loop: small requests wait for all that is read before them. */

/** About 1.2 ms of work. */
const bytesPerTurn = 2 * 1024 * 1024

/** While somebody gets small answers, who wait for two turns each: one for the request, one for the answer. */
const bytesBesideSmall = 256 * 1024

/** Of which no single read brings more than half. */
const bytesPerReadBesideSmall = bytesBesideSmall / 2

/** Turns with big answers since the last small one; so many take about as long as a class is silent. */
const turnsBesideSmall = 32

/** No machine that we know is as slow with what only passes through. */
const bytesPerMs = 1024 * 1024

/** What a read counts for that has been worked on since then: a server may make its chunks a byte long. */
export const bytesWorth = (beganMs: number): number => (performance.now() - beganMs) * bytesPerMs

export type TurnShare = {
  /**
   * Asked before each further read of a big answer.
   * @param bytes that it brings at most
   * @returns false when this turn has had enough: then `goOn` runs in a later one, in the order of asking.
   */
  take(bytes: number, goOn: () => void): boolean
  /** The same for an answer that had to wait for its client. As nothing was read meanwhile, it matters to small ones only. */
  wake(bytes: number, goOn: () => void): boolean
  /** Somebody got a small answer. */
  readonly small: () => void
  /** How much one read may bring at the moment. */
  readonly readBytes: () => number
}

type Waiting = { readonly bytes: number; readonly goOn: () => void }

/**
 * Node reads up to 32 buffers of one socket before it looks at the next one (`uv__read` of libuv), and so 2 MiB of each
 * of fifty downloads; and fifty slow readers who are ready in the same moment are 3 MiB.
 */
export function createTurnShare(): TurnShare {
  let whole = bytesPerTurn
  let left = whole
  let turnsLeft = 0
  const waiting: Waiting[] = []

  const renewLater = (): void => void setImmediate(renew)

  const renew = (): void => {
    if (turnsLeft > 0) turnsLeft -= 1
    whole = turnsLeft > 0 ? bytesBesideSmall : bytesPerTurn
    left = whole
    const next = []
    for (let one; left > 0 && (one = waiting.shift()); next.push(one)) left -= one.bytes
    if (next.length > 0) renewLater()
    for (const { goOn } of next) goOn()
  }

  const take: TurnShare['take'] = (bytes, goOn) => {
    if (left === whole) renewLater()
    if (left > 0) {
      left -= bytes
      return true
    }
    waiting.push({ bytes, goOn })
    return false
  }

  return {
    take,
    wake: (bytes, goOn) => turnsLeft === 0 || take(bytes, goOn),
    small: () => void (turnsLeft = turnsBesideSmall),
    readBytes: () => (turnsLeft > 0 ? bytesPerReadBesideSmall : Infinity),
  }
}
