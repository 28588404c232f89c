/** Reads the head of a usual request: the usual kind, in the only spelling that nobody reads in another way. */
import { type IncomingHttpHeaders } from 'node:http'
import { lowerNameOf, mostFields } from './field-names.ts'

export type DirectRequest = {
  readonly method: string
  /** Origin form: path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Name, value, name, value… as they came. */
  readonly rawHeaders: string[]
  /** Undefined: no body, and none was announced. */
  readonly contentLength: number | undefined
  /** Of the head, its empty line included. */
  readonly headBytes: number
}

/** Longer ones are Node's affair, whose limit counts a little differently. */
const maxHeadBytes = 8 * 1024

const requestLine = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/[\x21-\x7e]*) HTTP\/1\.1$/

const outsideOfValues = /[^\t\x20-\x7e\x80-\xff]/

/** Each of these wants an answer, or a framing, that is not usual. */
const unusual = new Set([
  'transfer-encoding',
  'expect',
  'upgrade',
  'set-cookie',
  'proxy-connection',
  'http2-settings',
])

const lengthSyntax = /^\d{1,15}$/

/**
 * @returns undefined for whatever is not usual, or not there as a whole: Node's parser decides what it is. What is
 * usual Node would read the same.
 * @see RFC 9112 §3, §5, §6
 */
export function readDirectRequest(bytes: Buffer): DirectRequest | undefined {
  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1')
  if (end === -1 || end > maxHeadBytes) return undefined
  const lines = bytes.toString('latin1', 0, end).split('\r\n')
  const start = requestLine.exec(lines[0] ?? '')
  const read = start && readFields(lines)
  if (!read || !isUsual(read.headers)) return undefined
  const [, method = '', url = ''] = start
  const length = read.headers['content-length']
  const contentLength = length === undefined ? undefined : Number(length)
  return { method, url, ...read, contentLength, headBytes: end + 4 }
}

function isUsual({ host, connection, 'content-length': length }: IncomingHttpHeaders): boolean {
  if (host === undefined || (length !== undefined && !lengthSyntax.test(length))) return false
  return connection === undefined || connection.toLowerCase() === 'keep-alive'
}

function readFields(
  lines: readonly string[],
): Pick<DirectRequest, 'headers' | 'rawHeaders'> | undefined {
  if (lines.length - 1 > mostFields) return undefined
  const headers: IncomingHttpHeaders = {}
  const rawHeaders: string[] = []
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] ?? ''
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon))
    const lower = lowerNameOf(name)
    const value = withoutSpace(line, colon + 1)
    // One that comes twice is joined by some, and by others the first or the last counts.
    if (
      lower === undefined ||
      outsideOfValues.test(value) ||
      unusual.has(lower) ||
      lower in headers
    )
      return undefined
    headers[lower] = value
    rawHeaders.push(name, value)
  }
  return { headers, rawHeaders }
}

/** What follows `from`, but for spaces and tabs at its ends. */
function withoutSpace(line: string, from: number): string {
  let start = from
  let end = line.length
  while (start < end && isSpace(line.charCodeAt(start))) start += 1
  while (end > start && isSpace(line.charCodeAt(end - 1))) end -= 1
  return line.slice(start, end)
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09
