/** Asks a server whether it answers yet. */
import http from 'node:http'

export type Answer = { readonly answered: boolean; readonly version?: string }

/** Longest wait for one answer: a server that has just begun to listen may be busy loading for a while. */
const timeoutMs = 5000

/**
 * One `GET prefix + 'api'` without credentials; any status below 500 is an answer, redirects are not followed.
 * `version` is what the server says of its jupyterhub package. Never rejects.
 * JupyterHub: `wait_for_http_server`
 */
export function probe(url: string, prefix: string, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const request = http.get(`${url}${prefix}api`, { agent: false, signal: ended }, (response) => {
      const { statusCode = 500, headers } = response
      response.destroy()
      const version = headers['x-jupyterhub-version']
      const answered = statusCode < 500
      resolve(typeof version === 'string' ? { answered, version } : { answered })
    })
    request.on('error', () => resolve({ answered: false }))
  })
}
