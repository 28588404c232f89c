/** Remembers, also over a restart, how getting a certificate went: authorities count failures and lock out who hurries. */
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { HOUR, MINUTE, type Clock } from '../lib/time.ts'

export type Failure = {
  readonly sentence: string
  /** Whether the authority was asked at all; if not, trying again costs nothing. */
  readonly wasAsked: boolean
  /** What the authority wants. */
  readonly retryAfterMs: number | undefined
}

export interface Attempts {
  /** @param wanted what is to be obtained: something else than the last time may be tried at once */
  mayTry(wanted: string): boolean
  succeeded(wanted: string): void
  /** @returns when it may be tried again */
  failed(wanted: string, failure: Failure): Date
  /** Why the last try failed; undefined: it did not. */
  problem(wanted: string): string | undefined
}

export type AttemptFacts = {
  find(key: string): string | undefined
  set(key: string, value: string): void
}

const factKey = 'acme_attempt'

const schema = Type.Object({
  wanted: Type.String(),
  failures: Type.Integer({ minimum: 0 }),
  notBeforeMs: Type.Integer({ minimum: 0 }),
  sentence: Type.Optional(Type.String()),
})

type Attempt = Static<typeof schema>

/** Let's Encrypt allows five failures in an hour for a name: with doubled pauses from here on there are four. */
const firstPauseMs = 5 * MINUTE
const longestPauseMs = 12 * HOUR
/** DNS and firewalls are being set up, and somebody watches. */
const freePauseMs = MINUTE
/** A clock that is wrong makes every certificate look old: they are not asked for one after the other. */
const afterSuccessMs = HOUR

export function createAttempts(needs: {
  readonly facts: AttemptFacts
  readonly clock: Clock
}): Attempts {
  const { facts, clock } = needs
  let last = parsed(facts.find(factKey))
  const find = (wanted: string): Attempt | undefined => (last?.wanted === wanted ? last : undefined)
  // It is known here first: a disk that is full must not make the hub ask every minute.
  const save = (attempt: Attempt): void => {
    last = attempt
    facts.set(factKey, JSON.stringify(attempt))
  }

  return {
    mayTry: (wanted) => clock.now().getTime() >= (find(wanted)?.notBeforeMs ?? 0),
    succeeded: (wanted) =>
      save({ wanted, failures: 0, notBeforeMs: clock.now().getTime() + afterSuccessMs }),
    failed(wanted, { sentence, wasAsked, retryAfterMs = 0 }) {
      const before = find(wanted)?.failures ?? 0
      const failures = wasAsked ? before + 1 : before
      const pauseMs = wasAsked
        ? Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(before, 10))
        : freePauseMs
      const notBeforeMs = clock.now().getTime() + Math.max(pauseMs, retryAfterMs)
      save({ wanted, failures, notBeforeMs, sentence })
      return new Date(notBeforeMs)
    },
    problem(wanted) {
      const { sentence, notBeforeMs = 0 } = find(wanted) ?? {}
      if (sentence === undefined) return undefined
      const at = new Date(notBeforeMs).toISOString().slice(0, 16).replace('T', ' ')
      return `${sentence} The next try is after ${at} UTC.`
    },
  }
}

function parsed(text: string | undefined): Attempt | undefined {
  if (text === undefined) return undefined
  const value: unknown = JSON.parse(text)
  return Value.Check(schema, value) ? value : undefined
}
