/** Which request paths could be read in two ways. */

/** Nearly every path has none of these; the careful look below is for the others. */
const suspect = /[^\x21-\x7e]|[%\\;#]|\/[./]/

/** Raw controls, a space, DEL, a backslash (browsers read it as a slash) or a fragment. */
const forbiddenRaw = /[\x00-\x20\x7f\\#]/

/** A percent sign that begins no octet, and encoded controls, DEL and backslash. */
const forbiddenEncoded = /%(?![0-9a-f]{2})|%(?:[01][0-9a-f]|7f|5c)/i

/** `.` or `..` between slashes of either spelling, with or without what some cut off behind it: parameters, an encoded `?` or `#`. */
const dotSegment = /(?:\/|%2f)(?:\.|%2e){1,2}(?=[;/]|%3b|%2f|%23|%3f|$)/i

/** Up to the slash behind the name of a user or a service: what decides where a request goes. */
const deciding = /\/(?:user|services)\/[^/]*\/?/

/** Empty segments, path parameters and octets beyond ASCII: parsers disagree about each of them. */
const forbiddenWhileDeciding = /\/\/|[;\x80-\uffff]/

/**
 * Whether two parsers could see different paths, so that the one who decides about access and the one who answers might
 * not mean the same. Nothing is decoded twice: `%252e` is a file's name, not a dot. An encoded slash stays inside of its
 * segment, where JupyterLab uses it. Behind `/user/NAME/`, empty segments and `;` are the server's own affair.
 * @param path as it stands in the request, without query.
 * @see RFC 3986 §6.2.2, security S-55
 */
export function isAmbiguousPath(path: string): boolean {
  if (!path.startsWith('/')) return true
  if (!suspect.test(path)) return false
  if (forbiddenRaw.test(path) || forbiddenEncoded.test(path) || dotSegment.test(path)) return true
  return forbiddenWhileDeciding.test(decidingPart(path)) || !isUtf8(path)
}

/** The request target as it goes upstream: of the absolute form (RFC 9112 §3.2.2) what follows the host. */
export function originForm(target: string): string {
  return target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?]*/i, '')
}

/** A request target without its query. */
export function withoutQuery(target: string): string {
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}

function decidingPart(path: string): string {
  const found = deciding.exec(path)
  return found ? path.slice(0, found.index + found[0].length) : path
}

/** Overlong and broken UTF-8 is where `%c0%ae` hides a dot. */
function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
