/** Signs what is sent to a certificate authority, with the key of the account. @see RFC 8555 §6.2, RFC 7515 */
import { createHash, createPublicKey, sign, type KeyObject } from 'node:crypto'

export type AcmeRequest = {
  readonly url: string
  readonly nonce: string
  /** The address of the account; absent: there is none yet, and the key itself is named. */
  readonly account?: string | undefined
  /** Absent: nothing is sent, only read (POST-as-GET, RFC 8555 §6.3). */
  readonly payload?: unknown
}

export interface AcmeSigner {
  /** The body to send: a flattened JWS. */
  sign(request: AcmeRequest): string
  /** What answers a challenge. @see RFC 8555 §8.1 */
  keyAuthorization(token: string): string
}

const base64 = (value: string | Buffer): string => Buffer.from(value).toString('base64url')
const json64 = (value: unknown): string => base64(JSON.stringify(value))

/** @param key of P-256, private */
export function createAcmeSigner(key: KeyObject): AcmeSigner {
  const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' })
  // The order is the one of the thumbprint (RFC 7638 §3.2).
  const jwk = { crv, kty, x, y }
  const thumbprint = createHash('sha256').update(JSON.stringify(jwk)).digest('base64url')
  return {
    keyAuthorization: (token) => `${token}.${thumbprint}`,
    sign({ url, nonce, account, payload }) {
      const who = account === undefined ? { jwk } : { kid: account }
      const head = json64({ alg: 'ES256', ...who, nonce, url })
      const body = payload === undefined ? '' : json64(payload)
      // JWS wants the two numbers side by side, not in DER (RFC 7518 §3.4).
      const signature = sign('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }) // prettier-ignore
      return JSON.stringify({ protected: head, payload: body, signature: base64(signature) })
    },
  }
}
