/** Keeps the hub's cookies away from servers, and the servers' cookies below their own prefix. */
import { encodeSegment } from '../lib/url.ts'
import { isAmbiguousPath } from './path.ts'

/** What a browser demands of a name that begins like this, no server below a prefix can fulfil. */
const hostOnly = /^__host-/i

/** Browsers compare these two in any case (RFC 6265bis §4.1.3). */
const namePrefix = /^__(?:host|secure)-/i

/** Whether `name` is one of the hub's, under any of the prefixes that browsers know. */
function isHubCookie(name: string, hubNames: ReadonlySet<string>): boolean {
  return hubNames.has(name) || (name.startsWith('__') && hubNames.has(name.replace(namePrefix, '')))
}

/**
 * A Cookie header without the hub's cookies; the others stay byte by byte. `''` when nothing is left.
 * Split and trimmed exactly as `lib/cookie.ts` does, so that what it would read as ours never passes.
 */
export function withoutHubCookies(header: string, hubNames: ReadonlySet<string>): string {
  const pairs = header.split(';')
  const kept = pairs.filter((pair) => !isHubCookie(nameOf(pair), hubNames))
  return kept.length === pairs.length ? header : kept.join(';').trim()
}

/** Twice what browsers know (RFC 6265bis §4.1.2 and theirs): each is looked at, and a head of 64 KiB holds 20,000. */
const mostAttributes = 20

export type CookieScope = {
  /** The server's own, not escaped, ends with a slash. */
  readonly prefix: string
  readonly hubCookieNames: ReadonlySet<string>
}

/**
 * A Set-Cookie header of a server, confined to its prefix: no Domain, and one Path that lies within. A wider Path
 * (`/` is what most frameworks write) is narrowed to the prefix.
 * @returns undefined when the browser must not see it: a hub cookie, one without a name (a browser sends its value back
 * as if it were `name=value`), one for somebody else's path, one with dozens of attributes.
 */
export function confineCookie(header: string, scope: CookieScope): string | undefined {
  const [pair = '', ...attributes] = header.split(';')
  if (attributes.length > mostAttributes) return undefined
  const name = nameOf(pair)
  if (!pair.includes('=') || name === '' || hostOnly.test(name)) return undefined
  if (isHubCookie(name, scope.hubCookieNames)) return undefined
  const kept = attributes.filter((attribute) => !/^\s*(?:path|domain)\s*(?:=|$)/i.test(attribute))
  const paths = attributes.filter((attribute) => /^\s*path\s*(?:=|$)/i.test(attribute))
  // The last one counts for a browser (RFC 6265 §5.3).
  const path = confinePath(valueOf(paths.at(-1) ?? ''), scope.prefix)
  return path === undefined ? undefined : [pair, ...kept, ` Path=${path}`].join(';')
}

/** The prefix as it stands in URLs. */
export function escapePrefix(prefix: string): string {
  return prefix.split('/').map(encodeSegment).join('/')
}

function confinePath(path: string, prefix: string): string | undefined {
  if (!path.startsWith('/')) return escapePrefix(prefix)
  if (isAmbiguousPath(path) || /%2f/i.test(path)) return undefined
  const decoded = decodeURIComponent(path)
  const whole = decoded.endsWith('/') ? decoded : `${decoded}/`
  if (whole.startsWith(prefix)) return path
  return prefix.startsWith(whole) ? escapePrefix(prefix) : undefined
}

const nameOf = (pair: string): string => {
  const equals = pair.indexOf('=')
  return (equals === -1 ? pair : pair.slice(0, equals)).trim()
}

const valueOf = (attribute: string): string => attribute.slice(attribute.indexOf('=') + 1).trim()
