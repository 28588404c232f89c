/** The transport of passport's OAuth 2 strategies, with limits. */
import { type Strategy } from 'passport'
import { asError } from '../lib/errors.ts'
import { type ProviderAnswer, type ProviderRequest } from './provider-request.ts'

type Asking = (url: string, request: ProviderRequest) => Promise<ProviderAnswer>
type Answered = (
  error: Error | { readonly statusCode: number; readonly data: string } | null,
  text?: string,
  response?: { readonly statusCode: number },
) => void

/**
 * Gives a strategy of the passport-oauth2 family a transport with limits. Its own one waits for ever, reads without end,
 * takes a redirect for an answer, and ends the process when an answer's JSON is `null`.
 */
export function withTransport<Family extends Strategy>(strategy: Family, ask: Asking): Family {
  const client: unknown = Reflect.get(strategy, '_oauth2')
  if (typeof client !== 'object' || client === null)
    throw new TypeError('not a strategy of the passport-oauth2 family')
  const custom: unknown = Reflect.get(client, '_customHeaders')
  const always = { accept: 'application/json', ...(custom as Record<string, string>) }

  async function request(call: ClientCall): Promise<void> {
    const { method, url, body, token, answered } = call
    const bearer = token ? { authorization: `Bearer ${token}` } : {}
    const headers = { ...always, ...bearer, ...call.headers }
    try {
      const answer = await ask(url, { method, headers, ...(body ? { body } : {}) })
      const { status: statusCode, text } = answer
      if (statusCode < 200 || statusCode > 299) answered({ statusCode, data: text })
      else if (!isUsable(text)) answered(new Error('the answer is no object'))
      else answered(null, text, { statusCode })
    } catch (thrown) {
      answered(asError(thrown))
    }
  }

  Reflect.set(client, '_request', (...args: ClientArguments) => {
    const [method, url, headers, body, token, answered] = args
    void request({ method, url, headers, body, token, answered })
  })
  return strategy
}

type ClientArguments = [
  method: string,
  url: string,
  headers: Record<string, string>,
  body: string | null,
  token: string | null,
  answered: Answered,
]

type ClientCall = {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string | null
  readonly token: string | null
  readonly answered: Answered
}

/** A JSON object, or form-encoded text, which is no JSON. */
function isUsable(text: string): boolean {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null && !Array.isArray(json)
  } catch {
    return true
  }
}
