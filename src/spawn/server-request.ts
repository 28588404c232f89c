/** One GET to a server or service, wherever it listens. */
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'

export type ServerRequest = {
  /** `http://127.0.0.1:PORT`, `https://host` or `unix:/path/of/socket`. */
  readonly url: string
  /** With the query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** Resolves with the head of the answer, whatever it is; redirects are not followed. @throws when there is none. */
export function askServer({ url, path, headers = {}, signal }: ServerRequest) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const options = { agent: false, headers: { host: 'localhost', ...headers }, signal, path }
    const where = url.startsWith('unix:')
      ? { socketPath: url.slice('unix:'.length) }
      : { host: new URL(url).hostname, port: new URL(url).port }
    const { get } = url.startsWith('https:') ? https : http
    get({ ...options, ...where }, resolve).on('error', reject)
  })
}
