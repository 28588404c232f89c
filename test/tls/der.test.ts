/** DER as OpenSSL reads it. */
import { execFileSync } from 'node:child_process'
import t from 'tap'
import {
  bitString,
  der,
  integer,
  objectId,
  octetString,
  sequence,
  set,
  tagged,
  utcTime,
  yes,
} from '../../src/tls/der.ts'

const parsed = (value: Buffer): string =>
  execFileSync('openssl', ['asn1parse', '-inform', 'DER'], { input: value }).toString()

t.test('every kind of value is read as what it was', async (t) => {
  const text = parsed(
    sequence(
      integer(Buffer.from([0, 0])),
      integer(Buffer.from([0, 0x80])),
      set(octetString(Buffer.from('abc'))),
      objectId('1.2.840.10045.4.3.2'),
      tagged(3, bitString(Buffer.from([1, 2]))),
      utcTime(new Date('2026-11-25T23:59:58.123Z')),
      yes,
    ),
  )
  t.match(text, /INTEGER +:00\n.*INTEGER +:80\n/)
  t.match(text, /OCTET STRING +:abc\n/)
  t.match(text, /OBJECT +:ecdsa-with-SHA256\n/)
  t.match(text, /cons: cont \[ 3 \]/)
  t.match(text, /UTCTIME +:261125235958Z\n/)
  t.match(text, /BOOLEAN +:255\n/)
})

t.test('lengths are as short as they can be', async (t) => {
  for (const [bytes, head] of [
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [256, '04820100'],
    [70_000, '0483011170'],
  ] as const)
    // prettier-ignore
    t.equal(der(4, Buffer.alloc(bytes)).subarray(0, head.length / 2).toString('hex'), head)
})
