/** Gets one certificate, from looking where names lead to the chain; what is in the way is said in whole sentences. */
import { asError } from '../lib/errors.ts'
import { newKey, type AcmeFiles, type Obtained } from './acme-files.ts'
import { createAcmeSigner } from './acme-jws.ts'
import { orderCertificate, type Challenge, type ChallengeType } from './acme-order.ts'
import { checkName, type AcmeNetwork, type Preflight } from './acme-preflight.ts'
import { AcmeProblem } from './acme-problem.ts'
import { readAuthorities, type WantedCertificate } from './acme-settings.ts'
import { createAcmeTransport } from './acme-transport.ts'

export type ObtainNeeds = {
  readonly wanted: WantedCertificate
  /** Nothing is tried at the directory for trials. */
  readonly isRenewal: boolean
  readonly files: Pick<AcmeFiles, 'accountKey'>
  readonly network: AcmeNetwork
  /** Where the hub itself answers over TLS. */
  readonly tlsPort: number
  readonly signal: AbortSignal
  /** Answers this token over HTTP from now on. @returns what ends that */
  answer(token: string, text: string): () => void
  /** The same for a challenge over TLS. */
  answerSecurely(challenge: Challenge): () => void
}

/** The type of a problem that showed before any authority was asked. */
export const preflightProblem = 'preflight'

/** Where these are the answer, another way to show whose name it is may do. */
const unreached = ['connection', 'incorrectResponse', 'tls', 'unauthorized']

/** @throws {AcmeProblem} */
export async function obtainCertificate(needs: ObtainNeeds): Promise<Obtained> {
  const { wanted, isRenewal } = needs
  const looked = await Promise.all(wanted.names.map((name) => checkName(name, needs)))
  const ways = waysFor(looked, needs)
  const doubts = looked.filter(({ isProven }) => !isProven).map(({ sentence }) => sentence)
  if (ways.length === 0) throw new AcmeProblem(doubts.join(' '), { type: preflightProblem })
  try {
    if (wanted.trial !== undefined && !isRenewal) await order(wanted.trial, ways, needs)
    return await order(wanted.directory, ways, needs)
  } catch (thrown) {
    throw thrown instanceof AcmeProblem ? withDoubts(thrown, doubts) : thrown
  }
}

/** Over HTTP unless it is certain that somebody else answers there; over TLS where that comes in at the port for it. */
function waysFor(
  looked: readonly Preflight[],
  { network, tlsPort }: Pick<ObtainNeeds, 'network' | 'tlsPort'>,
): ChallengeType[] {
  if (looked.some(({ resolves }) => !resolves)) return []
  return [
    ...(looked.every(({ isPossible }) => isPossible) ? (['http-01'] as const) : []),
    ...(tlsPort === network.tlsPort ? (['tls-alpn-01'] as const) : []),
  ]
}

async function order(
  directory: string,
  [way, ...others]: readonly ChallengeType[],
  needs: ObtainNeeds,
): Promise<Obtained> {
  try {
    return await orderBy(way ?? 'http-01', directory, needs)
  } catch (thrown) {
    const isElsewhere = thrown instanceof AcmeProblem && unreached.includes(thrown.type)
    if (!isElsewhere || others.length === 0) throw thrown
    return order(directory, others, needs)
  }
}

async function orderBy(
  challenge: ChallengeType,
  directory: string,
  needs: ObtainNeeds,
): Promise<Obtained> {
  const { wanted, signal } = needs
  const signer = createAcmeSigner(needs.files.accountKey(directory))
  const transport = createAcmeTransport({ url: directory, signer, ca: readAuthorities(wanted), signal }) // prettier-ignore
  const key = newKey()
  const { names, email } = wanted
  const answer = (one: Challenge): (() => void) =>
    one.type === 'http-01'
      ? needs.answer(one.token, one.keyAuthorization)
      : needs.answerSecurely(one)
  const parts = { transport, signer, names, email, key, challenge, signal, answer }
  return { directory, key, chain: await orderCertificate(parts) }
}

/** What this machine could not see may well be why the authority could not. */
function withDoubts(problem: AcmeProblem, doubts: readonly string[]): AcmeProblem {
  const { type, retryAfterMs } = problem
  const message = [asError(problem).message, ...doubts].join(' ')
  return new AcmeProblem(message, { type, retryAfterMs, cause: problem.cause })
}
