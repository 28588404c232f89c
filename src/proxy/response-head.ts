/** Reads the head of a server's response, strictly. */
import { inLowerCase, lowerNameOf, mostFields } from './field-names.ts'

/** The server said something that is no HTTP response. The message names what, without quoting it. */
export class GarbageError extends Error {
  override readonly name = 'GarbageError'
}

/** How the body ends: there is none, after so many bytes, by its chunks, with the connection. */
export type BodyFraming = 'none' | number | 'chunked' | 'close'

export type ResponseHead = {
  readonly status: number
  readonly reason: string
  /** Name, value, name, value… as they came. */
  readonly fields: readonly string[]
  readonly framing: BodyFraming
  /** What Content-Length says, also where no body follows (HEAD, 304). */
  readonly contentLength: number | undefined
  /** The connection can carry another exchange. */
  readonly keepAlive: boolean
  /** How long the server said it keeps an idle connection. */
  readonly keepAliveMs: number | undefined
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/

const outsideOfValues = /[^\t\x20-\x7e\x80-\xff]/

/** Longer lengths than 15 digits are no longer exact. */
const lengthSyntax = /^\d{1,15}$/

/**
 * @param text latin1, without the empty line at its end.
 * @param method of the request: a response to HEAD has no body.
 * @throws {GarbageError} anything that could be read in two ways.
 * @see RFC 9112 §4, §5, §6.3
 */
export function parseHead(text: string, method: string): ResponseHead {
  const [first = '', ...lines] = text.split('\r\n')
  const start = statusLine.exec(first)
  if (!start) throw new GarbageError('no status line')
  const status = Number(start[2])
  const fields = parseFields(lines)
  const framing = readFraming(fields, start[1] === '1')
  checkInterim(status, framing)
  const bodiless = isBodiless(status, method)
  return {
    status,
    reason: start[3] ?? '',
    fields,
    framing: bodiless ? 'none' : framing.framing,
    contentLength: framing.contentLength,
    keepAlive: framing.keepAlive && (bodiless || framing.framing !== 'close'),
    keepAliveMs: framing.keepAliveMs,
  }
}

const isBodiless = (status: number, method: string): boolean =>
  method === 'HEAD' || status < 200 || status === 204 || status === 304

/** Another response follows it, so it neither ends the connection nor has a body (RFC 9110 §15.2). */
function checkInterim(status: number, { framing, keepAlive }: Framing): void {
  const isInterim = status < 200 && status !== 101
  if (isInterim && (!keepAlive || framing !== 'close'))
    throw new GarbageError('interim response with an end or a body')
}

/** @returns name, value, name, value… @throws {GarbageError} */
export function parseFields(lines: readonly string[]): string[] {
  if (lines.length > mostFields) throw new GarbageError('too many fields')
  const fields: string[] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon))
    // A line that begins with a space would continue the one above it (obs-fold): this is no name either.
    if (lowerNameOf(name) === undefined) throw new GarbageError('no field name')
    // Node takes a tab behind it for a part of the coding's name.
    if (line.endsWith('\t') && /^transfer-encoding:/i.test(line))
      throw new GarbageError('transfer coding other than chunked')
    const value = trimSpace(line.slice(colon + 1))
    if (outsideOfValues.test(value)) throw new GarbageError('control character in a field')
    fields.push(name, value)
  }
  return fields
}

type Framing = Pick<ResponseHead, 'framing' | 'contentLength' | 'keepAlive' | 'keepAliveMs'>

function readFraming(fields: readonly string[], isHttp11: boolean): Framing {
  const said = collect(fields)
  const contentLength = readLength(said.lengths)
  const isChunked = readCoding(said.codings)
  if (isChunked && (contentLength !== undefined || !isHttp11))
    throw new GarbageError('transfer coding where none may be')
  const options = said.connection === '' ? [] : said.connection.toLowerCase().split(/[ \t]*,[ \t]*/)
  return {
    framing: isChunked ? 'chunked' : (contentLength ?? 'close'),
    contentLength,
    keepAlive: isHttp11 ? !options.includes('close') : options.includes('keep-alive'),
    keepAliveMs: said.keepAliveMs,
  }
}

function readLength([length, ...more]: readonly string[]): number | undefined {
  if (length === undefined) return undefined
  if (more.length > 0 || !lengthSyntax.test(length))
    throw new GarbageError('Content-Length is not one number')
  return Number(length)
}

function readCoding([coding, ...more]: readonly string[]): boolean {
  if (coding === undefined) return false
  if (more.length > 0 || coding.toLowerCase() !== 'chunked')
    throw new GarbageError('transfer coding other than chunked')
  return true
}

function collect(fields: readonly string[]) {
  const lengths: string[] = []
  const codings: string[] = []
  let connection = ''
  let keepAliveMs: number | undefined
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const value = fields[index + 1] ?? ''
    const name = inLowerCase(fields[index] ?? '')
    if (name === 'content-length') lengths.push(value)
    else if (name === 'transfer-encoding') codings.push(value)
    // Node takes the older name for the same (llhttp): what it would close, we do not keep.
    else if (name === 'connection' || name === 'proxy-connection')
      connection += `${connection && ','}${value}`
    else if (name === 'keep-alive') keepAliveMs = timeoutOf(value)
  }
  return { lengths, codings, connection, keepAliveMs }
}

function timeoutOf(keepAlive: string): number | undefined {
  const seconds = /\btimeout=(\d{1,6})\b/i.exec(keepAlive)?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1000
}

/** Spaces and tabs at either end (OWS); a loop, because a backtracking expression would be quadratic in hostile hands. */
function trimSpace(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start += 1
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09
