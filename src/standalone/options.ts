/** What a proxy by itself is told: where it listens, what it trusts, what it changes on the way. */
import { type TlsOptions } from 'node:tls'
import { type PlainHeaderOptions } from '../proxy/plain-headers.ts'
import { type ClientTls } from '../proxy/routes.ts'
import { type Place } from './place.ts'

export type ProxyOptions = {
  readonly proxy: Place
  readonly api: Place
  /** Absent: there are no metrics. */
  readonly metrics?: Place
  /** A plain port whose requests have to come back over TLS. */
  readonly redirect?: Redirect
  readonly tls?: TlsOptions
  readonly apiTls?: TlsOptions
  readonly clientTls?: ClientTls
  /** Absent: whoever reaches the API may do everything. */
  readonly token?: string
  readonly defaultTarget?: string
  /** Asked for error pages. */
  readonly errorTarget?: string
  /** The folder of error pages. */
  readonly errorPath?: string
  readonly hostRouting: boolean
  /** Requests go out with the prefix of their route. */
  readonly includePrefix: boolean
  /** The path of a target stands before that of the request. */
  readonly prependPath: boolean
  readonly headers: PlainHeaderOptions
  /** A connection of a client on which nothing moves for so long is cut; absent: none. */
  readonly timeoutMs?: number
  /** A server that is silent for so long is given up; absent: none. */
  readonly proxyTimeoutMs?: number
  readonly keepAliveTimeoutMs?: number
  /** Where routes are kept for the next start. */
  readonly storageFile?: string
  readonly pidFile?: string
}

export type Redirect = {
  readonly place: Place
  /** The port that people are led to. */
  readonly toPort: number
}
