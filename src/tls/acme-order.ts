/** A certificate from an authority that speaks ACME: account, order, challenges, the chain. @see RFC 8555 §7 */
import { type KeyObject } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { Type, type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { MINUTE, SECOND, sleep } from '../lib/time.ts'
import { type AcmeSigner } from './acme-jws.ts'
import { AcmeProblem, problemOf } from './acme-problem.ts'
import { type AcmeAnswer } from './acme-request.ts'
import { type AcmeTransport } from './acme-transport.ts'
import { requestCertificate } from './certificate-request.ts'

export type ChallengeType = 'http-01' | 'tls-alpn-01'

/** Something that the authority will look at, at the name, from outside. */
export type Challenge = {
  readonly type: ChallengeType
  readonly name: string
  readonly token: string
  readonly keyAuthorization: string
}

export type OrderNeeds = {
  readonly transport: AcmeTransport
  readonly signer: AcmeSigner
  readonly names: readonly string[]
  /** Empty: none. */
  readonly email: string
  /** Of the certificate. */
  readonly key: KeyObject
  readonly challenge: ChallengeType
  readonly signal: AbortSignal
  /** Answers a challenge from now on. @returns what ends that */
  answer(challenge: Challenge): () => void
}

const accountSchema = Type.Object({ contact: Type.Optional(Type.Array(Type.String())) })

const orderSchema = Type.Object({
  status: Type.String(),
  authorizations: Type.Array(Type.String()),
  finalize: Type.String(),
  certificate: Type.Optional(Type.String()),
  error: Type.Optional(Type.Unknown()),
})

const authorizationSchema = Type.Object({
  status: Type.String(),
  identifier: Type.Object({ value: Type.String() }),
  challenges: Type.Array(
    Type.Object({
      type: Type.String(),
      url: Type.String(),
      // It becomes a part of a path (RFC 8555 §8.3).
      token: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,512}$' })),
      error: Type.Optional(Type.Unknown()),
    }),
  ),
})

type Authorization = Static<typeof authorizationSchema>

/** Authorities look from several places, and some of them queue. */
const patienceMs = 3 * MINUTE
const firstPauseMs = SECOND / 2
const longestPauseMs = 15 * SECOND

/** @returns the chain (PEM). @throws {AcmeProblem} */
export async function orderCertificate(needs: OrderNeeds): Promise<string> {
  const { transport, names } = needs
  const account = await openAccount(needs)
  const { newOrder } = await transport.directory()
  const identifiers = names.map((value) => ({ type: 'dns', value }))
  const made = await transport.post(newOrder, { account, payload: { identifiers } })
  const orderUrl = located(made)
  const order = parsed(orderSchema, made)
  for (const url of order.authorizations) await authorize(url, account, needs)
  const isReady = await poll(orderUrl, account, { ...needs, schema: orderSchema, pending: 'pending' }) // prettier-ignore
  if (isReady.status === 'ready') {
    const csr = requestCertificate(needs.key, names).toString('base64url')
    await transport.post(order.finalize, { account, payload: { csr } })
  }
  const done = await poll(orderUrl, account, { ...needs, schema: orderSchema, pending: 'processing' }) // prettier-ignore
  if (done.status !== 'valid' || done.certificate === undefined) throw problemOf(done.error, {})
  return (await transport.post(done.certificate, { account })).text
}

/** The same key is the same account (RFC 8555 §7.3.1), so its address need not be kept. */
async function openAccount({ transport, email }: OrderNeeds): Promise<string> {
  const { newAccount } = await transport.directory()
  const contact = email === '' ? [] : [`mailto:${email}`]
  const payload = { termsOfServiceAgreed: true, ...(email === '' ? {} : { contact }) }
  const answer = await transport.post(newAccount, { payload })
  const account = located(answer)
  const { contact: before } = parsed(accountSchema, answer)
  // Some tell nobody what they know, and some keep no addresses at all.
  if (answer.status === 200 && before && !isDeepStrictEqual(before, contact))
    await transport.post(account, { account, payload: { contact } })
  return account
}

async function authorize(url: string, account: string, needs: OrderNeeds): Promise<void> {
  const { transport, signer } = needs
  const found = parsed(authorizationSchema, await transport.post(url, { account }))
  if (found.status === 'valid') return
  const { value: name } = found.identifier
  const offered = found.challenges.find(({ type }) => type === needs.challenge)
  if (!offered?.token || !needs.names.includes(name))
    throw new AcmeProblem(`The certificate authority offers no ${needs.challenge} for ${name}.`)
  const { token, url: challengeUrl } = offered
  const keyAuthorization = signer.keyAuthorization(token)
  const end = needs.answer({ type: needs.challenge, name, token, keyAuthorization })
  try {
    await transport.post(challengeUrl, { account, payload: {} })
    const done = await poll(url, account, { ...needs, schema: authorizationSchema, pending: 'pending' }) // prettier-ignore
    if (done.status !== 'valid') throw refusalOf(done)
  } finally {
    end()
  }
}

function refusalOf({ challenges, identifier, status }: Authorization): AcmeProblem {
  const error = challenges.find((one) => one.error !== undefined)?.error
  if (error !== undefined) return problemOf(error, { name: identifier.value })
  return new AcmeProblem(
    `The certificate authority does not say why it refuses ${identifier.value} (${status}).`,
  )
}

type Polling<Schema extends TSchema> = Pick<OrderNeeds, 'transport' | 'signal'> & {
  readonly schema: Schema
  /** The state that is waited out. */
  readonly pending: string
}

/** @throws {AcmeProblem} it stays as it is for too long */
async function poll<Schema extends TSchema>(
  url: string,
  account: string,
  { transport, signal, schema, pending }: Polling<Schema>,
): Promise<Static<Schema>> {
  const endMs = performance.now() + patienceMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
    const answer = await transport.post(url, { account })
    const found = parsed(schema, answer)
    if (!isState(found, pending)) return found
    const restMs = endMs - performance.now()
    if (restMs <= 0)
      throw new AcmeProblem('The certificate authority takes too long; the hub asks again.')
    const wantedMs = Math.max(firstPauseMs, answer.retryAfterMs ?? pauseMs)
    await sleep(Math.min(wantedMs, restMs), signal)
  }
}

const isState = (value: unknown, state: string): boolean =>
  typeof value === 'object' && value !== null && 'status' in value && value.status === state

function located(answer: AcmeAnswer): string {
  const location = answer.header('location')
  if (location === undefined) throw unclear()
  return location
}

function parsed<Schema extends TSchema>(schema: Schema, { json }: AcmeAnswer): Static<Schema> {
  if (!Value.Check(schema, json)) throw unclear()
  return json
}

const unclear = (): AcmeProblem =>
  new AcmeProblem('The certificate authority answers something that is no ACME.')
