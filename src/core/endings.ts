/** Endings: how the run of a server ends, because it was asked to or by itself. */
import { notFound } from '../lib/errors.ts'
import { type KeyedLock } from '../lib/lock.ts'
import { type Log } from '../lib/log.ts'
import { type Clock } from '../lib/time.ts'
import {
  isActive,
  routePrefix,
  transition,
  type Server,
  type ServerFailure,
  type SpawnState,
} from '../model/server.ts'
import { type Routes } from '../proxy/routes.ts'
import { type Ending, type Spawner } from '../spawn/spawner.ts'
import { type Store } from '../store/store.ts'
import { type Events } from './events.ts'
import { type Hooks } from './hooks.ts'
import { type Schedule } from './schedule.ts'
import { label, type Starter } from './start.ts'
import { type TokenVerbs } from './tokens.ts'

/** How a program was found to have ended. `message` takes the place of what its exit code says. */
export type Death = Ending

export interface Endings {
  /** Notices from now on when the program of a ready server ends by itself. */
  watch(server: Server): void
  /** Looks no more; the programs go on. */
  unwatchAll(): void
  /**
   * Stops what runs of it. The caller holds the server's lock and has seen to it that no start is under way.
   * When the program cannot be stopped, the server stays `stopping` and can be stopped again.
   */
  halt(row: Server, reason: string | undefined): Promise<void>
  /**
   * Cleans up after a program that is gone and shows the owner why: `stopped`, or `failed` if it was starting.
   * Does nothing when another run has begun meanwhile. @returns the server as it is now
   */
  bury(server: Server, death: Death): Promise<Server>
}

export type EndingNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly spawner: Spawner
  readonly starter: Starter
  readonly hooks: Pick<Hooks, 'postStop'>
  readonly routes: Routes
  readonly tokens: TokenVerbs
  readonly schedule: Schedule
  readonly lock: KeyedLock
  readonly events: Events
  readonly log: Log
  readonly baseUrl: string
}

/** What a row says of a server of which nothing runs. */
export const nothingRuns = { url: undefined, spawnState: undefined, startedAt: undefined } as const

/** Whether two rows are of the same run of a server. */
export const isSameRun = (one: Server, other: Server): boolean =>
  JSON.stringify(one.spawnState) === JSON.stringify(other.spawnState)

export function createEndings(needs: EndingNeeds): Endings {
  const { store, spawner, tokens, events } = needs
  const watches = new Map<number, AbortController>()

  const unwatch = (server: Server): void => {
    watches.get(server.id)?.abort(new Error('no longer watched'))
    watches.delete(server.id)
  }

  const watch: Endings['watch'] = (server) => {
    const { spawnState } = server
    if (spawnState === undefined) return
    unwatch(server)
    const controller = new AbortController()
    watches.set(server.id, controller)
    needs.schedule.soon('watch a server', () => follow(server, spawnState, controller.signal))
  }

  const follow = async (server: Server, state: SpawnState, signal: AbortSignal): Promise<void> => {
    const exit = await spawner.exited(state, signal).catch((thrown: unknown) => {
      if (!signal.aborted) throw thrown
    })
    if (exit && !signal.aborted && store.servers.find(server.id)) await bury(server, exit)
  }

  /** Nothing of it can be reached any more, before anything that takes time. */
  const cutOff = (row: Server): void => {
    unwatch(row)
    needs.routes.remove(routePrefix(needs.baseUrl, row.userName, row.name))
  }

  const halt: Endings['halt'] = async (row, reason) => {
    const beganMs = performance.now()
    if (row.state !== 'stopping')
      store.servers.update(row.id, { state: transition(row.state, 'stop') })
    cutOff(row)
    if (row.spawnState) await spawner.stop(row.spawnState)
    tokens.revokeForServer(row)
    await needs.hooks.postStop(row)
    store.servers.update(row.id, {
      ...nothingRuns,
      state: transition('stopping', 'stopped'),
      failure: reason === undefined ? undefined : { message: reason },
      lastActivityAt: needs.clock.now(),
    })
    const tookMs = Math.round(performance.now() - beganMs)
    events.serverStopped(row, reason ?? 'asked to', tookMs)
  }

  const bury: Endings['bury'] = (server, death) =>
    needs.lock.run(server.id, async () => {
      const row = store.servers.find(server.id)
      if (!row) throw notFound(`${label(server)} does not exist any more.`)
      if (!isActive(row) || row.state === 'stopping' || !isSameRun(row, server)) return row
      cutOff(row)
      tokens.revokeForServer(row)
      const failure = await explain(row, death)
      await sweep(row)
      await needs.hooks.postStop(row)
      events.serverFailed(label(row), failure.message, failure.exitCode)
      const event = row.state === 'starting' ? 'fail' : 'stopped'
      const state = transition(row.state, event)
      return store.servers.update(row.id, { ...nothingRuns, state, failure })
    })

  const explain = async (row: Server, { exitCode, message }: Death): Promise<ServerFailure> => {
    const user = store.users.find(row.userId)
    const failure = user && (await needs.starter.explainExit(row, user, exitCode))
    return { message: 'The server ended.', ...failure, ...(message && { message }) }
  }

  /** What it started may still run, although itself is gone. */
  const sweep = async (row: Server): Promise<void> => {
    if (!row.spawnState) return
    await spawner.stop(row.spawnState, { now: true }).catch((error: unknown) => {
      needs.log.error({ error, server: label(row) }, 'cleaning up after a server')
    })
  }

  return {
    watch,
    unwatchAll() {
      for (const controller of watches.values()) controller.abort(new Error('the hub ends'))
      watches.clear()
    },
    halt,
    bury,
  }
}
