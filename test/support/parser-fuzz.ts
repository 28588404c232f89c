/** Messages out of a grammar and out of mutations, and what our parsers and Node's make of them. */
import { isDeepStrictEqual } from 'node:util'
import { readDirectRequest } from '../../src/proxy/direct-request.ts'
import { type ResponseHead } from '../../src/proxy/response-head.ts'
import { createResponseParser } from '../../src/proxy/response-parser.ts'
import { readByNode, type Reading } from './node-parser.ts'

export type Kind = 'request' | 'response'

/** How a message comes. `method`: of the request that a response answers. */
export type Case = { readonly method: string; readonly packets: readonly Buffer[] }

/** `rule`: what both said, or why we are stricter. */
export type Verdict = { readonly rule: string; readonly isWrong: boolean }

type Random = (below: number) => number

/** Mulberry32: the same numbers from the same seed, on every machine. */
function createRandom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const pick = <Item>(random: Random, items: readonly Item[]): Item =>
  items[random(items.length)] as Item

const mostly = <Item>(random: Random, usual: Item, others: readonly Item[]): Item =>
  random(12) === 0 ? pick(random, others) : usual

const names = ['X', 'Cookie', 'Accept', 'Set-Cookie', 'ETag', 'x_y', 'Date', 'TE', 'Trailer', 'Keep-Alive', 'Authorization', 'X!#$', 'If-None-Match'] // prettier-ignore
const oddNames = ['X-\u00e9', 'X Y', '', 'Proxy-Connection', '"X"', 'X\u0000', '__proto__', 'X(1)'] // prettier-ignore
const values = ['1', '', 'a, b', 'a=b; c=d', '"q"', '\u00e9', 'a\tb', ' x ', 'x'.repeat(300), 'close', 'a:b', '\tx\t'] // prettier-ignore
const oddValues = ['\u0000', 'a\rb', 'a\nb', '\u007f', '\u000b', 'a\u0001', '\r\n b', '\r'] // prettier-ignore
const lengths = ['0', '3', '5', '05', '+5', '5 ', ' 5', '5, 5', '5,5', '0x5', '-1', '', '5;', '99999999999999999999', '1e1', '5\u0000'] // prettier-ignore
const codings = ['chunked', 'Chunked', ' chunked', 'chunked ', 'gzip, chunked', 'chunked, gzip', 'identity', 'xchunked', 'chunked;x', '', 'chunked, chunked', 'chunke', '\tchunked'] // prettier-ignore
const connections = ['close', 'keep-alive', 'Keep-Alive', 'upgrade', 'keep-alive, close', '', 'x', ' close ', 'Upgrade, keep-alive'] // prettier-ignore
const ends = ['\n', '\r', '\r\r\n', '\n\r', '\r\n\r\n', '\r\n ', '\r\n\t'] // prettier-ignore
const sizes = ['0x5', '+5', '5 ', ' 5', '5;x=y', '5;', '5;x="a;b"', '05', '00000005', 'g', '', '-5', 'fffffffffffffffff', '5\t', '5;\u0000', '5 ;x'] // prettier-ignore

function fieldOf(random: Random, kind: Kind): string {
  const special: (() => string)[] = [
    () => `Content-Length${mostly(random, ':', [' :', ': ', ':\t'])}${pick(random, lengths)}`,
    () => `Transfer-Encoding:${mostly(random, ' ', ['', '\t', '  '])}${pick(random, codings)}`,
    () => `Connection: ${pick(random, connections)}`,
    () => `Upgrade: ${pick(random, ['websocket', 'h2c', ''])}`,
    () => `Expect: 100-continue`,
    () => `Host: ${pick(random, ['h', '', 'a b', 'h:1'])}`,
  ]
  const usual = (): string =>
    `${mostly(random, pick(random, names), oddNames)}${mostly(random, ': ', [':', ' : ', ':\t', ''])}${mostly(random, pick(random, values), oddValues)}`
  return random(kind === 'request' ? 5 : 4) === 0 ? pick(random, special)() : usual()
}

function chunksOf(random: Random): string {
  let text = ''
  for (let count = random(4); count > 0; count--) {
    const size = 1 + random(20)
    const written = mostly(random, size.toString(16), sizes)
    text += `${written}${eol(random)}${'y'.repeat(size)}${eol(random)}`
  }
  const trailers = random(4) === 0 ? `${fieldOf(random, 'response')}${eol(random)}` : ''
  return `${text}${mostly(random, '0', sizes)}${eol(random)}${trailers}${eol(random)}`
}

