/** Reading the Cookie header. */

/**
 * The value of one cookie; undefined when it is absent, and when it comes twice with different values: somebody else on
 * this host or above it may have set the other one, and nobody can tell which is ours (security S-05).
 * @see RFC 6265 §5.4
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  let value: string | undefined
  // From one pair that has the name in it to the next, rather than by split: each request is asked for two.
  for (let at = header.indexOf(name), end = 0; at !== -1; at = header.indexOf(name, end)) {
    const semicolon = header.indexOf(';', at)
    end = semicolon === -1 ? header.length : semicolon
    const pair = header.slice(header.lastIndexOf(';', at) + 1, end)
    const equals = pair.indexOf('=')
    if (equals < 1 || pair.slice(0, equals).trim() !== name) continue
    const found = pair.slice(equals + 1).trim()
    if (value !== undefined && value !== found) return undefined
    value = found
  }
  return value
}

/** The header without the cookies of this name; the others stay byte by byte. */
export function withoutCookie(header: string, name: string): string {
  const pairs = header.split(';')
  const kept = pairs.filter((pair) => pair.split('=', 1)[0]?.trim() !== name)
  return kept.length === pairs.length ? header : kept.join(';').trim()
}
