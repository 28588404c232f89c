/** Servers: start, stop, cancel, delete; lock → transition → spawner → routes → store. */
import { conflict, HubError, invalidInput, notFound } from '../lib/errors.ts'
import { type KeyedLock } from '../lib/lock.ts'
import { type Log } from '../lib/log.ts'
import { type Clock } from '../lib/time.ts'
import { isActive, routePrefix, serverPath, transition, type SpawnState } from '../model/server.ts'
import { type User } from '../model/user.ts'
import { type Routes } from '../proxy/routes.ts'
import { type Store } from '../store/store.ts'
import { type Events } from './events.ts'
import { createProgressLog, failedEvent, readyEvent, type ProgressLog } from './progress.ts'
import { type Schedule } from './schedule.ts'
import { hubEnds, serverSlug, StartFailed, type Attempt, type Starter } from './start.ts'
import { type TokenVerbs } from './tokens.ts'
import { type Server, type ServerFailure } from '../model/server.ts'
import { type Spawner, type Usage } from '../spawn/spawner.ts'

/** A frame of the progress stream, as JupyterHub sends it (contract §3.8). */
export type ProgressEvent = {
  readonly progress: number
  readonly message: string
  readonly html_message?: string
  readonly ready?: true
  readonly failed?: true
  readonly url?: string
}

export interface ServerVerbs {
  /**
   * Starts it and resolves when it answers. A second caller while it is starting gets the same outcome.
   * @throws {HubError} Conflict: running or stopping; TooMany: limits; Unavailable: it failed (the reason is stored on the server).
   */
  start(server: Server, options?: Readonly<Record<string, unknown>>): Promise<Server>
  /** Stops or cancels it and resolves when nothing of it is left. Idempotent. `reason` is shown as why it stopped. */
  stop(server: Server, reason?: string): Promise<void>
  /** Whether it is really alive; a dead one is noticed, cleaned up and shown as stopped with its reason. */
  check(server: Server): Promise<Server>
  /**
   * Everything since the start was requested, from the beginning for every subscriber, until ready or failed.
   * @throws {HubError} InvalidInput when it is not starting and never was.
   */
  progress(server: Server, signal: AbortSignal): AsyncIterable<ProgressEvent>
  usage(server: Server): Promise<Usage | undefined>
  /** Stops it and deletes its row. @throws {HubError} InvalidInput for the default server. */
  remove(server: Server): Promise<void>
  /** Takes over a running program that a hub before this one started, ready or still starting. */
  adopt(server: Server): void
  /** Stops every server, for a hub that takes its servers with it. */
  stopAll(): Promise<void>
  /** Lets go of every server without stopping it: the hub ends, they go on. Resolves when no start is under way. */
  letGo(): Promise<void>
}

export type ServerNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly spawner: Spawner
  readonly starter: Starter
  readonly routes: Routes
  readonly tokens: TokenVerbs
  readonly schedule: Schedule
  readonly lock: KeyedLock
  readonly events: Events
  readonly log: Log
  readonly baseUrl: string
  readonly limits: { readonly concurrentSpawns: number; readonly activeServers: number }
}

/** A start under way, or the last one, for whoever asks how it went. */
type Start = {
  readonly progress: ProgressLog
  readonly controller: AbortController
  readonly outcome: Promise<Server>
  over: boolean
}

