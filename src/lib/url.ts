/** URLs of our own site: join, quote, add a query, and say where a login may lead. */

/** The address that people use for this site, as the current request sees it. */
export type OwnSite = {
  /** Host with its port: `hub.example.org`, `127.0.0.1:8000`. */
  readonly host: string
  /** `http` or `https`, with or without the colon. */
  readonly protocol: string
  /** URL path of the whole site; begins and ends with a slash. */
  readonly baseUrl: string
}

/** Longer than any page of ours; header lines of most servers end at 8 KiB. */
const maxNextLength = 4096

/** Browsers drop tabs and line feeds anywhere in a URL, and controls and spaces around it. */
const dropped = /[\u0000-\u001f\u007f]|^\s|\s$/

/**
 * The open-redirect guard. Only a path of this site, or an absolute URL of exactly this origin, is safe.
 * @returns path, query and fragment, beginning with exactly one slash; undefined when it could lead elsewhere or logs out.
 * @see WHATWG URL Standard; JupyterHub: BaseHandler.get_next_url
 */
export function safeNext(next: string | undefined, own: OwnSite): string | undefined {
  const origin = originOf(own)
  if (next === undefined || origin === undefined || isDubious(next)) return undefined
  const path = withoutOrigin(next, origin)
  const url = path === undefined ? undefined : parse(path, origin)
  if (url?.origin !== origin || isLogout(url.pathname, own.baseUrl)) return undefined
  // The parser resolves dot segments, and `/..//host` becomes `//host`, a network path: one slash is left.
  const result = singleSlash(url.pathname) + url.search + url.hash
  return parse(result, origin)?.origin === origin ? result : undefined
}

/** @returns the path with its parts joined by exactly one slash; a slash at either end stays. */
export function joinPath(...parts: readonly string[]): string {
  return parts
    .filter((part) => part !== '')
    .join('/')
    .replace(/\/{2,}/g, '/')
}

/**
 * One segment of a path: everything but unreserved characters and `@` percent-encoded as UTF-8.
 * @see RFC 3986 §2.3; JupyterHub: url_escape_path
 */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%40', '@')
}

/** @returns the path with these parameters added before its fragment; undefined ones are left out. */
export function withQuery(
  path: string,
  params: Readonly<Record<string, string | undefined>>,
): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(params))
    if (value !== undefined) query.append(key, value)
  if (query.size === 0) return path
  const hashAt = path.indexOf('#')
  const [before, fragment] = hashAt < 0 ? [path, ''] : [path.slice(0, hashAt), path.slice(hashAt)]
  const joint = before.includes('?') ? '&' : '?'
  return before + joint + query.toString() + fragment
}

function originOf(own: OwnSite): string | undefined {
  const protocol = own.protocol.replace(/:$/, '')
  if (!/^https?$/.test(protocol) || /[\s/\\?#@]/.test(own.host)) return undefined
  return parse(`${protocol}://${own.host}`)?.origin
}

function isDubious(next: string): boolean {
  const beforeQuery = /^[^?#]*/.exec(next)?.[0] ?? ''
  return next.length > maxNextLength || dropped.test(next) || beforeQuery.includes('\\')
}

/** @returns the part behind our own origin with one slash in front, or undefined for anything else than ours. */
function withoutOrigin(next: string, origin: string): string | undefined {
  if (next.startsWith('//')) return undefined
  if (next.startsWith('/')) return next
  const absolute = /^https?:\/\/[^/?#@]+((?:[/?#].*)?)$/i.exec(next)
  if (absolute === null || parse(next)?.origin !== origin) return undefined
  return singleSlash(`/${absolute[1] ?? ''}`)
}

function parse(text: string, base?: string): URL | undefined {
  return URL.parse(text, base) ?? undefined
}

const singleSlash = (path: string): string => path.replace(/^\/+/, '/')

/** A login that leads to the logout would end at once. */
function isLogout(pathname: string, baseUrl: string): boolean {
  const logout = joinPath(baseUrl, 'hub/logout')
  const path = singleSlash(pathname)
  // Not by an expression for slashes at the end: it would try those in the middle, each with all that follow.
  return path.startsWith(logout) && /^\/*$/.test(path.slice(logout.length))
}
