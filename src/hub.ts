/** One running hub: start order, stop order (reverse). */
import { type RequestListener, type Server } from 'node:http'
import path from 'node:path'
import { mountApi } from './api/api.ts'
import { lockDataDir, prepareDataDir } from './config/data-dir.ts'
import { type LoadedConfig } from './config/load.ts'
import { createContext, pluginSchemas, type Overrides, type WholeContext } from './context.ts'
import { keepOut } from './core/admission.ts'
import { keepCulling } from './core/culler.ts'
import { applyDeclarations } from './core/declarations.ts'
import { loadHooks } from './core/hooks.ts'
import { keepRoom, lookAtDisks } from './core/disk-watch.ts'
import { removeExpired, writeActivity, writeActivityInTurns } from './core/housekeeping.ts'
import { measureLoop, prepareStarts } from './core/measured-parts.ts'
import { createOtherWritersWatch } from './core/other-writers.ts'
import { recoverServers } from './core/recovery.ts'
import { createReload, type Reload } from './core/reload.ts'
import { finishRestore } from './core/restore.ts'
import { routeServices } from './core/service-routes.ts'
import { asError } from './lib/errors.ts'
import { createLog } from './lib/log.ts'
import { MINUTE, SECOND } from './lib/time.ts'
import { createForwarder } from './proxy/forward.ts'
import { createFrontServer, turnAway } from './proxy/listener.ts'
import { serveDirectly } from './proxy/direct-front.ts'
import { type Keeper } from './proxy/keeper.ts'
import { createUpgrader } from './proxy/upgrade.ts'
import { createLogSync } from './store/log-sync.ts'
import { createAdmissions } from './web/admissions.ts'
import { createDoor } from './web/door.ts'
import { createDrain } from './web/drain.ts'
import { createFrontEnd, type FrontEnd } from './web/front-end.ts'
import { mountExtraRoutes } from './web/extra-routes.ts'
import { createFrontLimits } from './web/front-limits.ts'
import { measureFront } from './web/front-metrics.ts'
import { createHttps, type Https } from './web/https.ts'
import { createInternalServer } from './web/internal-server.ts'
import { listen, listenInside, urlAt } from './web/listen.ts'
import { createOrigins } from './web/origin.ts'
import { checkFiles } from './web/own-files.ts'
import { paced } from './web/paced.ts'
import { mountPages } from './web/pages/pages.ts'
import { createRoutesListener } from './web/routes-listener.ts'
import { createWebServer } from './web/server.ts'
import { answerUpstreamFailure } from './web/upstream-failure.ts'

export interface Hub {
  /** Answers requests when it resolves. @throws {ConfigError} port in use, data folder unusable, second hub. */
  start(): Promise<void>
  /** Stops accepting, lets requests end for a moment, closes every socket, writes everything down. Idempotent. */
  stop(options?: StopOptions): Promise<void>
  /**
   * Makes room for another hub on this data: stops like `stop`, but what is open to users' servers goes on in the hands
   * of a keeper. @returns undefined when nothing is.
   */
  stepAside(): Promise<Keeper | undefined>
  /** `http://127.0.0.1:8000/`, once started. */
  readonly url: string
  /** `https://127.0.0.1:8443/`; empty: it does not speak HTTPS. */
  readonly secureUrl: string
  readonly context: WholeContext
  /** Reads the configuration again; what can be applied is, and nobody is cut off. */
  readonly reload: Reload
}

/** `servers`: users' servers are stopped as well; else they go on, and the next hub finds them. */
export type StopOptions = { readonly servers?: boolean }

/** What a killed hub may forget of who used what. */
const activityEveryMs = MINUTE

/** What a power cut may take of what was acknowledged. */
const syncEveryMs = SECOND

/** How long what a command took away may still work. */
const lookEveryMs = 500

/** How long what is open may outlive the session or token it was opened with. */
const expireEveryMs = 15 * SECOND

/** How soon a hub that was off at the time makes up for it; making none costs nothing. */
const backUpEveryMs = MINUTE

/** `leave`: what happens to the front door in the place of being closed. */
type StepOptions = StopOptions & { readonly leave?: (front: Front) => Promise<void> }

