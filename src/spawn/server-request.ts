/** One GET to a server or service, wherever it listens. */
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { reachSocket } from '../lib/socket-file.ts'

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
    if (url.startsWith('unix:')) {
      const ask = (socketPath: string) => http.get({ ...options, socketPath }, resolve)
      reachSocket(url.slice('unix:'.length), ask).on('error', reject)
      return
    }
    const { get } = url.startsWith('https:') ? https : http
    const { hostname: host, port } = new URL(url)
    get({ ...options, host, port }, resolve).on('error', reject)
  })
}
