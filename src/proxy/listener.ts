/** The settings of a listening HTTP server that faces strangers: time and size limits, and what malformed requests get. */
import http, {
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http'
import { type Duplex } from 'node:stream'
import { errorCode } from '../lib/errors.ts'
import { headFaultOf } from './faults.ts'
import { answerUnderWay, inTurn } from './in-turn.ts'
import { PacedRequest } from './paced-request.ts'

/** Whether a request asks for a WebSocket in the only form that exists (RFC 6455 §4.1). */
export function isWebSocketRequest(request: IncomingMessage): boolean {
  const { method, headers, httpVersion } = request
  return (
    method === 'GET' &&
    httpVersion === '1.1' &&
    headFaultOf(request) === undefined &&
    headers.upgrade?.trim().toLowerCase() === 'websocket' &&
    // A body would be taken for frames by one side and not by the other.
    headers['transfer-encoding'] === undefined &&
    Number(headers['content-length'] ?? 0) === 0
  )
}

export const frontServerOptions: ServerOptions = {
  /** Twice what a browser with many cookies sends; more gets 431. */
  maxHeaderSize: 16 * 1024,
  /** From the connection, or the end of the request before, to the end of the head; slower gets 408. */
  headersTimeout: 30_000,
  connectionsCheckingInterval: 5000,
  /** None for the whole request: an upload takes as long as it takes. */
  requestTimeout: 0,
  /** Longer than the idle time of the usual reverse proxies, so that it is they who close (nginx: 60 s). */
  keepAliveTimeout: 75_000,
  /** By `inTurn`: Node would answer all that a packet holds, one behind the other. */
  requireHostHeader: false,
  insecureHTTPParser: false,
  IncomingMessage: PacedRequest,
  noDelay: true,
  /** A client that vanished without a word is noticed by the kernel's probes. */
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  /** What else asks for an upgrade (h2c) is an ordinary request (RFC 9110 §7.8). */
  shouldUpgradeCallback: isWebSocketRequest,
}

const answers = {
  400: '400 Bad Request',
  405: '405 Method Not Allowed',
  408: '408 Request Timeout',
  413: '413 Payload Too Large',
  431: '431 Request Header Fields Too Large',
} as const

/** What is left of a refused request is read this long, so that the answer is not lost to a reset. */
const lingerMs = 1000

/** One over plain HTTP, guarded. */
export function createFrontServer(handle: RequestListener): Server {
  const server = http.createServer(frontServerOptions, inTurn(handle))
  guardServer(server)
  return server
}

/** Answers malformed requests with 400 (431 for headers too large, 408 for too slow) and closes them; never throws. */
export function guardServer(server: Server): void {
  const refused = new WeakSet<Duplex>()

  const refuse = (socket: Duplex, status: keyof typeof answers): void => {
    // The parser reports again with every packet that follows.
    if (refused.has(socket)) return
    refused.add(socket)
    // Into an answer that has begun, no other may be written.
    if (answerUnderWay(socket)?.headersSent || !socket.writable) return void socket.destroy()
    endWith(socket, answers[status])
  }

  // The size of the head is bounded, so their number is; Node would leave out the ones beyond.
  server.maxHeadersCount = 0
  server.on('clientError', (error: Error, socket: Duplex) => refuse(socket, statusOf(error)))
  // Nobody has to know what else may be expected (RFC 9110 §10.1.1). Node would answer 417, all that a packet holds.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  server.on('connect', (_: IncomingMessage, socket: Duplex) => turnAway(socket, answers[405]))
}

/** Answers an upgrade that goes nowhere. Node has let go of its socket: nobody else would ever read, end or time it. */
export function turnAway(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy())
  socket.resume()
  endWith(socket, status)
}

function endWith(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  setTimeout(() => socket.destroy(), lingerMs).unref()
}

const statuses: Readonly<Record<string, keyof typeof answers>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
}

function statusOf(error: Error): keyof typeof answers {
  return statuses[errorCode(error) ?? ''] ?? 400
}
