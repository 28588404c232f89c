/** What the door decides about one exchange or one upgrade, and from what. */
import { type IncomingMessage } from 'node:http'

/** What is looked at of a request, whoever has read it: Node's server, or ours for usual ones. */
export type RequestFacts = Pick<
  IncomingMessage,
  'method' | 'url' | 'headers' | 'headersDistinct' | 'rawHeaders' | 'httpVersion' | 'socket'
>

/** How the client addressed us; decides the forwarded headers. */
export type Forwarded = {
  /** The peer is one of our own reverse proxies, so what it sent as X-Forwarded-* is kept. */
  readonly trustedPeer: boolean
  readonly address: string
  readonly proto: 'http' | 'https'
  /** With its port, as in the Host header. */
  readonly host: string
  readonly port: number
}

/** The right to one exchange. Less than an AbortSignal, since each request and each idle WebSocket has one. */
export type Right = {
  hasEnded: boolean
  /** Of the exchange: called when the right ends. */
  onEnd: (() => void) | undefined
}

export const newRight = (): Right => ({ hasEnded: false, onEnd: undefined })

export function endRight(right: Right): void {
  if (right.hasEnded) return
  right.hasEnded = true
  right.onEnd?.()
}

export type ExchangePolicy = {
  /** Cookies that never go upstream, and that no server may set. */
  readonly hubCookieNames: ReadonlySet<string>
  /** Goes upstream in the place of the client's Authorization header; absent: the client's own passes; `''`: none goes. */
  readonly authorization?: string
  readonly forwarded: Forwarded
  /** Goes before the path that goes upstream; absent: that one goes as it came. */
  readonly basePath?: string
  /** When it ends (logout), both sides are closed at once; absent: it never does. */
  readonly right?: Right
  /** A server that neither sends nor takes a byte for so long is given up; absent: never. */
  readonly quietMs?: number
  /** In the place of what this hub lets pass, hides and confines. */
  readonly plain?: PlainRules
}

/** The rules of a proxy before another hub, which decides and protects by itself. */
export type PlainRules = {
  /** The request target that goes out, whatever came in. */
  readonly target: string
  /** All header lines but those of the framing, each with its CRLF. */
  readonly requestLines: (request: RequestFacts) => string
  /** Name, value, name, value… */
  readonly responseFields: (raw: readonly string[]) => string[]
}
