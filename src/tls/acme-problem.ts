/** What a certificate authority refuses, as a sentence for the administrator: what it said and what to do. */
import { Type } from 'typebox'
import { Value } from 'typebox/value'

/** An expected failure of getting a certificate; its message is whole sentences. */
export class AcmeProblem extends Error {
  override readonly name = 'AcmeProblem'
  /** The last word of its type (RFC 8555 §6.7), such as `badNonce`; empty: it is none of the authority's. */
  readonly type: string
  /** How long the authority wants to be left alone. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    options: { type?: string; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.type = options.type ?? ''
    this.retryAfterMs = options.retryAfterMs
  }
}

/** @see RFC 7807, RFC 8555 §6.7.1 */
const document = Type.Object({
  type: Type.String(),
  detail: Type.Optional(Type.String()),
  subproblems: Type.Optional(
    Type.Array(
      Type.Object({
        detail: Type.Optional(Type.String()),
        identifier: Type.Optional(Type.Object({ value: Type.String() })),
      }),
    ),
  ),
})

const urn = 'urn:ietf:params:acme:error:'

/** What to do, by the type of the problem. */
const remedies: Readonly<Record<string, string>> = {
  caa: 'A CAA record of the domain names other authorities only: add this one there.',
  connection:
    'It could not reach this machine: open ports 80 and 443 in every firewall, also in that of the provider.',
  dns: 'Its look-up of the name failed: look at the A, AAAA and CAA records of the domain.',
  externalAccountRequired: 'It takes only accounts that it knows from elsewhere; choose another.',
  incorrectResponse: 'Something else answers under this name: let the name point at this machine.',
  invalidContact: 'Correct https.letsencrypt.email, or leave it empty.',
  rateLimited: 'Nothing is wrong here, but it was asked too often; the hub waits and asks again.',
  rejectedIdentifier: 'It gives no certificates for this name: choose another name.',
  serverInternal: 'It has trouble of its own; the hub asks again.',
  tls: 'It got no TLS answer of this hub on port 443: is something else in front of it?',
  unauthorized: 'Something else answers under this name: let the name point at this machine.',
  unsupportedContact: 'Correct https.letsencrypt.email, or leave it empty.',
  userActionRequired: 'It wants you to agree to new terms; its page says how.',
}

export type Refusal = {
  readonly status?: number
  readonly retryAfterMs?: number | undefined
  /** The name that it is about. */
  readonly name?: string
}

/** @param value a problem document, or whatever came in its place */
export function problemOf(value: unknown, { status, retryAfterMs, name }: Refusal): AcmeProblem {
  const about = name === undefined ? '' : ` for ${name}`
  if (!Value.Check(document, value)) {
    const said = `The certificate authority answered ${status ?? 'nothing clear'}${about}, without saying why.`
    return new AcmeProblem(said, { retryAfterMs })
  }
  const type = value.type.startsWith(urn) ? value.type.slice(urn.length) : value.type
  const details = [
    value.detail,
    ...(value.subproblems ?? []).map(({ identifier, detail }) =>
      [identifier?.value, detail].filter((part) => part !== undefined).join(': '),
    ),
  ]
  const said = clean(details.filter((detail) => detail !== undefined && detail !== '').join('; '))
  const remedy = Object.hasOwn(remedies, type) ? ` ${remedies[type] ?? ''}` : ''
  const message = `The certificate authority refuses${about} (${type}): ${said || 'it does not say why'}.${remedy}`
  return new AcmeProblem(message, { type, retryAfterMs })
}

/** It is shown on pages and in terminals, and comes from outside. */
const clean = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .slice(0, 400)
    .replace(/[. ]+$/, '')
