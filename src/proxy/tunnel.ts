/** One WebSocket: asks the server, then joins the two sockets byte by byte, or passes its refusal on. */
import { type IncomingMessage } from 'node:http'
import { type Duplex } from 'node:stream'
import { connect, ConnectTimeoutError, type ConnectionUser } from './connection.ts'
import { requestHead, responseFields, responseScope } from './headers.ts'
import { type Live } from './live.ts'
import { type ExchangePolicy } from './policy.ts'
import { GarbageError, type ResponseHead } from './response-head.ts'
import { createResponseParser } from './response-parser.ts'
import { type Route, type Routes } from './routes.ts'

export type TunnelNeeds = {
  readonly routes: Routes
  readonly live: Live
  readonly connectTimeoutMs: number
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
const idleBufferBytes = 1024

/** When one side has ended, the other has this long to take what is left and to end too. */
const graceMs = 5000

const upgradeLines = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'

export function openTunnel(needs: TunnelNeeds, ends: TunnelEnds): void {
  const { request, socket, route, policy } = ends
  const { routes } = needs
  let phase: 'asking' | 'joined' | 'refused' = 'asking'
  let isChunked = false
  let serverClosed = false
  let grace: NodeJS.Timeout | undefined
  let early = ends.head.length > 0 ? [ends.head] : []
  let earlyBytes = ends.head.length

  const parser = createResponseParser('GET', {
    head: (head) => (head.status === 101 ? join(head) : refuse(head)),
    body(bytes) {
      if (isChunked) socket.write(`${bytes.length.toString(16)}\r\n`)
      socket.write(Buffer.from(bytes))
      if (isChunked) socket.write('\r\n')
    },
    complete() {
      if (phase !== 'refused') return
      if (isChunked) socket.write('0\r\n\r\n')
      closeBoth()
    },
  })

  const join = (head: ResponseHead): void => {
    if (!switchesToWebSocket(head)) throw new GarbageError('switched to another protocol')
    phase = 'joined'
    socket.write(headText(head, fieldsOf(head), upgradeLines), 'latin1')
  }

  const refuse = (head: ResponseHead): void => {
    phase = 'refused'
    isChunked = head.framing === 'chunked' || head.framing === 'close'
    const length = head.status === 204 ? undefined : head.contentLength
    const framing = isChunked ? 'Transfer-Encoding: chunked\r\n' : lengthLine(length)
    socket.write(headText(head, fieldsOf(head), `${framing}Connection: close\r\n`), 'latin1')
  }

  const fieldsOf = (head: ResponseHead): string[] =>
    responseFields(head.fields, responseScope(route, policy))

  const toClient = (bytes: Buffer): boolean => {
    routes.touch(route)
    const more = socket.write(bytes)
    if (socket.writableLength > 0) connection.keepBuffer()
    return more
  }

  const user: ConnectionUser = {
    bytes(bytes) {
      if (phase === 'joined') return toClient(bytes)
      const taken = parse(bytes)
      if (phaseNow() !== 'joined') return !socket.writableNeedDrain
      for (const held of early) connection.write(held)
      early = []
      socket.resume()
      return taken < bytes.length ? toClient(bytes.subarray(taken)) : true
    },
    ended() {
      if (phase === 'asking') answer(502)
      else if (phase === 'joined' || parser.end()) closeBoth()
      else cut()
    },
    drained: () => void socket.resume(),
    closed(error) {
      if (phase === 'asking') answer(statusOf(error))
      else if (error || (phase === 'refused' && !parser.complete)) cut()
      else closeBoth()
      serverClosed = true
      if (socket.closed) leave()
    },
  }

  /** What `parse` may just have changed. */
  const phaseNow = (): typeof phase => phase

  const parse = (bytes: Buffer): number => {
    try {
      return parser.push(bytes)
    } catch {
      if (phase === 'asking') answer(502)
      else cut()
      return bytes.length
    }
  }

  const answer = (status: 502 | 503 | 504): void => {
    phase = 'refused'
    socket.write(
      `HTTP/1.1 ${statusTexts[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    )
    closeBoth()
  }

  /** What is written still arrives. */
  const closeBoth = (): void => {
    socket.end()
    if (phase === 'joined') connection.end()
    else connection.destroy()
    grace ??= setTimeout(cut, graceMs).unref()
  }

  const cut = (): void => {
    connection.destroy()
    socket.destroy()
  }

  const leave = (): void => {
    clearTimeout(grace)
    release()
    if (policy.right) policy.right.onEnd = undefined
  }

  const connection = connect(route.target, user, {
    connectTimeoutMs: needs.connectTimeoutMs,
    firstBufferBytes: idleBufferBytes,
    onClose: () => undefined,
  })
  const release = needs.live.add(route, cut)
  if (policy.right) policy.right.onEnd = cut
  socket.on('data', (bytes: Buffer) => {
    if (phase === 'joined') {
      routes.touch(route)
      if (!connection.pass(bytes)) socket.pause()
    } else if (phase === 'asking') {
      early.push(bytes)
      earlyBytes += bytes.length
      if (earlyBytes > maxEarlyBytes) socket.pause()
    }
  })
  socket.on('drain', () => connection.resume())
  socket.on('end', () => (phase === 'asking' ? cut() : closeBoth()))
  socket.on('close', () => {
    closeBoth()
    if (serverClosed) leave()
  })
  connection.write(requestHead(request, { ...ends, framing: upgradeLines }))
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
