/** Many chunks at a time (RFC 9112 §7.1): whoever sends them may make each a byte long. */

const [carriageReturn, lineFeed] = [0x0d, 0x0a]

/** More digits are no longer an exact number. */
const mostDigits = 12

/** Moving more than this is dearer than passing it on by itself. */
const mostMovedBytes = 1024

/** Of each byte that is one; the others are -1. */
const digitValues = Int8Array.from({ length: 256 }, (_, byte) => {
  const digit = String.fromCharCode(byte)
  return /^[\da-f]$/i.test(digit) ? parseInt(digit, 16) : -1
})

/**
 * Reads what is plain and there as a whole: `SIZE CRLF BYTES CRLF`, again and again.
 * @param take gets the bytes of many as one piece: they are moved together, over what stood between them
 * @returns where it stopped, for somebody else to read what stands there: `from` when it read nothing
 */
export function readPlainChunks(
  bytes: Buffer,
  from: number,
  take: (bytes: Buffer) => void,
): number {
  let at = from
  /** What goes on as one. */
  let [begin, end] = [from, from]
  for (;;) {
    const head = readSize(bytes, at)
    const start = head.end + 2
    const stop = start + head.size
    if (!head.size || !isEnd(bytes, head.end) || !isEnd(bytes, stop)) break
    at = stop + 2
    if (end > begin && head.size <= mostMovedBytes) {
      moveDown(bytes, { to: end, start, stop })
      end += head.size
      continue
    }
    if (end > begin) take(bytes.subarray(begin, end))
    begin = start
    end = stop
  }
  if (end > begin) take(bytes.subarray(begin, end))
  return at
}

function readSize(bytes: Buffer, from: number): { readonly size: number; readonly end: number } {
  let size = 0
  let end = from
  for (; end < from + mostDigits; end++) {
    const value = digitValues[bytes[end] ?? 0] ?? -1
    if (value < 0) break
    size = size * 16 + value
  }
  return { size, end }
}

/** Some are moved sooner than the order for it is given. */
const movedByHand = 16

function moveDown(
  bytes: Buffer,
  { to, start, stop }: { readonly to: number; readonly start: number; readonly stop: number },
): void {
  if (stop - start > movedByHand) bytes.copyWithin(to, start, stop)
  else for (let at = start; at < stop; at++) bytes[to + at - start] = bytes[at] ?? 0
}

const isEnd = (bytes: Buffer, at: number): boolean =>
  bytes[at] === carriageReturn && bytes[at + 1] === lineFeed

/** As a client gets them: those that came in one read are one. @param before what goes out in front of it */
export function chunkOf(pieces: readonly Buffer[], before = ''): Buffer {
  const length = pieces.reduce((sum, bytes) => sum + bytes.length, 0)
  const size = `${before}${length.toString(16)}\r\n`
  const whole = Buffer.allocUnsafe(size.length + length + 2)
  let at = whole.write(size, 0, 'latin1')
  for (const bytes of pieces) at += bytes.copy(whole, at)
  whole.write('\r\n', at, 'latin1')
  return whole
}
