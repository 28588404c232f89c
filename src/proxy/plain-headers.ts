/** Which header fields travel through a proxy before another hub, and what configurable-http-proxy adds and rewrites. */
import { hopByHop, namedByConnection } from './headers.ts'
import { type PlainRules, type RequestFacts } from './policy.ts'

export type PlainHeaderOptions = {
  /** Sent in the place of the client's fields of the same names. */
  readonly customHeaders: Readonly<Record<string, string>>
  /** X-Forwarded-For, -Port, -Proto and -Host: what came with the request, and this hop behind it. */
  readonly addForwarded: boolean
  /** The server is told its own name as Host, and not what the client called us. */
  readonly changeOrigin: boolean
  /** Redirects of the server to itself lead to what the client called us. */
  readonly autoRewrite: boolean
  /** The scheme of such redirects. */
  readonly protocolRewrite: string | undefined
}

/** How one request came in, and where it goes. */
export type PlainHop = {
  readonly isEncrypted: boolean
  /** The server's address. */
  readonly server: URL
}

const ofThisHop = new Set([...hopByHop, 'content-length', 'expect'])

const forwardedNames = ['x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto'] as const

/** @see configurable-http-proxy and http-proxy: `xfwd`, `headers`, `changeOrigin` */
function plainRequestLines(
  request: RequestFacts,
  hop: PlainHop,
  options: PlainHeaderOptions,
): string {
  const given = hostLines(request, hop, options)
  if (options.addForwarded) for (const pair of forwardedFields(request, hop)) given.push(pair)
  const custom = Object.entries(options.customHeaders)
  const added = [
    ...given.filter(([name]) => !custom.some(([other]) => sameName(name, other))),
    ...custom,
  ]
  const replaced = new Set(added.map(([name]) => name.toLowerCase()))
  const kept = passing(request.rawHeaders, (name) => ofThisHop.has(name) || replaced.has(name))
  return [...added, ...pairsOf(kept)].map(([name, value]) => `${name}: ${value}\r\n`).join('')
}

/** @returns what a client sees of a response's fields. */
function plainResponseFields(
  raw: readonly string[],
  { host, hop, options }: { readonly host: string; hop: PlainHop; options: PlainHeaderOptions },
): string[] {
  const fields = passing(raw, (name) => ofThisHop.has(name))
  if (!options.autoRewrite && options.protocolRewrite === undefined) return fields
  return pairsOf(fields).flatMap(([name, value]) =>
    name.toLowerCase() === 'location'
      ? [name, rewritten(value, host, { hop, options })]
      : [name, value],
  )
}

/** The rules for one request. */
export function plainRules(
  request: RequestFacts,
  hop: PlainHop & { readonly target: string },
  options: PlainHeaderOptions,
): PlainRules {
  const host = request.headers.host ?? ''
  return {
    target: hop.target,
    requestLines: (asked) => plainRequestLines(asked, hop, options),
    responseFields: (raw) => plainResponseFields(raw, { host, hop, options }),
  }
}

type Pair = [name: string, value: string]

function hostLines(request: RequestFacts, hop: PlainHop, options: PlainHeaderOptions): Pair[] {
  const asked = request.headers.host
  const host = options.changeOrigin || asked === undefined ? hop.server.host : asked
  return [['Host', isSocket(hop.server) && host === hop.server.host ? 'localhost' : host]]
}

/** The host of such an address is the path of a Unix socket. */
const isSocket = ({ protocol }: URL): boolean => protocol.includes('unix')

function forwardedFields(request: RequestFacts, { isEncrypted }: PlainHop): Pair[] {
  const { headers, socket } = request
  const port = /:(\d+)$/.exec(headers.host ?? '')?.[1] ?? (isEncrypted ? '443' : '80')
  const here = [
    socket.remoteAddress?.replace(/^::ffff:/, '') ?? '',
    port,
    isEncrypted ? 'https' : 'http',
  ]
  const chains = forwardedNames.map((name, index): Pair => {
    const before = headers[name]
    const own = here[index] ?? ''
    return [name, before === undefined || before === '' ? own : `${String(before)},${own}`]
  })
  return [
    ...chains,
    ['x-forwarded-host', String(headers['x-forwarded-host'] ?? headers.host ?? '')],
  ]
}

/** Only what leads back to the server itself; a redirect elsewhere is meant. */
function rewritten(
  location: string,
  host: string,
  { hop, options }: { hop: PlainHop; options: PlainHeaderOptions },
): string {
  const url = URL.parse(location)
  if (url?.host !== hop.server.host) return location
  if (options.autoRewrite && host !== '') {
    // A port that the new host does not name would stay.
    url.port = ''
    url.host = host
  }
  if (options.protocolRewrite !== undefined) url.protocol = options.protocolRewrite
  return url.href
}

/** Name, value, name, value… without those of this hop, named by the Connection field or otherwise left out. */
function passing(raw: readonly string[], isLeftOut: (lower: string) => boolean): string[] {
  const named = namedByConnection(raw)
  const fields: string[] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? ''
    const lower = name.toLowerCase()
    if (!isLeftOut(lower) && !named?.has(lower)) fields.push(name, raw[index + 1] ?? '')
  }
  return fields
}

function pairsOf(fields: readonly string[]): Pair[] {
  const pairs: Pair[] = []
  for (let index = 0; index + 1 < fields.length; index += 2)
    pairs.push([fields[index] ?? '', fields[index + 1] ?? ''])
  return pairs
}

const sameName = (left: string, right: string): boolean =>
  left.toLowerCase() === right.toLowerCase()
