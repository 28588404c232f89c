/** One WebSocket: asks the server, then has the two sockets joined, or passes its refusal on. */
import { type IncomingMessage } from 'node:http'
import { type Duplex } from 'node:stream'
import { chunkOf } from './chunk.ts'
import { connect, ConnectTimeoutError, type ConnectionUser } from './connection.ts'
import { requestHead, responseFields, responseScope } from './headers.ts'
import { type Live } from './live.ts'
import { createPair, join, type Pair } from './pair.ts'
import { type ExchangePolicy } from './policy.ts'
import { GarbageError, type ResponseHead } from './response-head.ts'
import { createResponseParser } from './response-parser.ts'
import { type Route, type Routes } from './routes.ts'

export type TunnelNeeds = {
  readonly routes: Routes
  readonly live: Live
  readonly connectTimeoutMs: number
  readonly heldMs: number
}

export type TunnelEnds = {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** What the client sent behind its request. */
  readonly head: Buffer
  readonly route: Route
  readonly policy: ExchangePolicy
  /** Origin form: path and query. */
  readonly target: string
}

/** A client speaks only after the 101; one that does not wait is held back here. */
const maxEarlyBytes = 64 * 1024

/** There are thousands of WebSockets, nearly all of them silent: each keeps its buffer. */
const idleBufferBytes = 256

const upgradeLines = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'

export function openTunnel(needs: TunnelNeeds, ends: TunnelEnds): void {
  const { socket, route, policy } = ends
  const connection = connect(route.target, silent, {
    connectTimeoutMs: needs.connectTimeoutMs,
    firstBufferBytes: idleBufferBytes,
    onClose: () => undefined,
  })
  const pair = createPair({ socket, connection, route, right: policy.right, ...needs })
  ask(pair, ends)
  connection.write(requestHead(ends.request, { ...ends, framing: upgradeLines }))
}

/** Nothing comes before the question. */
const silent: ConnectionUser = {
  bytes: () => true,
  ended: () => undefined,
  drained: () => undefined,
  closed: () => undefined,
}

/** All that is needed for the question alone is forgotten with the answer: a WebSocket lives for hours. */
function ask(pair: Pair, ends: TunnelEnds): void {
  const { socket, connection } = pair
  let early = ends.head.length > 0 ? [ends.head] : []
  let earlyBytes = ends.head.length

  const answer = createAnswer(pair, ends)

  const wait = (bytes: Buffer): void => {
    if (pair.phase !== 'asking') return
    early.push(bytes)
    earlyBytes += bytes.length
    if (earlyBytes > maxEarlyBytes) pair.hold()
  }

  connection.user = {
    bytes(bytes) {
      const taken = answer.take(bytes)
      if (pair.phase !== 'joined') return !socket.writableNeedDrain
      socket.off('data', wait)
      const toClient = join(pair)
      for (const held of early) connection.write(held)
      early = []
      pair.goOn()
      return taken < bytes.length ? toClient(bytes.subarray(taken)) : true
    },
    ended() {
      if (pair.phase === 'asking') answer.fail(502)
      else if (answer.end()) pair.close()
      else pair.cut()
    },
    drained: pair.goOn,
    closed(error) {
      if (pair.phase === 'asking') answer.fail(statusOf(error))
      else if (error || !answer.isComplete()) pair.cut()
      else pair.close()
      pair.serverGone()
    },
  }
  socket.on('data', wait)
}

/** What the server says to the question: yes, or whatever else, which then is the client's answer. */
function createAnswer(pair: Pair, { route, policy }: TunnelEnds) {
  const { socket } = pair
  let isChunked = false
  /** Of a refusal, what came in this read. */
  let body: Buffer[] = []

  const writeBody = (): void => {
    if (body.length > 0) socket.write(isChunked ? chunkOf(body) : Buffer.concat(body))
    body = []
  }

  const parser = createResponseParser('GET', {
    head: (head) => (head.status === 101 ? accept(head) : refuse(head)),
    body: (bytes) => void body.push(bytes),
    complete() {
      if (pair.phase !== 'refused') return
      writeBody()
      if (isChunked) socket.write('0\r\n\r\n')
      pair.close()
    },
  })

  const accept = (head: ResponseHead): void => {
    if (!switchesToWebSocket(head)) throw new GarbageError('switched to another protocol')
    pair.phase = 'joined'
    socket.write(headText(head, fieldsOf(head), upgradeLines), 'latin1')
  }

  const refuse = (head: ResponseHead): void => {
    pair.phase = 'refused'
    isChunked = head.framing === 'chunked' || head.framing === 'close'
    const length = head.status === 204 ? undefined : head.contentLength
    const framing = isChunked ? 'Transfer-Encoding: chunked\r\n' : lengthLine(length)
    socket.write(headText(head, fieldsOf(head), `${framing}Connection: close\r\n`), 'latin1')
  }

  const fieldsOf = (head: ResponseHead): string[] =>
    responseFields(head.fields, responseScope(route, policy))

  const fail = (status: 502 | 503 | 504): void => {
    pair.phase = 'refused'
    socket.write(
      `HTTP/1.1 ${statusTexts[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    )
    // What the client still sends is thrown away, so that its end is seen.
    socket.resume()
    pair.close()
  }

  return {
    /** In the server's place. */
    fail,
    /** @returns how many of the bytes belong to it. */
    take(bytes: Buffer): number {
      try {
        const taken = parser.push(bytes)
        if (pair.phase === 'refused') writeBody()
        return taken
      } catch {
        writeBody()
        if (pair.phase === 'asking') fail(502)
        else pair.cut()
        return bytes.length
      }
    },
    /** The server sends no more. @returns whether it is whole. */
    end: () => parser.end(),
    isComplete: () => parser.complete,
  }
}

const statusTexts = {
  502: '502 Bad Gateway',
  503: '503 Service Unavailable',
  504: '504 Gateway Timeout',
} as const

function statusOf(error: Error | undefined): keyof typeof statusTexts {
  if (error instanceof ConnectTimeoutError) return 504
  return error && 'code' in error && error.code === 'ECONNREFUSED' ? 503 : 502
}

function switchesToWebSocket({ fields }: ResponseHead): boolean {
  return fields.some(
    (name, index) =>
      index % 2 === 0 &&
      name.toLowerCase() === 'upgrade' &&
      fields[index + 1]?.toLowerCase() === 'websocket',
  )
}

const lengthLine = (length: number | undefined): string =>
  length === undefined ? '' : `Content-Length: ${length}\r\n`

function headText(head: ResponseHead, fields: readonly string[], last: string): string {
  let text = `HTTP/1.1 ${head.status} ${head.reason}\r\n`
  for (let index = 0; index + 1 < fields.length; index += 2)
    text += `${fields[index] ?? ''}: ${fields[index + 1] ?? ''}\r\n`
  return `${text}${last}\r\n`
}
