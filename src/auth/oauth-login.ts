/** Redirect logins: runs a passport strategy for one browser, without Express and without its sessions. */
import { type Strategy } from 'passport'
import { forbidden, HubError } from '../lib/errors.ts'
import { equalSecrets, newSecret } from '../lib/secret.ts'
import { type Identity, type RedirectAuthenticator } from './authenticator.ts'

/** The part of a request that a strategy reads. */
export type StrategyRequest = { readonly query: Readonly<Record<string, string>> }

type Stored = (error: Error | null, state?: string) => void
type Verified = (error: Error | null, verifier: string | boolean, state?: unknown) => void

/** Where passport-oauth2 keeps state and PKCE verifier. It counts the parameters to know which form this is. */
export type FlowStore = {
  store(
    ...args: [
      request: StrategyRequest,
      verifier: string | undefined,
      state: unknown,
      meta: unknown,
      done: Stored,
    ]
  ): void
  verify(request: StrategyRequest, state: string, done: Verified): void
}

export type RedirectLoginNeeds = {
  /** The text of the login button: `GitHub`. */
  readonly label: string
  /** Makes the strategy of one request; its `verify` must end with an Identity for the user. */
  readonly strategy: (callbackUrl: string, store: FlowStore) => Strategy
}

type Authenticate = (this: object, request: StrategyRequest) => void

/** What a strategy ended with. */
type Outcome = { readonly redirectTo: string } | { readonly identity: unknown }

/**
 * The adapter. State and verifier lie in `flow`, which the web layer binds to the browser, so a callback that another
 * browser began is refused before the provider is asked (RFC 6749 §10.12, RFC 7636).
 */
export function redirectLogin({ label, strategy }: RedirectLoginNeeds): RedirectAuthenticator {
  return {
    kind: 'redirect',
    label,

    async begin(callbackUrl) {
      const flow: Record<string, string> = {}
      const outcome = await run(strategy(callbackUrl, rememberIn(flow)), {})
      if (!('redirectTo' in outcome)) throw unusable(label, new Error('no redirect to begin with'))
      return { redirectTo: outcome.redirectTo, flow }
    },

    async finish(callbackUrl, query, flow) {
      const answer = singleValues(query)
      if (answer === undefined || !isAnswerTo(flow, answer['state'])) throw foreign(label)
      if (answer['error'] === undefined && !answer['code']) throw foreign(label)
      try {
        const outcome = await run(strategy(callbackUrl, answerFrom(flow)), answer)
        if ('identity' in outcome && isIdentity(outcome.identity)) return outcome.identity
      } catch (thrown) {
        throw refusal(label, thrown)
      }
      throw unusable(label, new Error('the strategy ended without an identity'))
    },
  }
}

const rememberIn = (flow: Record<string, string>): FlowStore => ({
  // eslint-disable-next-line max-params -- passport-oauth2 tells its stores apart by their number
  store(_request, verifier, _state, _meta, done) {
    flow['state'] = newSecret()
    if (verifier !== undefined) flow['verifier'] = verifier
    done(null, flow['state'])
  },
  verify: (_request, _state, done) => done(null, false),
})

const answerFrom = (flow: Readonly<Record<string, string>>): FlowStore => ({
  // Reached only by a strategy that wants to begin again, which no callback may make it do.
  // eslint-disable-next-line max-params -- as above
  store: (_request, _verifier, _state, _meta, done) => done(new Error('the login began again')),
  verify: (_request, state, done) =>
    done(null, isAnswerTo(flow, state) && (flow['verifier'] ?? true)),
})

/** An empty state is none. */
const isAnswerTo = (flow: Readonly<Record<string, string>>, state: string | undefined): boolean =>
  Boolean(flow['state']) && equalSecrets(flow['state'] ?? '', state ?? '')

/** @returns undefined when a parameter comes twice. @see RFC 6749 §3.1 */
function singleValues(query: URLSearchParams): Record<string, string> | undefined {
  const values = Object.fromEntries(query)
  return Object.keys(values).length === query.size ? values : undefined
}

/** Strategies report by methods that passport puts on a copy of them. */
function run(strategy: Strategy, query: Readonly<Record<string, string>>): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const running: object = Object.assign(Object.create(strategy) as object, {
      redirect: (url: string) => resolve({ redirectTo: url }),
      success: (identity: unknown) => resolve({ identity }),
      fail: (challenge?: unknown) => reject(new Refused(textOf(challenge))),
      pass: () => reject(new Error('the strategy passed')),
      error: (thrown: unknown) => reject(thrown instanceof Error ? thrown : new Error('no reason')),
    })
    // A strategy is typed for Express and passport, and reads no more of its request than this.
    const request: StrategyRequest = { query }
    const authenticate = (strategy as { authenticate: unknown }).authenticate as Authenticate
    authenticate.call(running, request)
  })
}

/** The person or the provider said no. */
class Refused extends Error {}

const textOf = (challenge: unknown): string =>
  typeof challenge === 'object' && challenge !== null && 'message' in challenge
    ? String(challenge.message).slice(0, longestReason)
    : 'refused'

/** It stands in the address of the callback, and is only logged. */
const longestReason = 200

function isIdentity(value: unknown): value is Identity {
  if (typeof value !== 'object' || value === null) return false
  const fields = ['issuer', 'subject', 'name'].map((key) => Reflect.get(value, key) as unknown)
  return fields.every((field) => typeof field === 'string' && field !== '')
}

const foreign = (label: string): HubError =>
  forbidden(
    `This ${label} login was begun in another browser, used before, or took too long. Begin it again.`,
  )

/** What the person reads. The provider's own words go to the log only: anybody can put words into that address. */
function refusal(label: string, thrown: unknown): HubError {
  if (thrown instanceof HubError) return thrown
  if (thrown instanceof Refused || codeOf(thrown) === 'access_denied')
    return new HubError('Forbidden', `${label} did not confirm the login: it was declined.`, {
      cause: withoutData(thrown),
    })
  return unusable(label, thrown)
}

const unusable = (label: string, thrown: unknown): HubError =>
  new HubError('Upstream', `${label} could not confirm the login. Try again in a moment.`, {
    cause: withoutData(thrown),
  })

const codeOf = (thrown: unknown): unknown =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined

/** Errors of the OAuth libraries carry whole answers, which may hold credentials. */
function withoutData(thrown: unknown): Error {
  const { name, message } = thrown instanceof Error ? thrown : new Error('no reason')
  const inner: unknown = thrown instanceof Error ? Reflect.get(thrown, 'oauthError') : undefined
  const reason =
    inner instanceof Error
      ? inner.message
      : typeof inner === 'object' && inner !== null && 'statusCode' in inner
        ? `status ${String(inner.statusCode)}`
        : codeOf(thrown)
  const cause = new Error(typeof reason === 'string' ? `${message}: ${reason}` : message)
  cause.name = name
  return cause
}
