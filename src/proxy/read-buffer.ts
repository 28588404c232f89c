/** The buffer that a connection reads into, again and again: as large as what comes, while it goes on as fast. */

/** Fills up at once with a big body; a fourth of the turns of the event loop that 16 KiB take. */
export const bigReadBytes = 64 * 1024

/** A download takes half of the processor time that it takes with those; all who are slow would hold much memory. */
const hugeReadBytes = 512 * 1024

/** So many big reads in a row went on at once: 4 MiB. */
const steadyReads = 64

/**
 * After so many of the largest its client may be behind for once: another buffer each time makes V8 collect everything
 * twice a second beside eight downloads, because it counts what it has not seen being freed.
 */
const steadyHugeReads = 4

const growth = 16

/** After so many reads that would have fitted in a sixteenth of it. */
const smallReads = 4

export interface ReadBuffer {
  /** The bytes of a read. */
  filled(length: number): Buffer
  /** The bytes of this read are still needed: the next ones go into another buffer. */
  readonly keep: () => void
  /** They did not go on at once, and nothing is read before they have: so they need not be kept from the next ones. */
  held(): void
  /** How much the next read brings at most. */
  nextBytes(): number
  /** Node asks after each read where the next one goes. */
  readonly next: () => Buffer
}

/**
 * A fresh buffer for each read is what costs most in big downloads. It is never shared between sockets, because a socket
 * keeps the one it was given after its previous read.
 * @param firstBytes it begins with so many, and has no more while little comes: thousands of connections are idle
 * @param mostBytes asked before each read
 */
export function createReadBuffer(firstBytes: number, mostBytes: () => number): ReadBuffer {
  let buffer = Buffer.allocUnsafeSlow(firstBytes)
  let given = buffer
  let wantedBytes = firstBytes
  let isKept = false
  let bigInARow = 0
  let smallInARow = 0

  const fit = (length: number): void => {
    bigInARow = length >= bigReadBytes ? bigInARow + 1 : 0
    smallInARow = length * growth < buffer.length ? smallInARow + 1 : 0
    if (bigInARow >= steadyReads) wantedBytes = hugeReadBytes
    else if (length === buffer.length && length < bigReadBytes)
      wantedBytes = Math.min(bigReadBytes, length * growth)
    else if (smallInARow >= smallReads) wantedBytes = firstBytes
  }

  const nextBytes = (): number => Math.min(wantedBytes, mostBytes())

  return {
    filled(length) {
      fit(length)
      return given.subarray(0, length)
    },
    keep: () => {
      isKept = true
    },
    held() {
      isKept = false
      if (bigInARow < steadyHugeReads) wantedBytes = Math.min(wantedBytes, bigReadBytes)
      bigInARow = 0
    },
    nextBytes,
    next: () => {
      if (isKept || buffer.length !== wantedBytes) buffer = Buffer.allocUnsafeSlow(wantedBytes)
      isKept = false
      const bytes = nextBytes()
      given = bytes < buffer.length ? buffer.subarray(0, bytes) : buffer
      return given
    },
  }
}