const eol = (random: Random): string => (random(60) === 0 ? pick(random, ends) : '\r\n')

function startOf(random: Random, kind: Kind): string {
  const version = mostly(random, 'HTTP/1.1', ['HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 ', 'HTTP/01.1', 'HTTP/1', '']) // prettier-ignore
  if (kind === 'request') {
    const method = mostly(random, pick(random, ['GET', 'POST', 'PUT', 'DELETE', 'HEAD']), ['get', 'OPTIONS', 'CONNECT', 'PATCH', 'PROPFIND', 'PRI', 'G@T', '', 'TRACE', 'QUERY']) // prettier-ignore
    const target = mostly(random, '/user/ana/a?b=c', ['/', '*', 'http://h/x', '//x', '/\u00e9', '/a b', '/%2e', '/a#b', '', 'x', '/\u0000', '/\t', '/<>"']) // prettier-ignore
    return `${method}${mostly(random, ' ', ['  ', '\t', ''])}${target}${mostly(random, ' ', ['  ', '\t', ''])}${version}`
  }
  const status = mostly(random, pick(random, ['200', '204', '304', '404', '206', '500']), ['100', '101', '103', '199', '99', '1000', '2x0', '000', '600', '', '999']) // prettier-ignore
  return `${version}${mostly(random, ' ', ['  ', '\t', ''])}${status}${mostly(random, ' OK', ['', ' ', '  two words', '\tOK', ' \u00e9', ' a\u0000', ' a\rb'])}`
}

/** A message of which most parts are right. */
function fromGrammar(random: Random, kind: Kind): string {
  const lines = [startOf(random, kind)]
  if (kind === 'request' && random(20) > 0) lines.push('Host: h')
  for (let count = random(5); count > 0; count--) lines.push(fieldOf(random, kind))
  let body = ''
  const framing = random(4)
  if (framing === 0) {
    const length = random(9)
    lines.push(`Content-Length: ${length}`)
    body = 'b'.repeat(mostly(random, length, [length + 1, Math.max(0, length - 1)]))
  } else if (framing === 1) {
    lines.push('Transfer-Encoding: chunked')
    body = chunksOf(random)
  } else if (random(4) === 0) body = 'until the end'
  const head = lines.map((line) => line + eol(random)).join('')
  const interim =
    kind === 'response' && random(15) === 0 ? 'HTTP/1.1 103 Early\r\nLink: x\r\n\r\n' : ''
  const behind = random(5) === 0 ? 'HTTP/1.1 200 OK\r\n\r\n' : ''
  return `${interim}${head}${eol(random)}${body}${behind}`
}

const bytes = ['\u0000', '\t', '\n', '\r', ' ', ':', ',', ';', '0', '1', 'a', '\u007f', '\u0080', '\u00ff', '"', '\u000b', '\u000c', '\u00a0', '\r\n', '_'] // prettier-ignore

/** One that was right, with a few bytes other than they were. */
function mutated(random: Random, text: string): string {
  let result = text
  for (let count = 1 + random(3); count > 0; count--) {
    const at = random(result.length + 1)
    const [before, after] = [result.slice(0, at), result.slice(at)]
    const change = random(5)
    if (change === 0) result = before + pick(random, bytes) + after
    else if (change === 1) result = before + after.slice(1 + random(3))
    else if (change === 2) result = before + pick(random, bytes) + after.slice(1)
    else if (change === 3) result = before + before.slice(-1 - random(12)) + after
    else result = before + String.fromCharCode(random(256)) + after.slice(1)
  }
  return result
}

function cut(random: Random, whole: Buffer): Buffer[] {
  const packets: Buffer[] = []
  let at = 0
  while (at < whole.length && packets.length < 20 && random(3) > 0) {
    const size = 1 + random(Math.min(40, whole.length - at))
    packets.push(whole.subarray(at, (at += size)))
  }
  if (at < whole.length) packets.push(whole.subarray(at))
  return packets
}

export function caseOf(kind: Kind, seed: number): Case {
  const random = createRandom(seed)
  // Small seeds begin alike otherwise.
  for (let count = 0; count < 4; count++) random(2)
  const text = fromGrammar(random, kind)
  const changed = random(3) === 0 ? mutated(random, text) : text
  const whole = Buffer.from(changed, 'latin1')
  const method = random(6) === 0 ? 'HEAD' : 'GET'
  return { method, packets: cut(random, whole) }
}

