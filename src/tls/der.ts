/** Writes ASN.1 values in DER: the little of it that requests for certificates are made of. */

/** @see X.690 §8.1.3 and §10.1: the shortest form of the length */
function lengthOf(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes])
  const digits = bytes.toString(16)
  const encoded = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  return Buffer.concat([Buffer.from([0x80 | encoded.length]), encoded])
}

/** Any value by its tag. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
export const set = (...parts: readonly Uint8Array[]): Buffer => der(0x31, ...parts)
export const octetString = (...parts: readonly Uint8Array[]): Buffer => der(0x04, ...parts)
export const yes = der(0x01, Buffer.from([0xff]))

/** A whole number of bytes: none of the last one is unused. */
export const bitString = (bytes: Uint8Array): Buffer => der(0x03, Buffer.from([0]), bytes)

/** One that belongs to a context, such as `[0]`, and has others in it. */
export const tagged = (number: number, ...parts: readonly Uint8Array[]): Buffer =>
  der(0xa0 | number, ...parts)

/** @param bytes of a number that is not negative, the most significant first */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  const short = first < 0 ? Buffer.from([0]) : bytes.subarray(first)
  const sign = (short[0] ?? 0) >= 0x80 ? [Buffer.from([0])] : []
  return der(0x02, ...sign, short)
}

/** @param dotted such as `1.2.840.10045.4.3.2` */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  return der(0x06, Buffer.from([first * 40 + second, ...others.flatMap(base128)]))
}

/** Seven bits a byte; all but the last have the eighth one set. @see X.690 §8.19.2 */
function base128(number: number): number[] {
  const last = number & 0x7f
  const before = Math.floor(number / 128)
  return before === 0 ? [last] : [...base128(before).map((byte) => byte | 0x80), last]
}

/** The form that X.509 wants until 2049 (RFC 5280 §4.1.2.5.1). */
export const utcTime = (date: Date): Buffer =>
  der(0x17, Buffer.from(date.toISOString().replace(/^..|[-:T]|\..*/g, '') + 'Z'))
