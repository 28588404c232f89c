/** The certificate that the hub gets by itself: when it asks for one, and what kept it from getting it. */
import { isDeepStrictEqual } from 'node:util'
import { type Config } from '../config/schema.ts'
import { asError } from '../lib/errors.ts'
import { createKeyedLock } from '../lib/lock.ts'
import { type Log } from '../lib/log.ts'
import { type Clock } from '../lib/time.ts'
import { createAcmeFiles, type AcmeFiles } from '../tls/acme-files.ts'
import { obtainCertificate, preflightProblem } from '../tls/acme-obtain.ts'
import { type Challenge } from '../tls/acme-order.ts'
import { type AcmeNetwork } from '../tls/acme-preflight.ts'
import { AcmeProblem } from '../tls/acme-problem.ts'
import { wantedCertificate, type WantedCertificate } from '../tls/acme-settings.ts'
import { readCertificate, type CertificateFiles } from '../tls/certificate.ts'
import { createAttempts, type AttemptFacts } from './acme-attempts.ts'

export interface Acme {
  /** Where the certificate lies, or will. */
  readonly files: CertificateFiles
  /** Gets one when it is time to. Never throws. */
  keepUp(): Promise<void>
  /** What a challenge over HTTP is answered with; undefined: nobody waits for this token. */
  answerTo(token: string): string | undefined
  /** The challenge over TLS that waits for this name. */
  challengeFor(name: string): Challenge | undefined
  /** Why there is none, or no new one, for administrators; undefined: everything is well. */
  readonly problem: string | undefined
  /** Ends what is under way for something that is not wanted any more. */
  settingsChanged(): void
  /** Ends what is under way, for good. */
  stop(): void
}

export type AcmeNeeds = {
  readonly config: Pick<Config, 'https' | 'data_dir'>
  readonly facts: AttemptFacts
  readonly clock: Clock
  readonly log: Log
  readonly network: AcmeNetwork
}

export function createAcme(needs: AcmeNeeds): Acme {
  const { config, log, clock, network } = needs
  const files = createAcmeFiles(config.data_dir)
  const attempts = createAttempts(needs)
  const lock = createKeyedLock()
  const stopping = new AbortController()
  const answers = new Map<string, string>()
  const challenges = new Map<string, Challenge>()
  let current: { readonly wanted: WantedCertificate; abort(): void } | undefined

  const answer = (token: string, text: string): (() => void) => {
    answers.set(token, text)
    return () => answers.delete(token)
  }
  const answerSecurely = (challenge: Challenge): (() => void) => {
    challenges.set(challenge.name, challenge)
    return () => challenges.delete(challenge.name)
  }

  const obtain = async (
    wanted: WantedCertificate,
    { isRenewal, signal }: { readonly isRenewal: boolean; readonly signal: AbortSignal },
  ): Promise<void> => {
    const { names, directory } = wanted
    const { port: tlsPort } = config.https
    const parts = { wanted, isRenewal, signal, files, network, tlsPort, answer, answerSecurely }
    files.keep(await obtainCertificate(parts))
    log.info({ names, directory }, 'certificate obtained')
  }

  const failed = (wanted: WantedCertificate, thrown: unknown): void => {
    const { message: sentence, cause } = asError(thrown)
    const { type, retryAfterMs } = thrown instanceof AcmeProblem ? thrown : {}
    const wasAsked = type !== preflightProblem
    const nextTry = attempts.failed(keyOf(wanted), { sentence, wasAsked, retryAfterMs })
    const facts = { names: wanted.names, problem: sentence, nextTry, cause }
    log.error(facts, 'no certificate could be obtained')
  }

  const attempt = async (wanted: WantedCertificate, isRenewal: boolean): Promise<void> => {
    const changed = new AbortController()
    const signal = AbortSignal.any([stopping.signal, changed.signal])
    current = { wanted, abort: () => changed.abort(new Error('the settings changed')) }
    try {
      await obtain(wanted, { isRenewal, signal })
      attempts.succeeded(keyOf(wanted))
    } catch (thrown) {
      if (!signal.aborted) failed(wanted, thrown)
    } finally {
      current = undefined
    }
  }

  return {
    files: files.certificate,
    keepUp: () =>
      lock.run('certificate', async () => {
        const wanted = wantedCertificate(config.https)
        if (!wanted || stopping.signal.aborted) return
        const state = stateOf(files, wanted, clock.now())
        if (state === 'good' || !attempts.mayTry(keyOf(wanted))) return
        await attempt(wanted, state === 'old')
      }),
    answerTo: (token) => answers.get(token),
    challengeFor: (name) => challenges.get(name.toLowerCase()),
    get problem() {
      return problemOfCertificate(needs)
    },
    settingsChanged() {
      if (current && !isDeepStrictEqual(current.wanted, wantedCertificate(config.https)))
        current.abort()
    },
    stop: () => stopping.abort(new Error('the hub stops')),
  }
}

/** Why there is no certificate, or no new one, also where no hub runs; undefined: everything is well. */
export function problemOfCertificate(
  needs: Pick<AcmeNeeds, 'facts' | 'clock'> & { readonly config: Pick<Config, 'https'> },
): string | undefined {
  const wanted = wantedCertificate(needs.config.https)
  const reason = wanted && createAttempts(needs).problem(keyOf(wanted))
  return reason && `No certificate could be obtained. ${reason}`
}

/** Something else is asked for when any of it differs. */
const keyOf = (wanted: WantedCertificate): string => JSON.stringify(wanted)

/** The rest of its lifetime is for whatever keeps it from being renewed. */
const renewalShare = 2 / 3

/** `old`: it is what is wanted, and time for the next one. */
function stateOf(files: AcmeFiles, wanted: WantedCertificate, now: Date): 'none' | 'old' | 'good' {
  if (files.origin() !== wanted.directory) return 'none'
  const { certificate } = readCertificate(files.certificate, { now, host: undefined })
  if (!certificate || !isDeepStrictEqual(sorted(certificate.names), sorted(wanted.names)))
    return 'none'
  const fromMs = certificate.validFrom.getTime()
  const lifetimeMs = certificate.validTo.getTime() - fromMs
  return now.getTime() < fromMs + lifetimeMs * renewalShare ? 'good' : 'old'
}

const sorted = (names: readonly string[]): string[] => [...names].sort()
