/** Gives the memory of what was read back at once. */

/** Less is not worth it. */
const leastBytes = 2048

/**
 * An accepted socket reads into a new buffer of 64 KiB each time, and only the collector would free it: big uploads then
 * consist of collections. For bytes as a socket has given them, when neither JavaScript nor the kernel reads them any
 * more; never those of an `IncomingMessage`, since Node's parser may be in the middle of them. A part of a buffer, of
 * which others may have the rest, stays.
 */
export function giveBack(bytes: Buffer): void {
  if (bytes.length < leastBytes) return
  const { buffer } = bytes
  if (buffer instanceof ArrayBuffer && bytes.length === buffer.byteLength) buffer.transfer(0)
}
