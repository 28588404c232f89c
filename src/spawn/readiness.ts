/** Asks a server whether it answers yet. */
import { askServer } from './server-request.ts'

export type Answer = { readonly answered: boolean; readonly version?: string }

/** Longest wait for one answer: a server that has just begun to listen may be busy loading for a while. */
const timeoutMs = 5000

/**
 * One `GET prefix + 'api'` without credentials; any status below 500 is an answer, redirects are not followed.
 * `version` is what the server says of its jupyterhub package. Never rejects.
 * JupyterHub: `wait_for_http_server`
 */
export async function probe(url: string, prefix: string, signal: AbortSignal): Promise<Answer> {
  try {
    const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const response = await askServer({ url, path: `${prefix}api`, signal: ended })
    const { statusCode = 500, headers } = response
    response.destroy()
    const version = headers['x-jupyterhub-version']
    const answered = statusCode < 500
    return typeof version === 'string' ? { answered, version } : { answered }
  } catch {
    return { answered: false }
  }
}
