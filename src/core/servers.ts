/** Servers: start, stop, cancel, delete; lock → transition → spawner → routes → store. */
import { conflict, invalidInput, notFound } from '../lib/errors.ts'
import { isActive, serverPath, transition } from '../model/server.ts'
import { type ServerSettings } from '../model/profile.ts'
import { type User } from '../model/user.ts'
import { createEndings, nothingRuns, type Death, type EndingNeeds } from './endings.ts'
import { failedEvent, readyEvent, type ProgressEvent } from './progress.ts'
import { type SpawnOptions } from './spawn-options.ts'
import { createStarts, type Start } from './starts.ts'
import { checkStartLimits, memoryLack, type StartLimits } from './start-limits.ts'
import { type StartQueue, type Urgency } from './start-queue.ts'
import { hubEnds, label, serverSlug, StartFailed, type Attempt } from './start.ts'
import { type Limits } from '../model/limits.ts'
import { changeLimits, limitsNext, limitsNow } from './live-limits.ts'
import { type Server } from '../model/server.ts'
import { type Usage } from '../spawn/spawner.ts'

export { type ProgressEvent } from './progress.ts'
export { label } from './start.ts'

export interface ServerVerbs {
  /**
   * Starts it and resolves when it answers. A second caller while it is starting gets the same outcome.
   * Without options it is started with those of the last time.
   * @throws {HubError} Conflict: running or stopping; InvalidInput: options that are not for its owner; TooMany: limits;
   * Unavailable: it failed (the reason is stored on the server).
   */
  start(server: Server, options?: Readonly<Record<string, unknown>>): Promise<Server>
  /**
   * Starts it when nobody who watches has to wait for it; how that goes, the row tells. Nothing happens when it is active.
   * @throws {HubError} as `start` does before it begins.
   */
  startInBackground(server: Server): void
  /**
   * Stops or cancels it and resolves when nothing of it is left. Idempotent. `reason` is shown as why it stopped.
   * `isStillDue` is asked at the last moment, with the server as it is then.
   */
  stop(server: Server, reason?: string, isStillDue?: (row: Server) => boolean): Promise<void>
  /** Whether it is really alive; a dead one is noticed, cleaned up and shown as stopped with its reason. */
  check(server: Server): Promise<Server>
  /** Cleans up after a program that is known to be gone, and shows why. */
  bury(server: Server, death: Death): Promise<void>
  /**
   * Everything since the start was requested, from the beginning for every subscriber, until ready or failed.
   * @throws {HubError} InvalidInput when it is not starting and never was.
   */
  progress(server: Server, signal: AbortSignal): AsyncIterable<ProgressEvent>
  usage(server: Server): Promise<Usage | undefined>
  /** What it may use now; undefined: it does not run, or without anything that holds limits. */
  limits(server: Server): Limits | undefined
  /** What its next start has; undefined: its profile is gone. */
  nextLimits(server: Server): Limits | undefined
  /**
   * Other limits for a server that runs; what is absent is not limited any more. The next start has its own again.
   * @throws {HubError} NotRunning; Conflict: the spawner cannot; Unavailable: a limit does not act.
   */
  setLimits(server: Server, limits: Limits): Promise<void>
  /** Stops it and deletes its row. @throws {HubError} InvalidInput for the default server. */
  remove(server: Server): Promise<void>
  /** Takes over a running program that a hub before this one started, ready or still starting. */
  adopt(server: Server): void
  /** Stops every server, for a hub that takes its servers with it. What cannot be stopped is logged. */
  stopAll(): Promise<void>
  /** Lets go of every server without stopping it: the hub ends, they go on. Resolves when no start is under way. */
  letGo(): Promise<void>
}

export type ServerNeeds = EndingNeeds & {
  /** Whether the configuration keeps somebody out, at this moment. */
  readonly isShutOut: (user: User) => boolean
  readonly limits: StartLimits
  readonly freeMemoryBytes: () => number
  readonly queue: StartQueue
  readonly spawnOptions: Pick<SpawnOptions, 'settingsFor'>
}

