/** Requests for certificates (PKCS #10), and certificates that sign themselves, for keys of P-256. */
import { createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto'
import { DAY } from '../lib/time.ts'
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
} from './der.ts'

const ecdsaWithSha256 = sequence(objectId('1.2.840.10045.4.3.2'))
const subjectAlternativeName = objectId('2.5.29.17')
const extensionRequest = objectId('1.2.840.113549.1.9.14')
/** @see RFC 8737 §6.1 */
const acmeIdentifier = objectId('1.3.6.1.5.5.7.1.31')

const noName = sequence()

/** A critical one has the flag between its name and its value. */
const extension = (id: Buffer, value: Buffer, ...critical: readonly Buffer[]): Buffer =>
  sequence(id, ...critical, octetString(value))

const dnsNames = (names: readonly string[]): Buffer =>
  sequence(...names.map((name) => der(0x82, Buffer.from(name, 'ascii'))))

const publicKeyOf = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ type: 'spki', format: 'der' })

const signed = (content: Buffer, key: KeyObject): Buffer =>
  sequence(content, ecdsaWithSha256, bitString(sign('sha256', content, key)))

/**
 * Names are alternative names alone: authorities read no others (RFC 8555 §7.4), and a common name has an end at 64.
 * @returns DER @see RFC 2986 §4
 */
export function requestCertificate(key: KeyObject, names: readonly string[]): Buffer {
  const wanted = sequence(extension(subjectAlternativeName, dnsNames(names)))
  const attributes = tagged(0, sequence(extensionRequest, set(wanted)))
  return signed(sequence(integer(Buffer.from([0])), noName, publicKeyOf(key), attributes), key)
}

/**
 * The certificate that answers a challenge over TLS.
 * @param digest SHA-256 of the key authorization
 * @returns PEM @see RFC 8737 §3
 */
export function challengeCertificate(
  key: KeyObject,
  { name, digest, now }: { readonly name: string; readonly digest: Buffer; readonly now: Date },
): string {
  const valid = sequence(
    utcTime(new Date(now.getTime() - DAY)),
    utcTime(new Date(now.getTime() + DAY)),
  )
  const extensions = sequence(
    extension(subjectAlternativeName, dnsNames([name])),
    extension(acmeIdentifier, octetString(digest), yes),
  )
  const serial = integer(randomBytes(16))
  const version3 = tagged(0, integer(Buffer.from([2])))
  const content = sequence(
    ...[version3, serial, ecdsaWithSha256, noName, valid, noName],
    ...[publicKeyOf(key), tagged(3, extensions)],
  )
  return pemOf(signed(content, key))
}

/** No line is empty, whatever the length: OpenSSL takes that for the end. @see RFC 7468 §2 */
function pemOf(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
