/** What is wrong with a request that Node's parser lets pass but that must not be forwarded. */
import { mostFields } from './field-names.ts'
import { type RequestFacts } from './policy.ts'

/** Status and sentence of the refusal. */
export type Fault = { readonly status: 400 | 405 | 501; readonly sentence: string }

/** A host or address with an optional port; no user info, no path, no spaces (RFC 9110 §7.2). */
const hostSyntax = /^[\w.~!$&'()*+,=%-]*(?::\d*)?$|^\[[\da-f:.]+\](?::\d*)?$/i

/** @returns the status for a head that nobody is to look at any further; undefined: it may be looked at. */
export function headFaultOf(
  request: Pick<RequestFacts, 'rawHeaders' | 'httpVersion' | 'headers'>,
): 400 | 431 | undefined {
  // RFC 6585 §5
  if (request.rawHeaders.length > 2 * mostFields) return 431
  // RFC 9112 §3.2
  return request.httpVersion === '1.1' && request.headers.host === undefined ? 400 : undefined
}

/** @returns undefined when the request may be forwarded. */
export function faultOf(request: RequestFacts): Fault | undefined {
  // It would show a page the credentials that we add (cross-site tracing).
  if (request.method === 'TRACE') return { status: 405, sentence: 'TRACE is not allowed here.' }
  if (!hasOneHost(request)) return { status: 400, sentence: 'The Host header is not valid.' }
  const coding = request.headers['transfer-encoding']
  if (coding === undefined) return undefined
  // RFC 9112 §6.1: such a message is faulty, whatever its framing says.
  if (request.httpVersion !== '1.1' || request.headers['content-length'] !== undefined)
    return { status: 400, sentence: 'The framing of the request is not valid.' }
  if (coding.trim().toLowerCase() === 'chunked') return undefined
  return { status: 501, sentence: 'Only the chunked transfer coding is understood.' }
}

/** Browsers and programs name it exactly once; only HTTP/1.0 may leave it out (RFC 9112 §3.2). */
function hasOneHost(request: RequestFacts): boolean {
  const { host } = request.headers
  if (host === undefined) return request.httpVersion === '1.0'
  return hostSyntax.test(host) && request.headersDistinct['host']?.length === 1
}
