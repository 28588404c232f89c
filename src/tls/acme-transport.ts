/** Signed requests to a certificate authority: its directory, its nonces, and what it refuses. @see RFC 8555 §6 and §7.1.1 */
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { type AcmeSigner } from './acme-jws.ts'
import { AcmeProblem, problemOf } from './acme-problem.ts'
import { askAuthority, type AcmeAnswer } from './acme-request.ts'

const directorySchema = Type.Object({
  newNonce: Type.String(),
  newAccount: Type.String(),
  newOrder: Type.String(),
})

export type AcmeDirectory = Static<typeof directorySchema>

export interface AcmeTransport {
  directory(): Promise<AcmeDirectory>
  /**
   * @param message without `payload`: only reads
   * @throws {AcmeProblem} with what the authority says
   */
  post(
    url: string,
    message?: { readonly payload?: unknown; readonly account?: string },
  ): Promise<AcmeAnswer>
}

export type AcmeTransportNeeds = {
  /** Where its directory is. */
  readonly url: string
  readonly signer: AcmeSigner
  /** PEM of an authority that the machine does not trust by itself. */
  readonly ca: string | undefined
  readonly signal: AbortSignal
}

/** Nonces that are refused one after the other; each answer brings a fresh one (RFC 8555 §6.5). */
const mostTries = 6

export function createAcmeTransport(needs: AcmeTransportNeeds): AcmeTransport {
  const { url: directoryUrl, signer, ca, signal } = needs
  const nonces: string[] = []
  let known: AcmeDirectory | undefined

  const ask = async (url: string, method: 'GET' | 'HEAD' | 'POST', body?: string) => {
    const answer = await askAuthority(url, { method, ca, signal, ...(body === undefined ? {} : { body }) }) // prettier-ignore
    const nonce = answer.header('replay-nonce')
    if (nonce !== undefined) nonces.push(nonce)
    return answer
  }

  const directory = async (): Promise<AcmeDirectory> => {
    if (known) return known
    const { json, status } = await ask(directoryUrl, 'GET')
    if (!Value.Check(directorySchema, json))
      throw new AcmeProblem(
        `${directoryUrl} is no directory of a certificate authority: it answers ${status}. Look at https.acme.directory.`,
      )
    known = json
    return json
  }

  const nonce = async (): Promise<string> => {
    if (nonces.length === 0) await ask((await directory()).newNonce, 'HEAD')
    const fresh = nonces.pop()
    if (fresh === undefined) throw new AcmeProblem('The certificate authority gives no nonces.')
    return fresh
  }

  return {
    directory,
    async post(url, { payload, account } = {}) {
      for (let tries = 1; ; tries += 1) {
        const body = signer.sign({ url, nonce: await nonce(), account, payload })
        const answer = await ask(url, 'POST', body)
        if (answer.status < 300) return answer
        const problem = problemOf(answer.json, answer)
        if (problem.type !== 'badNonce' || tries === mostTries) throw problem
      }
    },
  }
}
