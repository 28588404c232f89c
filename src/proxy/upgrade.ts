/** Tunnels WebSockets to users' servers, and nothing else that calls itself an upgrade. */
import { type IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { type Duplex } from 'node:stream'
import { faultOf } from './faults.ts'
import { defaultConnectTimeoutMs, type ForwarderNeeds } from './forward.ts'
import { createLive } from './live.ts'
import { isWebSocketRequest, turnAway } from './listener.ts'
import { originForm, withoutQuery } from './path.ts'
import { type ExchangePolicy } from './policy.ts'
import { type Route } from './routes.ts'
import { usualHeldMs } from './stalled-bodies.ts'
import { openTunnel } from './tunnel.ts'

export type Upgrade = {
  /** What came behind the request in the same packet. */
  readonly head: Buffer
  readonly route: Route
  readonly policy: ExchangePolicy
}

export interface Upgrader {
  upgrade(request: IncomingMessage, socket: Duplex, upgrade: Upgrade): void
  /** Connections joined, or about to be, at this moment. */
  readonly size: number
  /** One that another process keeps: counted here, and ended with its route. @returns what to call when it is over. */
  adopt(route: Route, end: () => void): () => void
  /** Joins no more; those that are open go on. */
  stopJoining(): void
  /** Ends every one of them, and joins no more. */
  close(): void
}

/** Kernels ask a silent peer after this long whether it is still there; nothing else ends an idle WebSocket. */
const keepAliveProbeMs = 60_000

export function createUpgrader(
  needs: Pick<ForwarderNeeds, 'routes' | 'connectTimeoutMs'> & { readonly heldMs?: number },
): Upgrader {
  const { routes, connectTimeoutMs = defaultConnectTimeoutMs, heldMs = usualHeldMs } = needs
  const live = createLive(routes)
  let isClosed = false

  const isForwardable = (request: IncomingMessage, { route, policy }: Upgrade): boolean =>
    isWebSocketRequest(request) &&
    faultOf(request) === undefined &&
    // Access was decided for this route: the path that goes out must lead to it and to no other.
    (policy.plain !== undefined || routes.match(withoutQuery(targetOf(request))) === route)

  return {
    upgrade(request, socket, upgrade) {
      const { head, route, policy } = upgrade
      // Node has let go of this socket: an error that nobody listens for would end the process.
      socket.on('error', () => socket.destroy())
      if (policy.right?.hasEnded) return void socket.destroy()
      if (isClosed) turnAway(socket, '503 Service Unavailable')
      else if (!isForwardable(request, upgrade)) turnAway(socket, '400 Bad Request')
      else {
        if (socket instanceof Socket) socket.setKeepAlive(true, keepAliveProbeMs)
        openTunnel(
          { routes, live, connectTimeoutMs, heldMs },
          {
            request,
            socket,
            head,
            route,
            policy,
            target: policy.plain?.target ?? targetOf(request),
          },
        )
      }
    },

    get size() {
      return live.size
    },

    adopt: (route, end) => live.add(route, end),

    stopJoining() {
      isClosed = true
    },

    close() {
      isClosed = true
      live.endAll(new Error('the hub is stopping'))
    },
  }
}

const targetOf = (request: IncomingMessage): string => originForm(request.url ?? '')
