/** A proxy by itself, for a hub that is another program: its listeners, opened and closed together. */
import { rmSync, writeFileSync } from 'node:fs'
import { type RequestListener, type Server } from 'node:http'
import https from 'node:https'
import { type TlsOptions } from 'node:tls'
import { type Log } from '../lib/log.ts'
import { serveDirectly } from '../proxy/direct-front.ts'
import { createForwarder } from '../proxy/forward.ts'
import { inTurn } from '../proxy/in-turn.ts'
import { createFrontServer, frontServerOptions, guardServer } from '../proxy/listener.ts'
import { createRouteTable, type RouteTable } from '../proxy/route-table.ts'
import { createRoutesApi } from '../proxy/routes-api.ts'
import { createRoutes } from '../proxy/routes.ts'
import { createStallWatch, usualHeldMs, watchBodies } from '../proxy/stalled-bodies.ts'
import { createUpgrader } from '../proxy/upgrade.ts'
import { createDoor } from './door.ts'
import { createErrorPages } from './error-pages.ts'
import { createProxyMetrics, noMetrics, type ProxyMetrics } from './metrics.ts'
import { type ProxyOptions } from './options.ts'
import { inText, listenAt, type Place } from './place.ts'
import { redirectTo } from './redirect.ts'
import { keepRoutes } from './storage.ts'

export interface StandaloneProxy {
  /** Where it listens, with the ports that were chosen. */
  readonly places: Readonly<Record<'proxy' | 'api' | 'metrics' | 'redirect', Place | undefined>>
  readonly table: RouteTable
  /** At once: a hub that restarts its proxy wants the ports back. */
  stop(): Promise<void>
}

/** @throws {ConfigError} a port that is in use, a file of routes that is none. */
export async function startProxy(options: ProxyOptions, log: Log): Promise<StandaloneProxy> {
  const metrics = options.metrics ? createProxyMetrics() : noMetrics
  const routes = metrics.watch(createRoutes(Date.now))
  const { hostRouting, clientTls } = options
  const table = createRouteTable({ routes, hostRouting, ...(clientTls && { tls: clientTls }) })
  const storage = options.storageFile ? keepRoutes(options.storageFile, table, log) : undefined
  if (options.defaultTarget !== undefined) table.add('/', { target: options.defaultTarget })
  const front = createFront({ ...options, routes, table, metrics, log })
  const api = createApi({ ...options, table, metrics, log })
  const servers: Server[] = []

  const open = async (server: Server, place: Place): Promise<Place> => {
    servers.push(server)
    return listenAt(server, place)
  }

  const stop = async (): Promise<void> => {
    front.close()
    await Promise.all(servers.map(closeNow))
    storage?.close()
    if (options.pidFile !== undefined) rmSync(options.pidFile, { force: true })
  }

  try {
    const places = {
      proxy: await open(front.server, options.proxy),
      api: await open(api, options.api),
      metrics: options.metrics && (await open(serveMetrics(metrics), options.metrics)),
      redirect:
        options.redirect &&
        (await open(plainServer(redirectTo(options.redirect.toPort)), options.redirect.place)),
    }
    if (options.pidFile !== undefined) writeFileSync(options.pidFile, String(process.pid))
    announce(places, options, log)
    return { places, table, stop }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

type FrontNeeds = Omit<ProxyOptions, 'metrics'> & {
  readonly routes: ReturnType<typeof createRoutes>
  readonly table: RouteTable
  readonly metrics: ProxyMetrics
  readonly log: Log
}

function createFront(needs: FrontNeeds): { readonly server: Server; close(): void } {
  const { routes, log, metrics, errorTarget, errorPath, clientTls } = needs
  const errors = createErrorPages({ target: errorTarget, folder: errorPath, tls: clientTls, log })
  const forwarder = createForwarder({
    routes,
    onFailure(request, response, { kind, cause }) {
      log.error({ kind, reason: cause.message }, 'no answer from where a route leads')
      errors.answer(503, request, response)
    },
  })
  const upgrader = createUpgrader({ routes })
  const { proxyTimeoutMs } = needs
  const isEncrypted = needs.tls !== undefined
  const door = createDoor({ ...needs, forwarder, upgrader, errors, isEncrypted, proxyTimeoutMs })
  const server = createServer(needs.tls, (request, response) => door.request(request, response))
  if (needs.keepAliveTimeoutMs !== undefined) server.keepAliveTimeout = needs.keepAliveTimeoutMs
  if (needs.timeoutMs !== undefined) server.timeout = needs.timeoutMs
  const stalls = createStallWatch({ stalledMs: () => usualHeldMs })
  watchBodies(server, stalls)
  // What is counted of each request, and how long connections may be idle, is known to Node's server alone.
  if (metrics === noMetrics && needs.timeoutMs === undefined)
    serveDirectly(server, { forwarder, admit: (request) => door.admit(request), stalls })
  server.on('upgrade', (request, socket, head) => door.upgrade(request, socket, head))
  return {
    server,
    close() {
      upgrader.close()
      forwarder.close()
    },
  }
}

type ApiNeeds = Pick<FrontNeeds, 'apiTls' | 'token' | 'table' | 'metrics' | 'log'>

const createApi = ({ apiTls, token, table, metrics, log }: ApiNeeds): Server =>
  createServer(
    apiTls,
    createRoutesApi({
      ...{ table, token, log },
      onCall: (what) => metrics.apiCalled(what),
      onAnswer: (status) => metrics.apiAnswered(status),
    }),
  )

const plainServer = (handle: RequestListener): Server => createServer(undefined, handle)

function createServer(tls: TlsOptions | undefined, handle: RequestListener): Server {
  if (!tls) return createFrontServer(handle)
  const server = https.createServer({ ...frontServerOptions, ...tls }, inTurn(handle))
  guardServer(server)
  return server
}

const serveMetrics = (metrics: ProxyMetrics): Server =>
  plainServer((request, response) => {
    if (request.url === '/metrics')
      response
        .writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
        .end(metrics.render())
    else response.writeHead(404).end('Not Found')
  })

async function closeNow(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}

function announce(places: StandaloneProxy['places'], options: ProxyOptions, log: Log): void {
  const { proxy, api, metrics, redirect } = places
  const scheme = (tls: TlsOptions | undefined): string => (tls ? 'https' : 'http')
  const to = options.defaultTarget ?? '(no default)'
  if (proxy) log.info({ at: `${scheme(options.tls)}://${inText(proxy)}`, to }, 'proxying')
  if (api) log.info({ at: `${scheme(options.apiTls)}://${inText(api)}/api/routes` }, 'routes API')
  if (metrics) log.info({ at: `http://${inText(metrics)}/metrics` }, 'metrics')
  if (redirect) log.info({ at: inText(redirect) }, 'leading plain HTTP to HTTPS')
}
