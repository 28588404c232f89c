/** Answers challenges over TLS: whoever asks for the protocol `acme-tls/1` is shown a certificate made for that. @see RFC 8737 */
import { createHash, type KeyObject } from 'node:crypto'
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { newKey } from './acme-files.ts'
import { type Challenge } from './acme-order.ts'
import { challengeCertificate } from './certificate-request.ts'

const acmeProtocol = 'acme-tls/1'
const usualProtocol = 'http/1.1'

type Asked = { readonly servername: string; readonly protocols: readonly string[] }

/**
 * Chooses the protocol of a connection, for `ALPNCallback`; undefined: none of those that were offered.
 * @param challengeFor the challenge that waits for this name
 */
export function createProtocolChoice(
  challengeFor: (name: string) => Challenge | undefined,
): (this: TLSSocket, asked: Asked) => string | undefined {
  return function ({ servername, protocols }) {
    if (!protocols.includes(acmeProtocol))
      return protocols.includes(usualProtocol) ? usualProtocol : undefined
    const challenge = challengeFor(servername)
    if (!challenge) return undefined
    this.setKeyCert(challengeContext(challenge, new Date()))
    // Nothing else is spoken on such a connection (RFC 8737 §3).
    this.once('secure', () => this.end())
    return acmeProtocol
  }
}

/** For the time without any: TLS takes nobody's hello before it has some certificate, whatever it shows in the end. */
export function placeholderCertificate(): { readonly cert: string; readonly key: string } {
  const key = newKey()
  const nothing = { name: 'invalid', keyAuthorization: '' }
  return { cert: certificateOf(key, nothing, new Date()), key: pemOf(key) }
}

function challengeContext(challenge: Challenge, now: Date): SecureContext {
  const key = newKey()
  return createSecureContext({ key: pemOf(key), cert: certificateOf(key, challenge, now) })
}

const certificateOf = (
  key: KeyObject,
  { name, keyAuthorization }: Pick<Challenge, 'name' | 'keyAuthorization'>,
  now: Date,
): string => {
  const digest = createHash('sha256').update(keyAuthorization).digest()
  return challengeCertificate(key, { name, digest, now })
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
