/** Reading the Cookie header. */

/**
 * The value of one cookie; undefined when it is absent, and when it comes twice with different values: somebody else on
 * this host or above it may have set the other one, and nobody can tell which is ours (security S-05).
 * @see RFC 6265 §5.4
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  // Most headers have none of a name, and each request is asked for two.
  if (!header?.includes(name)) return undefined
  const values = new Set<string>()
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name)
      values.add(pair.slice(equals + 1).trim())
  }
  return values.size === 1 ? values.values().next().value : undefined
}

/** The header without the cookies of this name; the others stay byte by byte. */
export function withoutCookie(header: string, name: string): string {
  const pairs = header.split(';')
  const kept = pairs.filter((pair) => pair.split('=', 1)[0]?.trim() !== name)
  return kept.length === pairs.length ? header : kept.join(';').trim()
}
