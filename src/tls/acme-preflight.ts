/** Looks, before an authority does, whether names lead to this hub; what they do instead, and what to do about it. */
import { type LookupAddress } from 'node:dns'
import { lookup as systemLookup } from 'node:dns/promises'
import http from 'node:http'
import { asError, errorCode } from '../lib/errors.ts'
import { newId } from '../lib/secret.ts'
import { SECOND } from '../lib/time.ts'

/** How names and addresses of the world are reached; tests have a smaller world. */
export type AcmeNetwork = {
  lookup(name: string): Promise<LookupAddress[]>
  /** Where authorities ask by HTTP-01. @see RFC 8555 §8.3 */
  readonly httpPort: number
  /** Where they ask by TLS-ALPN-01. @see RFC 8737 §3 */
  readonly tlsPort: number
}

export const acmeNetwork: AcmeNetwork = {
  lookup: (name) => systemLookup(name, { all: true }),
  httpPort: 80,
  tlsPort: 443,
}

export type Preflight = {
  readonly resolves: boolean
  /** Over HTTP it leads to this hub, or may do so: not every machine reaches itself by its public name. */
  readonly isPossible: boolean
  /** The hub itself answered under the name. */
  readonly isProven: boolean
  readonly sentence: string
}

export const challengePath = '/.well-known/acme-challenge/'

type Needs = {
  readonly network: AcmeNetwork
  readonly signal: AbortSignal
  /** Answers this token with this text from now on. @returns what ends that */
  answer(token: string, text: string): () => void
}

const timeoutMs = 10 * SECOND
const longestAnswerBytes = 4096

export async function checkName(name: string, needs: Needs): Promise<Preflight> {
  const addresses = await addressesOf(name, needs.network)
  if (typeof addresses === 'string')
    return { resolves: false, isPossible: false, isProven: false, sentence: addresses }
  const token = newId()
  const text = newId()
  const end = needs.answer(token, text)
  try {
    const problems = await Promise.all(
      addresses.map((address) => problemAt(address, { ...needs, name, token, text })),
    )
    const wrong = problems.find((problem) => problem?.isCertain)
    const [first] = problems.filter((problem) => problem !== undefined)
    const { sentence = '' } = wrong ?? first ?? {}
    return { resolves: true, isPossible: !wrong, isProven: first === undefined, sentence }
  } finally {
    end()
  }
}

async function addressesOf(name: string, network: AcmeNetwork): Promise<LookupAddress[] | string> {
  try {
    const found = await network.lookup(name)
    if (found.length > 0) return found
  } catch (thrown) {
    if (errorCode(thrown) === 'EAI_AGAIN')
      return `${name} cannot be looked up: no name server answers this machine.`
  }
  return `${name} does not resolve: add an A record (and AAAA, for IPv6) with the public address of this machine where the domain is managed. It may take some minutes to be known.`
}

type Problem = { readonly sentence: string; readonly isCertain: boolean }

type Asked = Needs & { readonly name: string; readonly token: string; readonly text: string }

async function problemAt(at: LookupAddress, asked: Asked): Promise<Problem | undefined> {
  const { name, text, network, signal } = asked
  const where = `${name} (${at.address}), port ${network.httpPort}`
  try {
    const answer = await get(at, asked)
    if (answer === text) return undefined
    return {
      isCertain: true,
      sentence: `At ${where} somebody else answers: let the name point at this machine, and stop, or pass on from, another web server there.`,
    }
  } catch (thrown) {
    signal.throwIfAborted()
    const reason = asError(thrown).message
    return {
      isCertain: false,
      sentence: `From this machine ${where} gives no answer (${reason}): open that port in every firewall, and let it lead to this hub.`,
    }
  }
}

/** Each address is asked for itself: an old AAAA record is the classic that only the authority sees. */
function get(at: LookupAddress, { name, token, network, signal }: Asked): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({
      ...{ host: at.address, family: at.family, port: network.httpPort, agent: false },
      ...{ path: challengePath + token, headers: { host: name } },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
    request.on('error', (thrown) =>
      reject(thrown.name === 'AbortError' ? new Error('no answer in time') : thrown),
    )
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('error', reject)
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > longestAnswerBytes) response.destroy(new Error('a long answer'))
      })
      response.on('end', () => resolve(text))
    })
  })
}
