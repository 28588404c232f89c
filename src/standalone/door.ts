/** The door of a proxy by itself: it finds the route of a request and lets everybody through. */
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { type Duplex } from 'node:stream'
import { type Log } from '../lib/log.ts'
import { type ExchangePolicy, type Forwarder } from '../proxy/forward.ts'
import { type DirectAdmission } from '../proxy/direct-front.ts'
import { turnAway } from '../proxy/listener.ts'
import { plainRules, type PlainHeaderOptions } from '../proxy/plain-headers.ts'
import { type RequestFacts } from '../proxy/policy.ts'
import { type Upgrader } from '../proxy/upgrade.ts'
import { destinationOf, type Destination, type DestinationNeeds } from './destination.ts'
import { type ErrorPages } from './error-pages.ts'
import { type ProxyMetrics } from './metrics.ts'

export type DoorNeeds = DestinationNeeds & {
  readonly forwarder: Forwarder
  readonly upgrader: Upgrader
  readonly errors: ErrorPages
  readonly metrics: ProxyMetrics
  readonly headers: PlainHeaderOptions
  /** Clients speak TLS to us. */
  readonly isEncrypted: boolean
  readonly proxyTimeoutMs: number | undefined
  readonly log: Log
}

export interface Door {
  request(request: IncomingMessage, response: ServerResponse): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Undefined: whatever this is, it is not simply forwarded, and `request` knows what to say. Nothing is counted. */
  admit(request: RequestFacts): DirectAdmission | undefined
}

/** Asked by whoever watches the proxy; never forwarded. */
const healthPath = '/_chp_healthz'

/** @see configurable-http-proxy: `handleProxyWeb`, `handleProxyWs` */
export function createDoor(needs: DoorNeeds): Door {
  const { errors, metrics, log } = needs

  const find = (request: RequestFacts): ReturnType<typeof destinationOf> => {
    const found = metrics.timeFind()
    const destination = destinationOf(request, needs)
    found()
    return destination
  }

  const policyFor = (request: RequestFacts, { entry, target }: Destination): ExchangePolicy => {
    const hop = { target, isEncrypted: needs.isEncrypted, server: entry.address }
    return {
      ...{ hubCookieNames: noCookies, forwarded: nobody },
      ...(needs.proxyTimeoutMs === undefined ? {} : { quietMs: needs.proxyTimeoutMs }),
      plain: plainRules(request, hop, needs.headers),
    }
  }

  return {
    request(request, response) {
      if (request.url === healthPath) {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"OK"}')
        return
      }
      metrics.asked('web')
      response.once('finish', () => metrics.answered(response.statusCode))
      const found = find(request)
      if (found === undefined) errors.answer(404, request, response)
      else if (found === 'ambiguous') refuse(response)
      else {
        log.debug({ path: found.entry.path, target: found.entry.data.target }, 'forwarding')
        const admitted = { route: found.entry.route, policy: policyFor(request, found) }
        needs.forwarder.forward(request, response, admitted)
      }
    },

    upgrade(request, socket, head) {
      metrics.asked('ws')
      const found = find(request)
      if (found === undefined) turnAway(socket, '404 Not Found')
      else if (found === 'ambiguous') turnAway(socket, '400 Bad Request')
      else {
        const { route } = found.entry
        needs.upgrader.upgrade(request, socket, { head, route, policy: policyFor(request, found) })
      }
    },

    admit(request) {
      const found = request.url === healthPath ? undefined : destinationOf(request, needs)
      if (found === undefined || found === 'ambiguous') return undefined
      const { route } = found.entry
      if (!needs.forwarder.goesThrough(request, route)) return undefined
      return { route, policy: policyFor(request, found), release: () => undefined }
    },
  }
}

const noCookies: ReadonlySet<string> = new Set()

/** The rules of a plain proxy write the forwarded fields by themselves. */
const nobody = { trustedPeer: true, address: '', proto: 'http', host: '', port: 0 } as const

function refuse(response: ServerResponse): void {
  response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  response.end('This address is ambiguous: it contains dot segments or control characters.\n')
}
