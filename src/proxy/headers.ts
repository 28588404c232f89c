/** Which header fields travel between client and server, and with what values. */
import { confineCookie, escapePrefix, withoutHubCookies, type CookieScope } from './cookies.ts'
import { inLowerCase } from './field-names.ts'
import { isAmbiguousPath } from './path.ts'
import {
  type ExchangePolicy,
  type Forwarded,
  type PlainRules,
  type RequestFacts,
} from './policy.ts'
import { type Route } from './routes.ts'

/** Of one connection only (RFC 9110 §7.6.1). */
export const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]

/** Never copied from a request: of this hop, or written anew from what was parsed and decided. */
const notFromRequest = new Set([
  ...hopByHop,
  'host',
  'content-length',
  'expect',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-real-ip',
  'x-scheme',
])

/**
 * Never copied from a response: of this hop, the framing, and what would speak for the whole origin, which is not the
 * server's: other sites to contact instead of us, reports about other pages, and the browser's data of all of them.
 */
const notFromResponse = new Set([
  ...hopByHop,
  'content-length',
  'alt-svc',
  'clear-site-data',
  'nel',
  'public-key-pins',
  'report-to',
  'set-cookie2',
  'strict-transport-security',
])

/** Neither from a request's nor from a response's trailer section: decided before the body (RFC 9110 §6.5.1). */
const notFromTrailers = new Set([
  ...notFromRequest,
  ...notFromResponse,
  'authorization',
  'cookie',
  'set-cookie',
  'service-worker-allowed',
  'forwarded',
])

export type RequestHead = {
  /** Origin form: path and query. */
  readonly target: string
  readonly policy: ExchangePolicy
  /** Header lines that say how the body is framed or what the connection becomes, each with its CRLF. */
  readonly framing: string
}

/** The head of a request as it goes upstream, ready to be written as latin1. */
export function requestHead(request: RequestFacts, head: RequestHead): string {
  const { policy, framing } = head
  const start = `${request.method ?? 'GET'} ${targetOf(head)} HTTP/1.1\r\n`
  if (policy.plain) return `${start}${policy.plain.requestLines(request)}${framing}\r\n`
  const raw = request.rawHeaders
  const named = namedByConnection(raw)
  let fields = ''
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? ''
    const lower = sameForCgi(inLowerCase(name))
    if (notFromRequest.has(lower) || named?.has(lower)) continue
    const value = requestValue(lower, raw[index + 1] ?? '', policy)
    if (value !== undefined) fields += `${name}: ${value}\r\n`
  }
  return `${start}${addedLines(request, policy)}${fields}${framing}\r\n`
}

const targetOf = ({ policy, target }: RequestHead): string =>
  policy.basePath === undefined ? target : policy.basePath + target

/** Gateways in the manner of CGI (WSGI) cannot tell `X_Real_IP` from `X-Real-IP`, so neither do we. */
const sameForCgi = (lower: string): string =>
  lower.includes('_') ? lower.replaceAll('_', '-') : lower

function requestValue(lower: string, value: string, policy: ExchangePolicy): string | undefined {
  if (lower === 'cookie') return withoutHubCookies(value, policy.hubCookieNames) || undefined
  if (lower === 'authorization') return policy.authorization === undefined ? value : undefined
  const claimed = lower === 'forwarded' || lower.startsWith('x-forwarded-')
  return claimed && !policy.forwarded.trustedPeer ? undefined : value
}

function addedLines(request: RequestFacts, { forwarded, authorization }: ExchangePolicy): string {
  const host = `Host: ${request.headers.host ?? forwarded.host}\r\n`
  const credentials = authorization ? `Authorization: ${authorization}\r\n` : ''
  return host + credentials + forwardedLines(request, forwarded)
}

/** JupyterHub's proxy writes the first four; Tornado (`xheaders`) believes the other two before them. */
function forwardedLines(request: RequestFacts, forwarded: Forwarded): string {
  const { address, proto, host, port, trustedPeer } = forwarded
  const sent = (name: string): string => (trustedPeer ? String(request.headers[name] ?? '') : '')
  const chain = sent('x-forwarded-for')
  return (
    `X-Forwarded-For: ${chain === '' ? address : `${chain}, ${peerOf(request)}`}\r\n` +
    `X-Forwarded-Proto: ${sent('x-forwarded-proto') || proto}\r\n` +
    `X-Forwarded-Host: ${sent('x-forwarded-host') || host}\r\n` +
    `X-Forwarded-Port: ${sent('x-forwarded-port') || port}\r\n` +
    `X-Real-IP: ${sent('x-real-ip') || address}\r\n` +
    `X-Scheme: ${sent('x-scheme') || proto}\r\n`
  )
}

const peerOf = ({ socket }: RequestFacts): string =>
  socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''

/** What decides how a server's response reaches its client. */
export type ResponseScope = CookieScope & { readonly plain?: PlainRules | undefined }

export const responseScope = (
  { prefix }: Route,
  { hubCookieNames, plain }: ExchangePolicy,
): ResponseScope => ({ prefix, hubCookieNames, plain })

/** @returns the fields of a server's response (name, value, name, value…) that a client may see. */
export function responseFields(raw: readonly string[], scope: ResponseScope): string[] {
  if (scope.plain) return scope.plain.responseFields(raw)
  const named = namedByConnection(raw)
  const fields: string[] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? ''
    const lower = inLowerCase(name)
    if (notFromResponse.has(lower) || named?.has(lower)) continue
    const value = responseValue(lower, raw[index + 1] ?? '', scope)
    if (value !== undefined) fields.push(name, value)
  }
  return fields
}

function responseValue(lower: string, value: string, scope: CookieScope): string | undefined {
  if (lower === 'set-cookie') return confineCookie(value, scope)
  return lower === 'service-worker-allowed' ? confineWorker(value, scope.prefix) : value
}

/** A service worker may be allowed its server's prefix, not more: beyond it are other people's pages and the hub's. */
function confineWorker(value: string, prefix: string): string {
  const own = escapePrefix(prefix)
  return value.startsWith(own) && !isAmbiguousPath(value) ? value : own
}

/** @returns the fields of a trailer section (name, value, name, value…) that may travel. */
export function trailerFields(raw: readonly string[]): string[] {
  return raw.filter((_, index) => {
    const name = raw[index - (index % 2)] ?? ''
    return !notFromTrailers.has(name.toLowerCase()) && !/^x-forwarded-/i.test(name)
  })
}

/** Lower-case names of the fields that a Connection header declares to be of this hop; undefined when none. */
export function namedByConnection(raw: readonly string[]): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (inLowerCase(raw[index] ?? '') !== 'connection') continue
    for (const token of (raw[index + 1] ?? '').split(',')) {
      const name = token.trim().toLowerCase()
      if (name === '' || name === 'close' || name === 'keep-alive') continue
      named ??= new Set()
      named.add(name)
    }
  }
  return named
}
