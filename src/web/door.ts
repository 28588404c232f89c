/** The front door: the hub itself, or a user's server? It knows who you are before a byte goes further. */
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { type Duplex } from 'node:stream'
import { type Access, type Principal } from '../core/access.ts'
import { type TokenExchange } from '../core/token-exchange.ts'
import { hubCookieNames } from '../model/session.ts'
import { type ExchangePolicy, type Forwarder } from '../proxy/forward.ts'
import { isAmbiguousPath } from '../proxy/path.ts'
import { type Route, type Routes } from '../proxy/routes.ts'
import { type Upgrader } from '../proxy/upgrade.ts'
import { type Origin } from './origin.ts'

export type DoorNeeds = {
  readonly baseUrl: string
  readonly access: Access
  readonly routes: Routes
  readonly forwarder: Forwarder
  readonly upgrader: Upgrader
  readonly exchange: TokenExchange
  /** How the browser addressed us, forwarded headers of trusted proxies believed. */
  originOf(request: IncomingMessage): Origin
}

export interface Door {
  /** @param hub answers whatever is not a live server that the caller may use. */
  request(
    request: IncomingMessage,
    response: ServerResponse,
    hub: (request: IncomingMessage, response: ServerResponse) => void,
  ): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

type Exchange = {
  readonly request: IncomingMessage
  readonly route: Route
  readonly controller: AbortController
}

export function createDoor(needs: DoorNeeds): Door {
  const { access, routes, forwarder, upgrader } = needs
  const serversPath = `${needs.baseUrl}user/`
  /** What is being forwarded for whom, so that a right that ends ends it at once. */
  const open = new Map<number, Set<Exchange>>()

  access.onChange((userId) => {
    for (const exchange of open.get(userId) ?? [])
      if (!mayUse(access.identify(exchange.request.headers), exchange.route))
        exchange.controller.abort(new Error('access ended'))
  })

  const mayUse = (principal: Principal | undefined, route: Route): boolean =>
    access.can(principal, 'access:servers', {
      server: `${route.owner.user}/${route.owner.server}`,
    })

  const admit = (request: IncomingMessage, route: Route, principal: Principal): Exchange => {
    const exchange = { request, route, controller: new AbortController() }
    const mine = open.get(principal.user.id)
    if (mine) mine.add(exchange)
    else open.set(principal.user.id, new Set([exchange]))
    return exchange
  }

  const release = (exchange: Exchange, userId: number): void => {
    const mine = open.get(userId)
    mine?.delete(exchange)
    if (mine?.size === 0) open.delete(userId)
  }

  const policyFor = (exchange: Exchange, principal: Principal): ExchangePolicy => {
    const { proto, host, address, trustedPeer, port } = needs.originOf(exchange.request)
    const authorization = needs.exchange.authorizationFor(principal, exchange.route.owner)
    return {
      hubCookieNames,
      forwarded: { trustedPeer, address, proto, host, port },
      signal: exchange.controller.signal,
      ...(authorization === undefined ? {} : { authorization }),
    }
  }

  return {
    request(request, response, hub) {
      const path = pathOf(request)
      if (isAmbiguousPath(path)) return refuse(response)
      if (!path.startsWith(serversPath)) return hub(request, response)
      const route = routes.match(path)
      const principal = route && access.identify(request.headers)
      if (!route || !principal || !mayUse(principal, route)) return hub(request, response)
      const exchange = admit(request, route, principal)
      response.once('close', () => release(exchange, principal.user.id))
      forwarder.forward(request, response, { route, policy: policyFor(exchange, principal) })
    },

    upgrade(request, socket, head) {
      const path = pathOf(request)
      if (isAmbiguousPath(path)) return turnAway(socket, '400 Bad Request')
      const principal = access.identify(request.headers)
      if (!principal) return turnAway(socket, '401 Unauthorized')
      if (isForeign(request, needs.originOf(request))) return turnAway(socket, '403 Forbidden')
      const route = path.startsWith(serversPath) ? routes.match(path) : undefined
      if (!route) return turnAway(socket, '424 Failed Dependency')
      if (!mayUse(principal, route)) return turnAway(socket, '403 Forbidden')
      const exchange = admit(request, route, principal)
      socket.once('close', () => release(exchange, principal.user.id))
      upgrader.upgrade(request, socket, { head, route, policy: policyFor(exchange, principal) })
    },
  }
}

/** The absolute form (RFC 9112 §3.2.2) is made the origin form; where it points never decides where bytes go (security S-19). */
function originForm(request: IncomingMessage): string {
  const target = request.url ?? '/'
  if (target.startsWith('/')) return target
  const form = target.replace(/^https?:\/\/[^/?#]*/i, '')
  request.url = form.startsWith('/') || form === target ? form : `/${form}`
  return request.url
}

function pathOf(request: IncomingMessage): string {
  const target = originForm(request)
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}

/** A browser always names the page's origin when it opens a WebSocket; only our own may. */
function isForeign(request: IncomingMessage, own: Origin): boolean {
  const { origin } = request.headers
  return origin !== undefined && origin.toLowerCase() !== `${own.proto}://${own.host}`.toLowerCase()
}

function refuse(response: ServerResponse): void {
  response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  response.end('This address is ambiguous: it contains dot segments or control characters.\n')
}

function turnAway(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
