/** Sends a request's body to the server, no faster than it reads. */
import { type IncomingMessage } from 'node:http'
import { chunkOf } from './chunk.ts'
import { trailerFields } from './headers.ts'

export interface Upload {
  /** The header lines that announce the body; `''` when there is none. */
  readonly framing: string
  /** Call once, when there is somewhere to write to. */
  start(): void
  /** The server reads again. */
  readonly resume: () => void
  /** Sends no more; what the client still has is read and thrown away, so that it comes to see the answer. */
  stop(): void
  /** At least one byte of the body has been written. */
  readonly hasBegun: boolean
  /** Nothing is left to send. */
  readonly isDone: boolean
}

export type UploadNeeds = {
  /** False: wait for `resume`. */
  readonly write: (bytes: Buffer | string) => boolean
  /** The same for bytes as a socket has given them, which nobody looks at any more. */
  readonly pass: (bytes: Buffer) => boolean
  readonly onProgress: () => void
}

export function createUpload(request: IncomingMessage, needs: UploadNeeds): Upload {
  const isChunked = request.headers['transfer-encoding'] !== undefined
  const length = request.headers['content-length']
  const hasBody = isChunked || (length !== undefined && Number(length) > 0)
  let stopped = false
  /** Of chunks, what came in this turn: it leaves as one. */
  let pieces: Buffer[] = []

  const send = (bytes: Buffer): void => {
    if (stopped) return
    upload.hasBegun = true
    needs.onProgress()
    if (isChunked) addPiece(bytes)
    else if (!needs.write(bytes)) request.pause()
  }

  const addPiece = (bytes: Buffer): void => {
    if (pieces.length === 0) process.nextTick(sendPieces)
    pieces.push(bytes)
  }

  const sendPieces = (): void => {
    const sent = pieces
    pieces = []
    if (!stopped && sent.length > 0 && !needs.write(chunkOf(sent))) request.pause()
  }

  const finish = (): void => {
    sendPieces()
    if (stopped) return
    if (isChunked) needs.write(`0\r\n${trailerLines(request.rawTrailers)}\r\n`)
    upload.isDone = true
  }

  const upload = {
    hasBegun: false,
    isDone: !hasBody,
    framing: framingOf(isChunked, length),
    start() {
      if (!hasBody) return
      request.on('data', send)
      request.once('end', finish)
    },
    resume() {
      if (!stopped && hasBody) request.resume()
    },
    stop() {
      if (upload.isDone || stopped) return
      stopped = true
      request.resume()
    },
  }
  return upload
}

function framingOf(isChunked: boolean, length: string | undefined): string {
  if (isChunked) return 'Transfer-Encoding: chunked\r\n'
  return length === undefined ? '' : `Content-Length: ${Number(length)}\r\n`
}

function trailerLines(raw: readonly string[]): string {
  return trailerFields(raw).reduce(
    (lines, part, index) => lines + part + (index % 2 === 0 ? ': ' : '\r\n'),
    '',
  )
}
