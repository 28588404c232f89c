/** Added routes: what a program that is no service may be told of, and the paths and addresses there are for such ones. */

export type AddedRoute = {
  /** Begins with a slash and does not end with one. */
  readonly path: string
  /** What was said about it. */
  readonly data: AddedRouteData
  readonly usedAt: Date
}

export type AddedRouteData = Readonly<Record<string, unknown>> & {
  /** The address of the program. */
  readonly target: string
}

/** The first segments that are not theirs. */
const taken = ['hub', 'user', 'services']

/** @param prefix with a slash at either end @returns what is wrong with it by itself; undefined: nothing */
export function programPathProblem(prefix: string, baseUrl: string): string | undefined {
  if (!/^\/(?:(?!\.{1,2}\/)[\w.~-]+\/)+$/.test(prefix))
    return 'a path of letters, digits and . _ ~ -, with a slash at either end.'
  if (!prefix.startsWith(baseUrl) || prefix === baseUrl) return `it has to lie below ${baseUrl}.`
  return undefined
}

/** The part of the hub's own that a path would be in; undefined: none. In any case of letters, since people read it so. */
export function hubPartOf(prefix: string, baseUrl: string): string | undefined {
  const [first = ''] = prefix.slice(baseUrl.length).split('/', 1)
  return taken.includes(first.toLowerCase()) ? `${baseUrl}${first}/` : undefined
}

/** @returns what is wrong with the address of a program; undefined: nothing */
export function programAddressProblem(target: string): string | undefined {
  const url = URL.parse(target)
  const isPlain = url && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === ''
  return isPlain && url.username === '' && url.password === ''
    ? undefined
    : 'an address such as http://127.0.0.1:3000.'
}
