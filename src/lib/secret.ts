/** Secrets: random values, the hashes that are stored of them, and comparison in constant time. */
import {
  createHash,
  createHmac,
  randomBytes,
  randomUUID,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto'

/** 256 random bits, base64url (43 characters). */
export const newSecret = (): string => randomBytes(32).toString('base64url')

/** A random id that may be public: 32 hexadecimal digits of a version 4 UUID (JupyterHub: `uuid.uuid4().hex`). */
export const newId = (): string => randomUUID().replaceAll('-', '')

/** SHA-256, hexadecimal. For values that cannot be guessed only: it is fast, so a password needs bcrypt. */
export const hashSecret = (secret: string): string =>
  createHash('sha256').update(secret).digest('hex')

/** Whether two secrets are the same; how long it takes says nothing about them, not even their lengths. */
export function equalSecrets(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}

/**
 * HMAC-SHA-256 of `text`, base64url.
 * @param key made once: to make it of bytes for each signature takes seven times as long
 * @see RFC 2104
 */
export const hmac = (key: KeyObject, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url')
