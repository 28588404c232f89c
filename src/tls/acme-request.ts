/** One request to a certificate authority: over HTTPS only, with limits of time and size, and no redirects. */
import https from 'node:https'
import { rootCertificates } from 'node:tls'
import { asError } from '../lib/errors.ts'
import { SECOND } from '../lib/time.ts'
import { version } from '../lib/version.ts'
import { AcmeProblem } from './acme-problem.ts'

export type AcmeAnswer = {
  readonly status: number
  readonly text: string
  /** What the text is as JSON; undefined: it is none. */
  readonly json: unknown
  header(name: 'location' | 'replay-nonce' | 'content-type'): string | undefined
  /** What `Retry-After` says; undefined: nothing. */
  readonly retryAfterMs: number | undefined
}

export type RequestOptions = {
  readonly method: 'GET' | 'HEAD' | 'POST'
  /** A JWS. */
  readonly body?: string
  /** More authorities (PEM) that the server's own certificate may come from. */
  readonly ca: string | undefined
  readonly signal: AbortSignal
}

/** An authority may check a lot before it answers. */
const timeoutMs = 30 * SECOND

/** A chain is some 6 KB. */
const largestBytes = 1024 ** 2

/** @throws {AcmeProblem} nobody answers, or not well */
export async function askAuthority(url: string, options: RequestOptions): Promise<AcmeAnswer> {
  if (URL.parse(url)?.protocol !== 'https:')
    throw new AcmeProblem('The certificate authority names an address that is no https:// one.')
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)])
  try {
    return await send(url, options, signal)
  } catch (thrown) {
    options.signal.throwIfAborted()
    const reason = signal.aborted ? 'it takes too long' : asError(thrown).message
    throw new AcmeProblem(
      `The certificate authority at ${new URL(url).host} cannot be reached: ${reason}.`,
      { cause: thrown },
    )
  }
}

function send(
  url: string,
  { method, body, ca }: RequestOptions,
  signal: AbortSignal,
): Promise<AcmeAnswer> {
  const headers = {
    'user-agent': `littlehub/${version}`,
    ...(body === undefined ? {} : { 'content-type': 'application/jose+json' }),
  }
  const trust = ca === undefined ? {} : { ca: [...rootCertificates, ca] }
  return new Promise((resolve, reject) => {
    const request = https.request(url, { method, headers, signal, agent: false, ...trust })
    request.on('error', reject)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('error', reject)
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > largestBytes) request.destroy(new Error('it says too much'))
      })
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({
          status: response.statusCode ?? 0,
          text,
          json: jsonOf(text),
          header: (name) => response.headers[name]?.toString(),
          retryAfterMs: waitOf(response.headers['retry-after'], Date.now()),
        })
      })
    })
    request.end(body)
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Seconds, or a date. @see RFC 9110 §10.2.3 */
export function waitOf(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * SECOND
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}
