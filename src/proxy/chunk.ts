/** Chunks as a client gets them (RFC 9112 §7.1). Those that came in one read leave as one: a server may make them a byte long. */

/** @param before what goes out in front of it */
export function chunkOf(pieces: readonly Buffer[], before = ''): Buffer {
  const length = pieces.reduce((sum, bytes) => sum + bytes.length, 0)
  const size = `${before}${length.toString(16)}\r\n`
  const whole = Buffer.allocUnsafe(size.length + length + 2)
  let at = whole.write(size, 0, 'latin1')
  for (const bytes of pieces) at += bytes.copy(whole, at)
  whole.write('\r\n', at, 'latin1')
  return whole
}