export function createServers(needs: ServerNeeds): ServerVerbs {
  const { store, spawner, starter, routes, tokens, events } = needs
  const starts = new Map<number, Start>()
  const watches = new Map<number, AbortController>()

  const fresh = (server: Server): Server => {
    const row = store.servers.find(server.id)
    if (!row) throw notFound(`${label(server)} does not exist any more.`)
    return row
  }
  const ownerOf = (server: Server): User => {
    const user = store.users.find(server.userId)
    if (!user) throw notFound(`User ${server.userName} does not exist any more.`)
    return user
  }
  const pathOf = (server: Server): string => serverPath(needs.baseUrl, server.userName, server.name)

  const checkLimits = (): void => {
    const underWay = [...starts.values()].filter((start) => !start.over).length
    const { concurrentSpawns, activeServers } = needs.limits
    if (concurrentSpawns > 0 && underWay >= concurrentSpawns) throw tooManyStarts()
    if (activeServers > 0 && store.servers.listActive().length >= activeServers)
      throw new HubError('TooMany', 'Active user limit exceeded. Try again in a few minutes.')
  }

  const start: ServerVerbs['start'] = async (server, options) => {
    const underWay = starts.get(server.id)
    if (underWay && !underWay.over) return underWay.outcome
    const row = fresh(server).state === 'ready' ? await check(server) : fresh(server)
    // No await from here to `begin`: two callers can't both get past this point.
    const meanwhile = starts.get(server.id)
    if (meanwhile && !meanwhile.over) return meanwhile.outcome
    if (row.state === 'ready') throw conflict(`${label(row)} is already running`)
    if (row.state === 'stopping') throw conflict(`${label(row)} is pending stop`)
    checkLimits()
    return begin(row, options ?? row.options).outcome
  }

  const begin = (row: Server, options: Readonly<Record<string, unknown>>): Start => {
    const user = ownerOf(row)
    if (user.disabled) throw conflict(`The account of ${user.name} is disabled.`)
    const server = store.servers.update(row.id, {
      state: transition(row.state, 'start'),
      options,
      startedAt: needs.clock.now(),
      failure: undefined,
      url: undefined,
      spawnState: undefined,
    })
    return track(server, user, (attempt) => starter.start(attempt))
  }

  const track = (
    server: Server,
    user: User,
    work: (attempt: Attempt) => Promise<Server>,
  ): Start => {
    const controller = new AbortController()
    const progress = createProgressLog()
    progress.add({ progress: 0, message: 'Server requested' })
    const beganMs = Date.now()
    const outcome = work({ server, user, progress, signal: controller.signal }).then(
      (ready) => succeeded(ready, progress, Date.now() - beganMs),
      (thrown: unknown) => failed(server, user, { thrown, progress, controller }),
    )
    const entry: Start = { progress, controller, outcome, over: false }
    starts.set(server.id, entry)
    outcome.catch(() => undefined).finally(() => (entry.over = true))
    return entry
  }

  const succeeded = (ready: Server, progress: ProgressLog, tookMs: number): Server => {
    watch(ready)
    progress.finish(readyEvent(pathOf(ready)))
    events.serverStarted(label(ready), tookMs)
    return ready
  }

  /** The row tells why; nothing else is left of the start. */
  const failed = (
    server: Server,
    user: User,
    {
      thrown,
      progress,
      controller,
    }: { thrown: unknown; progress: ProgressLog; controller: AbortController },
  ): never => {
    if (controller.signal.reason === hubEnds)
      throw new HubError('Unavailable', 'The hub is restarting. Try again in a moment.')
    const cancelled = controller.signal.aborted
    const failure = cancelled ? undefined : failureOf(thrown)
    const event = cancelled ? 'stopped' : 'fail'
    if (store.servers.find(server.id))
      store.servers.update(server.id, {
        ...nothingRuns,
        state: transition('starting', event),
        failure,
      })
    progress.finish(failedEvent(failure ? `Spawn failed: ${failure.message}` : 'Spawn cancelled'))
    if (failure) {
      events.serverFailed(label(server), failure.message, failure.exitCode)
      if (!(thrown instanceof StartFailed) && !(thrown instanceof HubError))
        needs.log.error({ error: thrown, user: user.name }, 'starting a server')
    }
    throw failure
      ? new HubError('Unavailable', `Spawn failed: ${failure.message}`, { cause: thrown })
      : conflict('Spawn cancelled')
  }

  /** Notices when the program ends by itself. */
  const watch = (server: Server): void => {
    if (server.spawnState === undefined) return
    const controller = new AbortController()
    watches.set(server.id, controller)
    const { spawnState } = server
    needs.schedule.soon('watch a server', async () => {
      const exit = await spawner.exited(spawnState, controller.signal).catch(() => undefined)
      if (exit && !controller.signal.aborted) await died(server, exit.exitCode)
    })
  }

  const unwatch = (server: Server): void => {
    watches.get(server.id)?.abort()
    watches.delete(server.id)
  }

  const closeRoute = (server: Server): void =>
    routes.remove(routePrefix(needs.baseUrl, server.userName, server.name))

  /** It ended by itself: shown as stopped, with its reason; what was left of it is cleaned up. */
  const died = (server: Server, exitCode: number | undefined): Promise<Server> =>
    needs.lock.run(server.id, async () => {
      const row = fresh(server)
      if (row.state !== 'ready' || !sameRun(row.spawnState, server.spawnState)) return row
      unwatch(row)
      closeRoute(row)
      tokens.revokeForServer(row)
      const failure = await starter.explainExit(row, ownerOf(row), exitCode)
      if (row.spawnState) await spawner.stop(row.spawnState, { now: true })
      events.serverFailed(label(row), failure.message, exitCode)
      return store.servers.update(row.id, { ...nothingRuns, state: 'stopped', failure })
    })

  const check: ServerVerbs['check'] = async (server) => {
    const row = fresh(server)
    if (row.state !== 'ready' || row.spawnState === undefined) return row
    const liveness = await spawner.poll(row.spawnState)
    return liveness.alive ? row : died(row, liveness.exitCode)
  }

  const stop: ServerVerbs['stop'] = async (server, reason) => {
    await cancel(server)
    await needs.lock.run(server.id, async () => {
      const row = store.servers.find(server.id)
      if (!row || !isActive(row)) return
      if (row.state !== 'stopping')
        store.servers.update(row.id, { state: transition(row.state, 'stop') })
      unwatch(row)
      closeRoute(row)
      if (row.spawnState) await spawner.stop(row.spawnState)
      tokens.revokeForServer(row)
      const failure = reason === undefined ? undefined : { message: reason }
      store.servers.update(row.id, {
        ...nothingRuns,
        state: transition('stopping', 'stopped'),
        failure,
        lastActivityAt: needs.clock.now(),
      })
      events.serverStopped(label(row), reason ?? 'asked to')
    })
  }

  const cancel = async (server: Server): Promise<void> => {
    const underWay = starts.get(server.id)
    if (!underWay || underWay.over) return
    underWay.controller.abort(new Error('cancelled'))
    await underWay.outcome.catch(() => undefined)
  }

  const adopt: ServerVerbs['adopt'] = (row) => {
    const { spawnState, url } = row
    if (spawnState === undefined || url === undefined)
      throw conflict(`${label(row)} is not running`)
    if (row.state === 'ready') {
      starter.openRoute(row, url)
      watch(row)
    } else track(row, ownerOf(row), (attempt) => starter.resume(attempt, url, spawnState))
    events.serverRecovered(label(row))
  }

  return {
    start,
    stop,
    check,
    adopt,
    async *progress(server, signal) {
      const row = fresh(server)
      const last = starts.get(server.id)
      if (last && !(last.over && row.state === 'ready')) return yield* last.progress.follow(signal)
      if (row.state === 'ready') return yield readyEvent(pathOf(row))
      if (row.failure) return yield failedEvent(`Spawn failed: ${row.failure.message}`)
      throw invalidInput(`${label(row)} is not starting...`)
    },
    async usage(server) {
      return server.spawnState && isActive(server) ? spawner.usage(server.spawnState) : undefined
    },
    async remove(server) {
      if (server.name === '') throw invalidInput('Cannot delete the default server')
      await stop(server)
      await spawner.forget(serverSlug(ownerOf(server), server))
      store.servers.remove(server.id)
      starts.delete(server.id)
    },
    async stopAll() {
      await Promise.all(store.servers.listActive().map((server) => stop(server)))
    },
    async letGo() {
      for (const controller of watches.values()) controller.abort()
      watches.clear()
      const underWay = [...starts.values()].filter((start) => !start.over)
      for (const { controller } of underWay) controller.abort(hubEnds)
      await Promise.allSettled(underWay.map(({ outcome }) => outcome))
    },
  }
}

/** How JupyterHub's messages name a server: `ana` or `ana:lab2`. */
export const label = (server: { readonly userName: string; readonly name: string }): string =>
  server.name === '' ? server.userName : `${server.userName}:${server.name}`

/** What a row says of a server of which nothing runs. */
export const nothingRuns = { url: undefined, spawnState: undefined, startedAt: undefined } as const

const sameRun = (one: SpawnState | undefined, other: SpawnState | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

function failureOf(thrown: unknown): ServerFailure {
  if (thrown instanceof StartFailed) return thrown.failure
  if (thrown instanceof HubError) return { message: thrown.message }
  return { message: 'The hub could not start it. Its log says why.' }
}

/** JupyterHub: `spawn_throttle_retry_range`, rounded up to ten seconds. */
function tooManyStarts(): HubError {
  const seconds = 30 + Math.floor(Math.random() * 31)
  const rounded = Math.ceil(seconds / 10) * 10
  return new HubError(
    'TooMany',
    `Too many users trying to log in right now. Try again in ${rounded} seconds.`,
    { retryAfterSeconds: seconds },
  )
}