export function createServers(needs: ServerNeeds): ServerVerbs {
  const { store, spawner, starter, events, queue } = needs
  const endings = createEndings(needs)
  const starts = createStarts({
    ...needs,
    pathOf: (server) => serverPath(needs.baseUrl, server.userName, server.name),
    onReady: (server) => endings.watch(server),
  })
  const { underWay } = starts

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

  const start: ServerVerbs['start'] = async (server, options) => {
    const before = underWay(server)
    if (before) {
      queue.hurry(server.id)
      return before.outcome
    }
    const seen = fresh(server)
    const row = isActive(seen) ? await settled(seen) : seen
    // No await from here to `begin`: two callers can't both get past this point.
    const meanwhile = underWay(server)
    if (meanwhile) return meanwhile.outcome
    if (row.state === 'ready') throw conflict(`${label(row)} is already running`)
    if (row.state === 'stopping') throw conflict(`${label(row)} is pending stop`)
    return begin(row, options ?? row.options, 'now').outcome
  }

  /** What it says of itself may be over: its program has died, or its failure could not be written down. */
  const settled = async (row: Server): Promise<Server> => {
    if (row.state === 'starting') await stop(row, undefined, () => !underWay(row))
    return check(row)
  }

  const begin = (row: Server, options: Server['options'], urgency: Urgency): Start => {
    checkStartLimits(starts.allUnderWay().length, needs)
    const user = ownerOf(row)
    if (user.disabled) throw conflict(`The account of ${user.name} is disabled.`)
    if (needs.isShutOut(user)) throw conflict(`${user.name} may not use this hub.`)
    // As it is now: a reload while it waits takes nothing away that was offered.
    const settings = needs.spawnOptions.settingsFor(user, options)
    const server = store.servers.update(row.id, {
      ...nothingRuns,
      state: transition(row.state, 'start'),
      options,
      lastActivityAt: needs.clock.now(),
      failure: undefined,
    })
    return starts.track({ server, user }, (attempt) =>
      queue.run({ id: row.id, urgency, ...attempt }, () => itsTurn(attempt, settings)),
    )
  }

  /** Until then the row says nothing of when it was started: a hub after this one begins anew with it. */
  const itsTurn = async (attempt: Attempt, settings: ServerSettings): Promise<Server> => {
    const lack = memoryLack(queue.running() - 1, needs)
    if (lack !== undefined) throw new StartFailed({ message: lack })
    const server = store.servers.update(attempt.server.id, { startedAt: needs.clock.now() })
    return starter.start({ ...attempt, server }, settings)
  }

  const check: ServerVerbs['check'] = async (server) => {
    const row = fresh(server)
    if (row.state !== 'ready' || row.spawnState === undefined) return row
    const liveness = await spawner.poll(row.spawnState)
    return liveness.alive ? fresh(row) : endings.bury(row, liveness)
  }

  const stop: ServerVerbs['stop'] = (server, reason, isStillDue = () => true) =>
    needs.lock.run(server.id, async () => {
      const row = store.servers.find(server.id)
      if (row && isActive(row) && isStillDue(row)) await end(row, reason)
    })

  /** Under the server's lock: whether it is starting or running, afterwards it is not. */
  const end = async (server: Server, reason?: string): Promise<void> => {
    await cancel(server)
    const row = store.servers.find(server.id)
    if (row && isActive(row)) await endings.halt(row, reason)
  }

  const cancel = async (server: Server): Promise<void> => {
    const start = underWay(server)
    start?.controller.abort(new Error('cancelled'))
    await start?.outcome.catch(() => undefined)
  }

  const adopt: ServerVerbs['adopt'] = (row) => {
    const { spawnState, url } = row
    if (spawnState === undefined || url === undefined)
      throw conflict(`${label(row)} is not running`)
    if (row.state === 'ready') {
      starter.openRoute(row, url)
      endings.watch(row)
    } else
      starts.track({ server: row, user: ownerOf(row) }, (attempt) =>
        starter.resume(attempt, url, spawnState),
      )
    events.serverRecovered(label(row))
  }

  return {
    start,
    startInBackground(server) {
      const row = fresh(server)
      if (!isActive(row)) begin(row, row.options, 'background')
    },
    stop,
    check,
    async bury(server, death) {
      await endings.bury(server, death)
    },
    adopt,
    async *progress(server, signal) {
      const row = fresh(server)
      const last = starts.last(server)
      queue.hurry(server.id)
      if (last && last.ending !== 'ready') yield* last.progress.follow(signal)
      else if (row.state === 'ready')
        yield readyEvent(serverPath(needs.baseUrl, row.userName, row.name))
      else if (row.failure) yield failedEvent(`Spawn failed: ${row.failure.message}`)
      else throw invalidInput(`${label(row)} is not starting...`)
    },
    async usage(server) {
      return server.spawnState && isActive(server) ? spawner.usage(server.spawnState) : undefined
    },
    limits: (server) => limitsNow(needs, server),
    nextLimits: (server) => limitsNext(needs, server),
    setLimits: (server, limits) =>
      needs.lock.run(server.id, async () => {
        const changed = await changeLimits(needs, fresh(server), limits)
        // Whoever waits for its end tells its owner of the limits that it had then.
        if (changed) endings.watch(changed)
      }),
    async remove(server) {
      if (server.name === '') throw invalidInput('Cannot delete the default server')
      const slug = serverSlug(ownerOf(server), server)
      await needs.lock.run(server.id, async () => {
        do await end(server)
        while (isActive(store.servers.find(server.id) ?? { state: 'stopped' }))
        store.servers.remove(server.id)
      })
      starts.forget(server)
      await spawner.forget(slug)
    },
    async stopAll() {
      await Promise.all(
        store.servers.listActive().map((server) =>
          stop(server).catch((error: unknown) => {
            needs.log.error({ error, server: label(server) }, 'stopping a server')
          }),
        ),
      )
      endings.unwatchAll()
    },
    async letGo() {
      endings.unwatchAll()
      const starting = starts.allUnderWay()
      for (const { controller } of starting) controller.abort(hubEnds)
      await Promise.allSettled(starting.map(({ outcome }) => outcome))
      // One that had just begun to answer is watched since.
      endings.unwatchAll()
    },
  }
}
