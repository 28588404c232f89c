/** Forwards HTTP exchanges to users' servers. */
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { createClient } from './client.ts'
import { startExchange, type Asker, type UpstreamFailure } from './exchange.ts'
import { faultOf, type Fault } from './faults.ts'
import { requestHead } from './headers.ts'
import { createLive } from './live.ts'
import { originForm, withoutQuery } from './path.ts'
import { type ExchangePolicy, type RequestFacts } from './policy.ts'
import { createPool } from './pool.ts'
import { type Route, type Routes } from './routes.ts'
import { createUpload } from './upload.ts'

export { type UpstreamFailure } from './exchange.ts'
export { type ExchangePolicy } from './policy.ts'

export type ForwarderNeeds = {
  readonly routes: Routes
  /** Answers when the server did not; the response has not begun. */
  readonly onFailure: (
    request: IncomingMessage,
    response: ServerResponse,
    failure: UpstreamFailure,
  ) => void
  /** Servers listen on this machine: a connection that takes longer never comes. */
  readonly connectTimeoutMs?: number
}

/** Where a request may go, and how. */
export type Admitted = { readonly route: Route; readonly policy: ExchangePolicy }

export interface Forwarder {
  forward(request: IncomingMessage, response: ServerResponse, admitted: Admitted): void
  /** Whether `forward` would answer this request, which leads to the route, with what the server says. */
  goesThrough(request: RequestFacts, route: Route): boolean
  /** The same for somebody who asks in another way; only what goes through. */
  exchange(asker: Asker, admitted: Admitted): void
  /** As it was given. */
  readonly onFailure: ForwarderNeeds['onFailure']
  /** Ends everything under way and closes idle connections. */
  close(): void
  /** Exchanges under way, connections to servers, and how many of those are idle. */
  readonly counts: {
    readonly exchanges: number
    readonly connections: number
    readonly idle: number
  }
}

export const defaultConnectTimeoutMs = 10_000

export function createForwarder(needs: ForwarderNeeds): Forwarder {
  const { routes, onFailure, connectTimeoutMs = defaultConnectTimeoutMs } = needs
  const pool = createPool({ connectTimeoutMs })
  const live = createLive(routes)
  const exchanges = { routes, pool, live }
  routes.onRemove(({ target }) => pool.drop(target))

  const refusalOf = (
    request: IncomingMessage,
    target: string,
    { route, policy }: Admitted,
  ): Fault | undefined => {
    // Access was decided for this route: the path that goes out must lead to it and to no other.
    if (!policy.plain && routes.match(withoutQuery(target)) !== route)
      return { status: 400, sentence: 'The address does not belong to this server.' }
    return faultOf(request)
  }

  return {
    forward(request, response, admitted) {
      const { route, policy } = admitted
      if (policy.right?.hasEnded) return void request.socket.destroy()
      const target = policy.plain?.target ?? originForm(request.url ?? '')
      const refusal = refusalOf(request, target, admitted)
      if (refusal) refuse(response, refusal)
      else if (!policy.plain && needsSlash(request, target, route)) addSlash(response, target)
      else {
        const asker = createAsker({ request, response, policy, target, onFailure })
        startExchange(exchanges, { asker, route, policy })
      }
    },

    goesThrough(request, route) {
      const target = request.url ?? ''
      return faultOf(request) === undefined && !needsSlash(request, target, route)
    },

    exchange(asker, { route, policy }) {
      if (policy.right?.hasEnded) asker.cut()
      else startExchange(exchanges, { asker, route, policy })
    },

    onFailure,

    close() {
      live.endAll(new Error('the hub is stopping'))
      pool.close()
    },

    get counts() {
      return { exchanges: live.size, connections: pool.size, idle: pool.idle }
    },
  }
}

type Asked = Pick<ForwarderNeeds, 'onFailure'> & {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly policy: ExchangePolicy
  /** Origin form: path and query. */
  readonly target: string
}

function createAsker({ request, response, policy, target, onFailure }: Asked): Asker {
  return {
    method: request.method ?? 'GET',
    head: (framing) => requestHead(request, { policy, target, framing }),
    openUpload: (needs) => createUpload(request, needs),
    openClient: (needs) => createClient(request, response, needs),
    onGone: (listener) => void response.once('close', listener),
    cut: () => void request.socket.destroy(),
    fail: (failure) => onFailure(request, response, failure),
  }
}

/**
 * `/user/ana` is nobody's page: a server answers at its prefix, which ends with a slash. A script there could become a
 * service worker of all that is beside it. @see Service Workers: the scope of a worker is the folder of its script
 */
function needsSlash({ method }: RequestFacts, target: string, { prefix }: Route): boolean {
  const path = withoutQuery(target)
  if (path.endsWith('/') || (method !== 'GET' && method !== 'HEAD')) return false
  return slashesIn(path) === slashesIn(prefix) - 1
}

function slashesIn(path: string): number {
  let count = 0
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) count += 1
  return count
}

function addSlash(response: ServerResponse, target: string): void {
  const path = withoutQuery(target)
  const location = `${path}/${target.slice(path.length)}`
  response.writeHead(302, { location, 'content-length': 0 }).end()
}

function refuse(response: ServerResponse, { status, sentence }: Fault): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  response.end(`${sentence}\n`)
}
