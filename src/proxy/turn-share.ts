/** How much the servers may say in one turn of the event loop: small requests wait for all that is read before them. */

/** About 0.8 ms of work. With half of it a download of 10 MiB takes one and a half times the processor time. */
const bytesPerTurn = 2 * 1024 * 1024

export type TurnShare = {
  /** @returns false when this turn has had enough: then `goOn` runs before the next one. */
  take(bytes: number, goOn: () => void): boolean
}

/**
 * Node reads up to 32 buffers of one socket before it looks at the next one (`uv__read` of libuv), and so 2 MiB of each
 * of fifty downloads. For bytes of a buffer that was full: nothing else is read again in the same turn.
 */
export function createTurnShare(): TurnShare {
  let left = bytesPerTurn
  let waiting: (() => void)[] = []

  const renew = (): void => {
    const all = waiting
    left = bytesPerTurn
    waiting = []
    for (const goOn of all) goOn()
  }

  return {
    take(bytes, goOn) {
      if (left === bytesPerTurn) setImmediate(renew)
      left -= bytes
      if (left > 0) return true
      waiting.push(goOn)
      return false
    },
  }
}