type Running = Pick<Hub, 'url' | 'context' | 'reload'> & {
  secureUrl(): string
  readonly stop: (options?: StepOptions) => Promise<void>
}

/** Undone last first, when a start fails and when a running hub stops. */
type Undo = (step: (options: StepOptions) => unknown) => void

export function createHub(loaded: LoadedConfig, overrides: Overrides = {}): Hub {
  let running: Running | undefined

  return {
    async start() {
      running ??= await startParts(loaded, overrides)
    },
    async stop(options) {
      const { stop } = running ?? {}
      running = undefined
      await stop?.(options)
    },
    async stepAside() {
      const { stop } = started(running)
      running = undefined
      let keeper: Keeper | undefined
      await stop({
        async leave(front) {
          keeper = await front.leave()
        },
      })
      return keeper
    },
    get url() {
      return running?.url ?? ''
    },
    get secureUrl() {
      return running?.secureUrl() ?? ''
    },
    get context() {
      return started(running).context
    },
    get reload() {
      return started(running).reload
    },
  }
}

/** @throws {Error} before it has started. */
function started(running: Running | undefined): Running {
  if (!running) throw new Error('the hub is not running')
  return running
}

async function startParts(loaded: LoadedConfig, overrides: Overrides): Promise<Running> {
  const log = overrides.log ?? createLog({ level: loaded.log_level })
  const steps: ((options: StepOptions) => unknown)[] = []
  const undo: Undo = (step) => steps.push(step)
  // One that fails keeps no other from being taken: whatever is let go of is wanted by the next hub.
  const stop = async (options: StepOptions = {}): Promise<void> => {
    const staying = stayAlive()
    for (const step of steps.splice(0).reverse()) {
      try {
        await step(options)
      } catch (thrown) {
        log.error({ error: asError(thrown) }, 'a step of stopping failed')
      }
    }
    clearInterval(staying)
  }
  try {
    return { ...(await startInOrder(loaded, { ...overrides, log }, undo)), stop }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

/**
 * Programs that the hub started keep no process alive, so that it can end without them. Nor do they while it waits for
 * one to end: Node would leave in the middle of stopping.
 */
const stayAlive = (): NodeJS.Timeout => setInterval(() => undefined, SECOND)

async function startInOrder(
  loaded: LoadedConfig,
  overrides: Overrides,
  undo: Undo,
): Promise<Omit<Running, 'stop'>> {
  const beganMs = performance.now()
  const { data_dir, host, port, base_url } = loaded
  prepareDataDir(data_dir)
  const lock = lockDataDir(data_dir)
  undo(() => lock.release())
  finishRestore(data_dir)
  const hooks = loaded.hooks === '' ? {} : { hooks: await loadHooks(loaded.hooks) }
  const context = createContext(loaded, { ...overrides, ...hooks })
  undo(() => context.store.close())
  undo(() => context.spawner.close?.())
  applyDeclarations(loaded, context)
  context.authStates.renew()
  routeServices({ ...context, baseUrl: base_url })
  context.addedRoutes.restore()
  undo(() => writeActivity(context))
  undo(() => context.schedule.stop())
  undo(({ servers }) => (servers ? context.servers.stopAll() : context.servers.letGo()))
  const reload = createReload({
    ...{ ...context, baseUrl: base_url, plugins: pluginSchemas, initial: loaded },
    ...{ read: overrides.readAgain, check: checkFiles },
    listenSecurely: () => front.https.listen(),
  })
  await keepRoom(context)
  const front = await openFront(context, { ...overrides, reload })
  undo(({ leave }) => (leave ? leave(front) : front.close()))
  await listenInside(front.internal, context)
  const recoveryAtMs = performance.now()
  await recoverServers(context)
  context.metrics.took('init_spawners', performance.now() - recoveryAtMs)
  keepOut(context)
  front.takeOver()
  const place = overrides.socket === undefined ? { host, port } : { fd: overrides.socket }
  const actualPort = await listen(front.public, place)
  await front.https.listen()
  startJobs(context)
  prepareStarts(context)
  undo(() => context.managedServices.stopAll())
  await context.managedServices.declare(loaded.services)
  undo(() => context.serviceWatch.stop())
  context.serviceWatch.declare(loaded.services)
  const url = urlAt('http', { host, port: actualPort }, base_url)
  const routesApi = createRoutesListener({ ...context, own: () => [url, front.https.url] })
  undo(() => routesApi.close())
  await routesApi.listen()
  context.metrics.took('hub_startup', performance.now() - beganMs)
  const told = front.https.url === '' ? { url } : { url, secureUrl: front.https.url }
  context.log.info(told, 'hub listening')
  return { url, secureUrl: () => front.https.url, context, reload }
}

type Front = FrontEnd & {
  readonly public: Server
  readonly https: Https
  readonly internal: Server
}

type FrontNeeds = Pick<Overrides, 'onShutdown' | 'secureSocket'> & { readonly reload: Reload }

/** Everything that answers requests: the door, and behind it pages and API. */
async function openFront(context: WholeContext, needs: FrontNeeds): Promise<Front> {
  const { config, routes, metrics, startQueue, log } = context
  const { base_url: baseUrl, trusted_proxies: trustedProxies, public_url: publicUrl } = config
  const origins = createOrigins({
    ...{ trustedProxies, publicUrl },
    get speaksTls() {
      return config.https.enabled
    },
  })
  const https = createHttps({ ...context, origins, socket: needs.secureSocket })
  const forwarder = createForwarder({ routes, onFailure: answerUpstreamFailure(context) })
  const upgrader = createUpgrader({ routes })
  const limits = createFrontLimits({ ...context, origins })
  const admissions = createAdmissions({ ...context, ...limits })
  const parts = { ...context, baseUrl, admissions, forwarder, upgrader }
  const door = createDoor({ ...parts, ...limits, originOf: (request) => origins.of(request) })

  const serve = (handle: RequestListener): Server => {
    const hub = paced(handle)
    https.open({ door, forwarder, stalls: limits.stalls }, hub)
    const server = createFrontServer((request, response) => {
      if (!https.answers(request, response)) door.request(request, response, hub)
    })
    const admit: typeof door.admit = (it) => (https.refuses(it) ? undefined : door.admit(it))
    serveDirectly(server, { forwarder, admit, stalls: limits.stalls })
    limits.guard(server, https.server)
    return server.on('upgrade', (request, socket, head) => {
      if (https.refuses(request)) turnAway(socket, '403 Forbidden')
      else door.upgrade(request, socket, head)
    })
  }
  const app = await createWebServer({ log, origins, bodyLimitBytes: config.body_limit, serve })
  const { reload, onShutdown: stopHub = () => undefined } = needs
  const stopping = new AbortController()
  await mountApi(app, { ...context, origins, stopping: stopping.signal, stopHub, reload })
  await mountExtraRoutes(app, { ...context, routes: config.extra_routes, origins })
  await mountPages(app, { ...context, origins })
  await app.ready()
  const api = paced((request, response) => app.routing(request, response))
  const internal = createInternalServer(`${baseUrl}hub/api`, api)
  limits.guardInside(internal)
  measureFront(metrics, { routes, forwarder, upgrader, startQueue })
  stopping.signal.addEventListener('abort', () => https.stop())
  const drain = createDrain([app.server, internal, https.server])
  const ends = { config, admissions, routes, upgrader, forwarder, drain, log, stopping }
  return {
    ...{ public: app.server, https, internal },
    ...createFrontEnd({ ...ends, close: () => app.close() }),
  }
}

function startJobs(context: WholeContext): void {
  const { schedule, config, installation } = context
  const syncLog = createLogSync(path.join(config.data_dir, 'littlehub.db'))
  measureLoop(context)
  schedule.every(syncEveryMs, 'make writes durable', syncLog)
  schedule.every(activityEveryMs, 'write activity', () => writeActivityInTurns(context))
  schedule.every(lookEveryMs, 'notice other writers', createOtherWritersWatch(context))
  schedule.every(expireEveryMs, 'remove what has expired', () => removeExpired(context))
  schedule.every(backUpEveryMs, 'make a backup when it is time', () => context.backups.keepUp())
  schedule.every(expireEveryMs, 'look at the disks', () => lookAtDisks(context))
  schedule.every(installation.provenAfterMs, 'note that it runs well', installation.noteProven)
  keepCulling({ ...context, baseUrl: config.base_url })
}
