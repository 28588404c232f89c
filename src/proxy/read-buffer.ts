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

/**
 * A fresh buffer for each read is what costs most in big downloads. It is never shared between sockets, because a socket
 * keeps the one it was given after its previous read.
 *
 * A class, like the connection it belongs to: a function for each of its methods would be 56 bytes in every idle WebSocket.
 */
export class ReadBuffer {
  readonly #firstBytes: number
  readonly #mostBytes: () => number
  #buffer: Buffer
  #given: Buffer
  #wantedBytes: number
  #isKept = false
  #bigInARow = 0
  #smallInARow = 0

  /**
   * @param firstBytes it begins with so many, and has no more while little comes: thousands of connections are idle
   * @param mostBytes asked before each read
   */
  constructor(firstBytes: number, mostBytes: () => number) {
    this.#firstBytes = firstBytes
    this.#mostBytes = mostBytes
    this.#buffer = this.#given = Buffer.allocUnsafeSlow(firstBytes)
    this.#wantedBytes = firstBytes
  }

  /** Node asks after each read where the next one goes. */
  next(): Buffer {
    if (this.#isKept || this.#buffer.length !== this.#wantedBytes)
      this.#buffer = Buffer.allocUnsafeSlow(this.#wantedBytes)
    this.#isKept = false
    const bytes = this.nextBytes()
    this.#given = bytes < this.#buffer.length ? this.#buffer.subarray(0, bytes) : this.#buffer
    return this.#given
  }

  /** How much the next read brings at most. */
  nextBytes(): number {
    return Math.min(this.#wantedBytes, this.#mostBytes())
  }

  /** The bytes of a read. */
  filled(length: number): Buffer {
    this.#fit(length)
    return this.#given.subarray(0, length)
  }

  /** The bytes of this read are still needed: the next ones go into another buffer. */
  keep(): void {
    this.#isKept = true
  }

  /** They did not go on at once, and nothing is read before they have: so they need not be kept from the next ones. */
  held(): void {
    this.#isKept = false
    if (this.#bigInARow < steadyHugeReads)
      this.#wantedBytes = Math.min(this.#wantedBytes, bigReadBytes)
    this.#bigInARow = 0
  }

  #fit(length: number): void {
    const whole = this.#buffer.length
    this.#bigInARow = length >= bigReadBytes ? this.#bigInARow + 1 : 0
    this.#smallInARow = length * growth < whole ? this.#smallInARow + 1 : 0
    if (this.#bigInARow >= steadyReads) this.#wantedBytes = hugeReadBytes
    else if (length === whole && length < bigReadBytes)
      this.#wantedBytes = Math.min(bigReadBytes, length * growth)
    else if (this.#smallInARow >= smallReads) this.#wantedBytes = this.#firstBytes
  }
}
