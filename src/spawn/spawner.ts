/** The contract of a spawner: where and how a user's server runs. */
import { type Static, type TSchema } from 'typebox'
import { type Log } from '../lib/log.ts'
import { type Limits } from '../model/limits.ts'
import { type SpawnState } from '../model/server.ts'
import { type WarmFacts } from './warm-start.ts'

export type SpawnUser = {
  readonly id: number
  readonly name: string
  readonly slug: string
  readonly admin: boolean
}

/** Everything a spawner may know about the server it starts. */
export type SpawnRequest = {
  /** Stable and unique per server: names directories, units, log files. `slug` or `slug--servername`. */
  readonly slug: string
  readonly user: SpawnUser
  readonly serverName: string
  /** The program and its arguments. */
  readonly command: readonly string[]
  /** A spawner that cannot hold them leaves them to the server, which reads them in `MEM_LIMIT` and `CPU_LIMIT`. */
  readonly limits: Limits
  /** The complete environment but for what the spawner itself knows (HOME, USER, SHELL, the service URL). */
  readonly environment: Readonly<Record<string, string>>
  /** URL path of the server, escaped, ends with a slash; used to build JUPYTERHUB_SERVICE_URL. */
  readonly prefix: string
  /** Ports at which the hub expects somebody else. */
  readonly routedPorts: readonly number[]
  /** Aborted when the start is cancelled or timed out. */
  readonly signal: AbortSignal
  /** Says what is happening, for the progress page. */
  readonly progress: (message: string) => void
}

export type Started = {
  /** `http://127.0.0.1:PORT` without a path, or `unix:` and the absolute path of a socket. */
  readonly url: string
  readonly state: SpawnState
}

/** How a program ended. */
export type Ending = {
  /** Undefined when nobody saw it (the hub was not running). A signal is 128 + its number. */
  readonly exitCode?: number
  /** What to tell its owner, when more is known than the exit code says. */
  readonly message?: string
}

export type Liveness = { readonly alive: true } | ({ readonly alive: false } & Ending)

export type Usage = {
  readonly memoryBytes: number
  readonly processes: number
  /** How many of its programs the memory limit has ended so far, when the spawner knows. */
  readonly memoryKills?: number
}

export interface Spawner {
  /** Starts the program and returns at once; whether it answers is the core's question. Leaves nothing behind when it throws. */
  start(request: SpawnRequest): Promise<Started>
  /** Is the program that `state` describes still running? Never confuses it with another one that got its pid. */
  poll(state: SpawnState): Promise<Liveness>
  /** Resolves when nothing of it runs any more. Idempotent. `now` skips the polite part. */
  stop(state: SpawnState, options?: { now?: boolean }): Promise<void>
  /** Resolves when the program ends by itself, for as long as the signal lasts; polls where it isn't the parent. */
  exited(state: SpawnState, signal: AbortSignal): Promise<Ending>
  /** The last lines the program wrote, newest last, unredacted. */
  logTail(slug: string, lines: number): Promise<string[]>
  usage(state: SpawnState): Promise<Usage | undefined>
  /** Deletes what was kept of a server or user that is gone for good (log files; never home folders). */
  forget(slug: string): Promise<void>
  /**
   * Other limits for a server that runs; what is absent is not limited any more. Absent: this spawner cannot.
   * @returns its state from now on.
   */
  setLimits?(state: SpawnState, limits: Limits): Promise<SpawnState>
  /** Those that it was given last. Absent: this spawner holds none. */
  limits?(state: SpawnState): Limits | undefined
  /** Told with the slug of a server that goes on although its memory limit ended one of its programs. Absent: nobody can tell. */
  onMemoryKill?(listener: (slug: string) => void): void
  /**
   * Somebody became or is no longer an administrator, or was disabled: what their unix account may do follows at once,
   * also that of running servers, which end where it cannot be taken from them.
   */
  accountChanged?(user: SpawnUser, change: { readonly disabled: boolean }): Promise<void>
  /**
   * Puts the home folder of somebody without running servers into a file called `name` (`.tar.gz`) in a folder of its
   * own, and removes it with the unix account that was made for them.
   * @returns the file; undefined when they have no home. Absent: homes are not of this spawner's making.
   * @throws {HubError} Unavailable, and the home is where it was.
   */
  archiveHome?(user: SpawnUser, name: string): Promise<string | undefined>
  /** Makes ready for servers with this command and this PATH and LANG, so that they start quickly. */
  prepare?(command: readonly string[], environment: Readonly<Record<string, string>>): void
  /** A server that it started has answered for the first time, this long after it was asked to start it. */
  answered?(state: SpawnState, tookMs: number): void
  /** How many starts were warm, and why the last one was not. Absent: there are no warm starts here. */
  warmth?(): WarmFacts
  /** Lets go of everything but the servers, which go on. */
  close?(): void
}

export type SpawnerNeeds = {
  readonly log: Log
  readonly dataDir: string
  /** The group of a hub of another account, which is let in to the sockets of servers. Absent: the hub is root. */
  readonly hubGroup?: number
  /** Whether servers and kernels may be forked from a process that has imported what they need, as the settings say now. */
  readonly settings?: {
    readonly spawner: {
      readonly warm_start: boolean
      readonly warm_kernels?: boolean
      readonly preload?: readonly string[]
      /** Where programs are looked for. */
      readonly path?: string
    }
  }
}

/** What kernels that are forked have imported besides the usual; undefined: none are. */
export function preloadOf({ settings }: Pick<SpawnerNeeds, 'settings'>) {
  const { warm_kernels: isWanted, preload = [] } = settings?.spawner ?? {}
  return isWanted === true ? preload : undefined
}

/** A spawner plug-in. `create` gets options that the configuration loader has checked against `options` and decoded. */
export type SpawnerPlugin = {
  readonly name: string
  readonly options: TSchema
  create(options: unknown, needs: SpawnerNeeds): Spawner
}

/** A spawner as a value: its name, the schema of its section of the configuration, and how to make one. */
export function defineSpawner<Options extends TSchema>(plugin: {
  readonly name: string
  readonly options: Options
  create(options: Static<Options>, needs: SpawnerNeeds): Spawner
}): SpawnerPlugin {
  return { ...plugin, create: (options, needs) => plugin.create(options as Static<Options>, needs) }
}
