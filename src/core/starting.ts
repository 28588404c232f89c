/** The verbs about servers, and what a start of one needs, built together. */
import { availableParallelism, freemem } from 'node:os'
import { isShutOut } from '../auth/policy.ts'
import { toGroupOverrides, toProfiles, toServerSettings } from '../config/profiles.ts'
import { type Config } from '../config/schema.ts'
import { createKeyedLock } from '../lib/lock.ts'
import { type Log } from '../lib/log.ts'
import { type Clock } from '../lib/time.ts'
import { type GroupsOf } from '../model/scope.ts'
import { type Routes } from '../proxy/routes.ts'
import { serverEnvironment } from '../spawn/environment.ts'
import { type Spawner } from '../spawn/spawner.ts'
import { type Store } from '../store/store.ts'
import { type AuthState } from './auth-states.ts'
import { type Events } from './events.ts'
import { createGroupServers, type GroupServers } from './group-servers.ts'
import { createHooks, type HookModule, type Hooks } from './hooks.ts'
import { programPorts } from './hub-routes.ts'
import { createNamedServers, type NamedServers } from './named-servers.ts'
import { type Schedule } from './schedule.ts'
import { createServers, type ServerVerbs } from './servers.ts'
import { createSpawnOptions, type SpawnOptions } from './spawn-options.ts'
import { createStartQueue, type StartQueue } from './start-queue.ts'
import { createStarter } from './start.ts'
import { type TokenVerbs } from './tokens.ts'

export type Starting = {
  readonly servers: ServerVerbs
  readonly startQueue: StartQueue
  readonly groupServers: GroupServers
  readonly namedServers: NamedServers
  readonly spawnOptions: SpawnOptions
  readonly hooks: Hooks
}

export type StartingNeeds = {
  readonly store: Store
  readonly clock: Clock
  readonly spawner: Spawner
  readonly routes: Routes
  readonly tokens: TokenVerbs
  readonly schedule: Schedule
  readonly events: Events
  readonly log: Log
  /** As it is now: read a setting where it is used. */
  readonly config: Config
  readonly groupsOf: GroupsOf
  readonly hookModule: HookModule
  readonly authStateOf: (userId: number) => AuthState | undefined
  /** Where the hub's API listens for servers and services. */
  readonly internalPort: () => number
}

/** A start keeps one core busy, but on one core two have the program read while the other computes. */
const usualStartsAtOnce = (): number => Math.max(2, availableParallelism())

export function createStarting(needs: StartingNeeds): Starting {
  const { store, config, log, internalPort } = needs
  const { base_url: baseUrl } = config
  const spawnOptions = createSpawnOptions({
    store,
    get settings() {
      return toServerSettings(config)
    },
    get groupOverrides() {
      return toGroupOverrides(config.group_overrides)
    },
    get profiles() {
      return toProfiles(config.profiles)
    },
  })
  const hooks = createHooks({
    module: needs.hookModule,
    get timeoutMs() {
      return config.spawner.hook_timeout
    },
    groupsOf: needs.groupsOf,
    findUser: (id) => store.users.find(id),
    authStateOf: needs.authStateOf,
    spawnOptions,
    log,
  })
  const starter = createStarter({
    ...needs,
    hooks,
    log: log.child({ part: 'start' }),
    baseUrl,
    get startTimeoutMs() {
      return config.spawner.start_timeout
    },
    get httpTimeoutMs() {
      return config.spawner.http_timeout
    },
    routedPorts: () => programPorts(needs.routes, config),
    environment: (server, secret, settings) =>
      serverEnvironment({ config, settings, server, secret, internalPort: internalPort() }),
  })
  const startQueue = createStartQueue(() => config.spawner.starts_at_once || usualStartsAtOnce())
  const servers = createServers({
    ...needs,
    starter,
    hooks,
    spawnOptions,
    isShutOut: (user) => isShutOut(user, config.users),
    lock: createKeyedLock(),
    baseUrl,
    get limits() {
      const { concurrent_spawn_limit, active_server_limit, start_memory } = config.spawner
      return {
        concurrentSpawns: concurrent_spawn_limit,
        activeServers: active_server_limit,
        startMemoryBytes: start_memory,
      }
    },
    freeMemoryBytes: freemem,
    queue: startQueue,
  })
  const namedServers = createNamedServers({
    store,
    spawnOptions,
    get limit() {
      return config.spawner.named_server_limit_per_user
    },
  })
  const groupServers = createGroupServers({ store, servers, log })
  return { servers, startQueue, groupServers, namedServers, spawnOptions, hooks }
}
