/** Takes a server's bytes apart into the head, the body and the end of one response. */
import { readPlainChunks } from './chunk.ts'
import { mostFields } from './field-names.ts'
import { GarbageError, parseFields, parseHead, type ResponseHead } from './response-head.ts'

export type ResponseHandlers = {
  /** Once. Interim responses (1xx) are dropped before it, but for 101. */
  head(head: ResponseHead): void
  /**
   * Without any framing. The bytes are the caller's own again when `push` returns.
   * @param last known before the end only where a length was announced.
   */
  body(bytes: Buffer, last: boolean): void
  /** @param trailers name, value, name, value… */
  complete(trailers: readonly string[]): void
}

export interface ResponseParser {
  /** @returns how many bytes belonged to this response; fewer than given only when it is complete. @throws {GarbageError} */
  push(bytes: Buffer): number
  /** The server sends no more. @returns whether the response is whole. */
  end(): boolean
  /** At least one byte has come. */
  readonly started: boolean
  readonly complete: boolean
}

/** More than any server we know sends, little enough to keep for everybody at once. */
const maxHeadBytes = 64 * 1024

/** A chunk's size with its extensions, or one trailer. */
const maxLineBytes = 8 * 1024

/** All of a response; nobody uses them. */
const maxExtensionBytes = 8 * 1024

/** Interim responses before one that is final. */
const mostInterim = 100

/** Twelve hexadecimal digits are exact numbers. Extensions as RFC 9112 §7.1.1 has them, but for spaces, as for Node. */
const chunkSize =
  /^([\da-f]{1,12})(?:;[!#$%&'*+\-.^_`|~\w]+(?:=(?:[!#$%&'*+\-.^_`|~\w]+|"(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"))?)*$/i

const framingField = /^(?:content-length|transfer-encoding)$/i

/** Reads from `at` and returns where it stopped. */
type Step = (bytes: Buffer, at: number) => number

export function createResponseParser(method: string, handlers: ResponseHandlers): ResponseParser {
  /** What came of a head or line whose end has not come yet. */
  let text = ''
  let remaining = 0
  const trailerLines: string[] = []
  let trailerBytes = 0
  let extensionBytes = 0
  let interim = 0

  const readHead: Step = (bytes, at) => {
    const before = text.length
    if (before === 0) {
      const end = bytes.indexOf('\r\n\r\n', at, 'latin1')
      if (end !== -1) return begin(bytes.toString('latin1', at, end), end + 4)
    }
    text += bytes.toString('latin1', at)
    const end = text.indexOf('\r\n\r\n', Math.max(0, before - 3))
    if (end !== -1) return begin(text.slice(0, end), at + end + 4 - before)
    checkUnfinished(text)
    return bytes.length
  }

  const begin = (head: string, next: number): number => {
    text = ''
    if (head.length > maxHeadBytes) throw new GarbageError('head too long')
    const parsed = parseHead(head, method)
    if (parsed.status < 200 && parsed.status !== 101) {
      interim += 1
      if (interim > mostInterim) throw new GarbageError('interim responses without an end')
      return next
    }
    handlers.head(parsed)
    if (parsed.framing === 'none' || parsed.framing === 0) finish()
    else if (parsed.framing === 'chunked') step = readChunks
    else if (parsed.framing === 'close') step = readUntilClose
    else {
      remaining = parsed.framing
      step = readLength
    }
    return next
  }

  const readLength: Step = (bytes, at) => {
    const end = Math.min(bytes.length, at + remaining)
    remaining -= end - at
    handlers.body(bytes.subarray(at, end), remaining === 0)
    if (remaining === 0) finish()
    return end
  }

  const readUntilClose: Step = (bytes, at) => {
    handlers.body(bytes.subarray(at), false)
    return bytes.length
  }

  const readChunks: Step = (bytes, at) => {
    if (text !== '') return readChunkSize(bytes, at)
    const next = readPlainChunks(bytes, at, (piece) => handlers.body(piece, false))
    return next === at ? readChunkSize(bytes, at) : next
  }

  const readChunkSize: Step = (bytes, at) =>
    readLine(bytes, at, (line) => {
      const size = chunkSize.exec(line)?.[1]
      if (size === undefined) throw new GarbageError('no chunk size')
      extensionBytes += line.length - size.length
      if (extensionBytes > maxExtensionBytes) throw new GarbageError('chunk extensions too long')
      remaining = parseInt(size, 16)
      step = remaining === 0 ? readTrailer : readChunk
    })

  const readChunk: Step = (bytes, at) => {
    const end = Math.min(bytes.length, at + remaining)
    remaining -= end - at
    if (remaining === 0) step = readChunkEnd
    handlers.body(bytes.subarray(at, end), false)
    return end
  }

  const readChunkEnd: Step = (bytes, at) =>
    readLine(bytes, at, (line) => {
      if (line !== '') throw new GarbageError('chunk longer than its size')
      step = readChunks
    })

  const readTrailer: Step = (bytes, at) =>
    readLine(bytes, at, (line) => {
      if (line === '') {
        finish()
        return
      }
      trailerLines.push(line)
      trailerBytes += line.length
      if (trailerBytes > maxHeadBytes || trailerLines.length > mostFields)
        throw new GarbageError('trailers too long')
    })

  const readLine = (bytes: Buffer, at: number, take: (line: string) => void): number => {
    const feed = bytes.indexOf(0x0a, at)
    const end = feed === -1 ? bytes.length : feed + 1
    if (text.length + end - at > maxLineBytes) throw new GarbageError('line too long')
    text += bytes.toString('latin1', at, end)
    if (feed === -1) return end
    if (!text.endsWith('\r\n')) throw new GarbageError('line ends without CR')
    const line = text.slice(0, -2)
    text = ''
    take(line)
    return end
  }

  const finish = (): void => {
    const trailers = parseFields(trailerLines)
    // Framing was said before the body, or never (RFC 9110 §6.5.1).
    if (trailers.some((name, index) => index % 2 === 0 && framingField.test(name)))
      throw new GarbageError('framing among the trailers')
    parser.complete = true
    handlers.complete(trailers)
  }

  let step: Step = readHead
  const parser = {
    started: false,
    complete: false,
    push(bytes: Buffer) {
      parser.started = true
      let at = 0
      while (at < bytes.length && !parser.complete) at = step(bytes, at)
      return at
    },
    end() {
      if (step === readUntilClose && !parser.complete) finish()
      return parser.complete
    },
  }
  return parser
}

const beginning = 'HTTP/1.'

/** What can never become a head is told at once, not when the server closes. */
function checkUnfinished(text: string): void {
  if (text.length > maxHeadBytes) throw new GarbageError('head too long')
  const seen = text.slice(0, beginning.length)
  if (!beginning.startsWith(seen)) throw new GarbageError('no status line')
  if (/(?:^|[^\r])\n/.test(text)) throw new GarbageError('line ends without CR')
}
