/** The route table: path prefix → target; longest prefix wins. */
import { isDeepStrictEqual } from 'node:util'

/** How we speak TLS to a server: whom we trust, and who we are. */
export type ClientTls = {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** False: any certificate will do. */
  readonly rejectUnauthorized?: false
}

/** Where bytes go. */
export type Target = {
  readonly host: string
  readonly port: number
  /** It speaks TLS; `true`: with a certificate that this machine trusts. */
  readonly tls?: true | ClientTls
  /** The Unix socket it listens on, in the place of host and port. */
  readonly socket?: string
  /** Its folder is the server's own, who may put anything in the place of the socket. */
  readonly isForeign?: true
}

/** Whose server it is, which service, or a program that somebody added; `'service' in owner`, `'added' in owner` tell. */
export type Owner = ServerOwner | ServiceOwner | AddedOwner

export type ServerOwner = {
  readonly user: string
  /** `''`: the default server. */
  readonly server: string
  readonly serverId: number
  readonly userId: number
}

export type ServiceOwner = {
  readonly service: string
  /** Whom the door lets through. */
  readonly access: 'members' | 'public'
}

/** Anybody may use it, and it is told nothing that belongs to the hub. */
export type AddedOwner = {
  /** The path it was added with. */
  readonly added: string
  /** Of its address, before the path of each request: `/base`; `''`: none. */
  readonly basePath: string
}

export type Route<Who extends Owner = Owner> = {
  /** Names as they are, not escaped; begins and ends with a slash: `/user/ana@x/`. */
  readonly prefix: string
  readonly target: Target
  readonly owner: Who
  /** Epoch milliseconds of the last use; 0: none yet. Raised by `touch`. */
  lastActivityMs: number
}

export interface Routes {
  /** Adds or replaces; what is open on a replaced route ends. The same target and owner again: nothing changes. */
  add(prefix: string, target: Target, owner: Owner): void
  /** From here on nothing matches it; `onRemove` listeners end what is open on it. Idempotent. */
  remove(prefix: string): void
  /**
   * The prefix itself matches with and without its last slash.
   * @param path escaped, as it stands in the request, without query. Segments are decoded once before they are compared.
   */
  match(path: string): Route | undefined
  touch(route: Route): void
  list(): Route[]
  onRemove(listener: (route: Route) => void): void
}

/** One segment of the tree. A node without a route only leads to longer prefixes; most lead to none and have no map. */
type Node = { children: Map<string, Node> | undefined; route: Route | undefined }

export function createRoutes(nowMs: () => number): Routes {
  const root = emptyNode()
  const listeners: ((route: Route) => void)[] = []
  /** Many may lead to one target, as with a hub behind us: they share it, and whatever is found by it. */
  let last: Target = { host: '', port: 0 }

  const announceRemoval = (route: Route): void => {
    for (const listener of listeners) listener(route)
  }

  return {
    add(prefix, target, owner) {
      let node = root
      for (const segment of segmentsOf(prefix)) node = childOf(node, segment)
      const before = node.route
      if (before && isSame(before, target, owner)) return
      if (!isDeepStrictEqual(last, target)) last = target
      node.route = { prefix, target: last, owner, lastActivityMs: 0 }
      if (before) announceRemoval(before)
    },

    remove(prefix) {
      const trail = trailTo(root, segmentsOf(prefix))
      const node = trail.at(-1)?.node
      const route = node?.route
      if (!node || !route) return
      node.route = undefined
      prune(trail)
      announceRemoval(route)
    },

    match(path) {
      let node = root
      let best = root.route
      // Character by character rather than by split: this runs for every request.
      for (let start = 1; start < path.length;) {
        const slash = path.indexOf('/', start)
        const end = slash === -1 ? path.length : slash
        const child = node.children?.get(decodeOnce(path.slice(start, end)))
        if (!child) break
        node = child
        best = child.route ?? best
        start = end + 1
      }
      return path.startsWith('/') ? best : undefined
    },

    touch(route) {
      route.lastActivityMs = Math.max(route.lastActivityMs, nowMs())
    },

    list: () => [...routesBelow(root)],
    onRemove: (listener) => void listeners.push(listener),
  }
}

/** To a user's server. */
export const isServerRoute = (route: Route): route is Route<ServerOwner> => 'user' in route.owner

/** To a program that somebody added while the hub ran. */
export const isAddedRoute = (route: Route): route is Route<AddedOwner> => 'added' in route.owner

const emptyNode = (): Node => ({ children: undefined, route: undefined })

const segmentsOf = (prefix: string): string[] => prefix.split('/').filter((part) => part !== '')

function childOf(node: Node, segment: string): Node {
  const known = node.children?.get(segment)
  if (known) return known
  const child = emptyNode()
  node.children ??= new Map()
  node.children.set(segment, child)
  return child
}

const isSame = (route: Route, target: Target, owner: Owner): boolean =>
  isDeepStrictEqual(route.target, target) && isDeepStrictEqual(route.owner, owner)

type Step = { readonly node: Node; readonly parent: Node | undefined; readonly segment: string }

/** Every node on the way, the root first; empty when the way ends early. */
function trailTo(root: Node, segments: readonly string[]): Step[] {
  const trail: Step[] = [{ node: root, parent: undefined, segment: '' }]
  let parent = root
  for (const segment of segments) {
    const node = parent.children?.get(segment)
    if (!node) return []
    trail.push({ node, parent, segment })
    parent = node
  }
  return trail
}

/** Nodes that lead nowhere any more go, the deepest first. */
function prune(trail: readonly Step[]): void {
  for (const { node, parent, segment } of trail.toReversed()) {
    if (node.route || node.children) return
    parent?.children?.delete(segment)
    if (parent?.children?.size === 0) parent.children = undefined
  }
}

function* routesBelow(node: Node): Generator<Route> {
  if (node.route) yield node.route
  for (const child of node.children?.values() ?? []) yield* routesBelow(child)
}

/** `''`, which is no segment of any prefix, when it cannot be decoded. */
function decodeOnce(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return ''
  }
}