/** Where we refuse what Node takes, and why. Anything else that Node takes we have to take. */
const deliberate: Readonly<Record<string, string>> = {
  'transfer coding other than chunked': 'nobody asked for it, and its end is not ours to find',
  'transfer coding where none may be': 'beside a length, or in HTTP/1.0 (RFC 9112 §6.1, §6.3)',
  'no status line':
    'a version or a status that is none of HTTP/1, or a tab in the place of a space',
  'Content-Length is not one number': 'repeated, or longer than an exact number',
  'framing among the trailers': 'it was said before the body, or never (RFC 9110 §6.5.1)',
  'interim response with an end or a body': 'another response follows it (RFC 9110 §15.2)',
  'control character in a field': 'Node passes some on in values that it does not look at',
  'line ends without CR': 'one of a head that is not whole yet',
}

const agreed = (rule: string): Verdict => ({ rule, isWrong: false })
const wrong = (rule: string): Verdict => ({ rule, isWrong: true })

export function compare(kind: Kind, { method, packets }: Case): Verdict {
  const whole = Buffer.concat(packets)
  return kind === 'request' ? compareRequest(whole) : compareResponse(method, packets, whole)
}

/** Of a body that is announced longer, the end is not looked for: some announce gigabytes. */
const longestPadding = 1024 * 1024

function compareRequest(whole: Buffer): Verdict {
  const request = readDirectRequest(whole)
  if (!request) return agreed('left to Node')
  const end = request.headBytes + (request.contentLength ?? 0)
  const missing = Math.max(0, end - whole.length)
  const hasEnd = missing <= longestPadding
  const padded = hasEnd ? Buffer.concat([whole, Buffer.alloc(missing, 'x')]) : whole
  const ask = (length: number): Reading =>
    readByNode({ kind: 'request', packets: [padded.subarray(0, length)], isEnd: false })
  const node = ask(end)
  if (node.isRefused) return wrong('taken, and refused by Node')
  if (node.isComplete !== hasEnd || ask(end - 1).isComplete) return wrong('ends elsewhere for Node')
  const same =
    node.method === request.method &&
    node.url === request.url &&
    node.keepAlive &&
    !node.isUpgrade &&
    isDeepStrictEqual([...node.fields], request.rawHeaders)
  return same ? agreed('taken by both') : wrong('read otherwise by Node')
}

type Ours = {
  readonly head: ResponseHead | undefined
  readonly body: string
  readonly trailers: readonly string[]
  readonly isComplete: boolean
  /** Of all bytes, up to the end of the message. */
  readonly taken: number
  readonly refusal: string | undefined
}

function readByUs(method: string, packets: readonly Buffer[]): Ours {
  let head: ResponseHead | undefined
  let body = ''
  let trailers: readonly string[] = []
  let taken = 0
  let refusal: string | undefined
  let isComplete = false
  const parser = createResponseParser(method, {
    head: (read) => void (head = read),
    body: (more) => void (body += more.toString('latin1')),
    complete: (read) => void (trailers = read),
  })
  try {
    for (const packet of packets) if (!parser.complete) taken += parser.push(packet)
    isComplete = parser.complete || parser.end()
  } catch (error) {
    refusal = error instanceof Error ? error.message : String(error)
  }
  return { head, body, trailers, isComplete, taken, refusal }
}

function compareResponse(method: string, packets: readonly Buffer[], whole: Buffer): Verdict {
  const ours = readByUs(method, packets)
  const untilEnd = ours.head?.framing === 'close'
  const node = readByNode({ kind: 'response', method, packets, isEnd: true })
  if (ours.refusal !== undefined) {
    if (!node.isComplete) return agreed('refused by both')
    return { rule: `stricter: ${ours.refusal}`, isWrong: !(ours.refusal in deliberate) }
  }
  if (!ours.isComplete)
    return node.isComplete ? wrong('whole for Node, not for us') : agreed('whole for neither')
  const ask = (length: number): Reading =>
    readByNode({ kind: 'response', method, packets: [whole.subarray(0, length)], isEnd: untilEnd })
  const upTo = untilEnd ? node : ask(ours.taken)
  if (upTo.isRefused) return wrong('taken, and refused by Node')
  if (!upTo.isComplete) return wrong('ends later for Node')
  if (!untilEnd && ask(ours.taken - 1).isComplete) return wrong('ends earlier for Node')
  return isSame(ours, upTo) ? agreed('taken by both') : wrong('read otherwise by Node')
}

function isSame({ head, body, trailers }: Ours, node: Reading): boolean {
  return (
    node.status === head?.status &&
    node.body === body &&
    isDeepStrictEqual(node.fields, head?.fields) &&
    isDeepStrictEqual(node.trailers, trailers)
  )
}
