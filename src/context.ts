/** The composition root: builds every part once, by hand, in order, with overrides for tests. */
import { createSecretKey, type KeyObject } from 'node:crypto'
import path from 'node:path'
import { type TSchema } from 'typebox'
import { type Authenticator } from './auth/authenticator.ts'
import { createLiveAuthenticator, type LiveAuthenticator } from './auth/live.ts'
import { isShutOut } from './auth/policy.ts'
import { authenticators } from './auth/registry.ts'
import { createInstallation, type Installation } from './config/installation.ts'
import { createLiveSettings, type LiveSettings } from './config/live.ts'
import { type LoadedConfig } from './config/load.ts'
import { type Config } from './config/schema.ts'
import { readKey } from './config/secrets.ts'
import { type PluginSchemas } from './config/sections.ts'
import { createAcme, type Acme } from './core/acme.ts'
import { createAccess, type Access } from './core/access.ts'
import { createAccounts, type Accounts } from './core/accounts.ts'
import { createActionLog } from './core/action-log.ts'
import { createAddedRoutes, type AddedRoutes } from './core/added-routes.ts'
import { createActivity, type Activity } from './core/activity.ts'
import { createBackups, type Backups } from './core/backups.ts'
import { createDiskWatch, foldersOf, type DiskWatch } from './core/disk-watch.ts'
import { createEvents, type Events } from './core/events.ts'
import { type HookModule } from './core/hooks.ts'
import { createLogin, type Login } from './core/login.ts'
import { measureRoutes, measureSpawner, measureStarts } from './core/measured-parts.ts'
import { noteMemoryKills } from './core/memory-notices.ts'
import { createMetrics, type Metrics } from './core/metrics.ts'
import { createOAuthProvider, type OAuthProvider } from './core/oauth-provider.ts'
import { createPeople, type People } from './core/people.ts'
import { createSchedule, type Schedule } from './core/schedule.ts'
import { serverSlug } from './core/start.ts'
import { createStarting, type Starting } from './core/starting.ts'
import { createTokenExchange, type TokenExchange } from './core/token-exchange.ts'
import { createTokens, type TokenVerbs } from './core/tokens.ts'
import { createXsrf, type Xsrf } from './core/xsrf.ts'
import { createKeyedLock } from './lib/lock.ts'
import { createLog, type Log } from './lib/log.ts'
import { createPasswords } from './lib/password.ts'
import { createThrottle } from './lib/throttle.ts'
import { systemClock, type Clock } from './lib/time.ts'
import { defineCustomScopes } from './model/scope-table.ts'
import { type GroupsOf } from './model/scope.ts'
import { createRoutes, type Routes } from './proxy/routes.ts'
import { spawners } from './spawn/registry.ts'
import { type Spawner } from './spawn/spawner.ts'
import { type WarmFacts } from './spawn/warm-start.ts'
import { acmeNetwork, type AcmeNetwork } from './tls/acme-preflight.ts'
import { openDatabase, type Database } from './store/database.ts'
import { createStore, type Store, type StoreReader } from './store/store.ts'

/** What route files get: readers, verbs, settings. */
export type Context = People &
  Accounts &
  Omit<Starting, 'hooks'> & {
    /** As it is now: read a setting where it is used. */
    readonly config: Config
    readonly settings: LiveSettings
    readonly log: Log
    readonly clock: Clock
    readonly store: StoreReader
    readonly authenticator: Authenticator
    readonly access: Access
    readonly login: Login
    readonly tokens: TokenVerbs
    readonly activity: Activity
    readonly oauthProvider: OAuthProvider
    readonly xsrf: Xsrf
    readonly metrics: Metrics
    readonly backups: Backups
    readonly disks: DiskWatch
    readonly installation: Installation
    /** How starts went; undefined: the spawner knows no warm ones. */
    readonly warmth: () => WarmFacts | undefined
    readonly acme: Acme
    /** 32 random bytes that sign login flows. */
    readonly signingKey: KeyObject
  }

/** The whole of it: what the hub itself and the command line need besides. */
export type WholeContext = Omit<Context, 'store'> & {
  readonly store: Store
  readonly spawner: Spawner
  readonly hooks: Starting['hooks']
  readonly renewAuthenticator: LiveAuthenticator['renew']
  readonly routes: Routes
  readonly addedRoutes: AddedRoutes
  readonly events: Events
  readonly exchange: TokenExchange
  readonly schedule: Schedule
  readonly passwords: ReturnType<typeof createPasswords>
}

/** What a test may put in the place of a part. */
export type Overrides = {
  readonly clock?: Clock
  readonly log?: Log
  readonly spawner?: Spawner
  readonly database?: Database
  /** The descriptor of a socket that listens already, in the place of `host` and `port`. */
  readonly socket?: number
  /** The same for HTTPS. */
  readonly secureSocket?: number
  /** Where certificate authorities come in. */
  readonly acmeNetwork?: AcmeNetwork
  /** The program that this is; whatever runs, when it is not said. */
  readonly program?: string
  /** Reads the configuration again, from where the hub got it. @throws {ConfigError} with every problem there is. */
  readonly readAgain?: () => LoadedConfig
  /** What the file of the setting `hooks` exports; whoever runs a hub has loaded it. */
  readonly hooks?: HookModule
  /** Somebody asked for the end of the hub over the API; whoever runs it is to stop it. */
  readonly onShutdown?: (options: { readonly servers: boolean }) => void
}

/** Builds everything on the data directory of `loaded`, which must exist. Opens and migrates the database. */
export function createContext(loaded: LoadedConfig, overrides: Overrides = {}): WholeContext {
  const { pluginOptions, cryptKeys, warnings } = loaded
  const settings = createLiveSettings(loaded)
  const { config } = settings
  const clock = overrides.clock ?? systemClock
  const log = overrides.log ?? createLog({ level: config.log_level })
  for (const warning of warnings) log.warn(warning)
  const databaseFile = path.join(config.data_dir, 'littlehub.db')
  const store = createStore(overrides.database ?? openDatabase(databaseFile, { log }))
  const metrics = createMetrics({ store, clock })
  const actions = createActionLog({
    clock,
    log,
    get file() {
      return config.event_log
    },
  })
  const events = createEvents(log, { metrics, actions })
  const schedule = createSchedule({ log })
  const groupsOf: GroupsOf = (userName) => store.groups.listNamesOfUser(userName)
  defineCustomScopes(config.custom_scopes)

  const activity = createActivity({ store, clock })
  const access = createAccess({
    store,
    clock,
    activity,
    schedule,
    groupsOf,
    isShutOut: (user) => isShutOut(user, config.users),
    get idleTimeoutMs() {
      return config.session.idle_timeout
    },
  })
  const tokens = createTokens({
    ...{ store, clock, access, groupsOf, baseUrl: config.base_url, events },
    get maxAgeMs() {
      return config.tokens.max_age
    },
  })
  const passwords = createPasswords({
    cost: config.password.bcrypt_cost,
    concurrent: config.password.concurrent_hashes,
  })
  const needsOfPlugins = {
    log,
    passwords,
    loopback: isLoopback(config.host),
    manageGroups: config.auth.manage_groups,
    dataDir: config.data_dir,
    settings: config,
  }
  const live = createLiveAuthenticator(
    (options) => pluginOf(authenticators, config.auth.type).create(options, needsOfPlugins),
    pluginOptions.auth,
  )
  const { authenticator } = live
  const spawner = measureSpawner(
    overrides.spawner ??
      pluginOf(spawners, config.spawner.type).create(pluginOptions.spawner, needsOfPlugins),
    metrics,
  )

  const internalPort = (): number => Number(store.facts.find(internalPortFact))
  const routes = measureRoutes(
    createRoutes(() => clock.now().getTime()),
    metrics,
  )
  const starting = createStarting({
    ...{ store, clock, spawner, routes, tokens, schedule, events, log, config, groupsOf },
    hookModule: overrides.hooks ?? {},
    authStateOf: (userId) => people.authStates.find(userId),
    internalPort,
  })
  const accounts = createAccounts({
    ...{ store, clock, access, events, passwords, config },
    stopServers: async (user, { forget }) => {
      for (const server of store.servers.listOf(user.id)) {
        await starting.servers.stop(server)
        if (forget) await spawner.forget(serverSlug(user, server))
      }
    },
    accountChanged: (user) =>
      schedule.soon('follow a change of rights', async () =>
        spawner.accountChanged?.(user, { disabled: user.disabled }),
      ),
  })
  measureStarts(spawner, metrics)
  noteMemoryKills({ spawner, store, log })
  const { sessions, users } = accounts
  const oauthProvider = createOAuthProvider({ store, tokens, access, clock, groupsOf })
  const people = createPeople({
    ...{ store, routes, clock, access, events, users, groupsOf, config, cryptKeys, log, schedule },
    internalPort,
  })
  const login = createLogin({
    ...{ store, authenticator, sessions, users, events },
    ...{ authStates: people.authStates, groups: people.groups, config },
    throttle: createThrottle({ clock }),
    lock: createKeyedLock(),
  })
  const signingKey = createSecretKey(readKey(path.join(config.data_dir, 'signing-key')))

  return {
    config,
    settings,
    log,
    clock,
    store,
    authenticator,
    renewAuthenticator: (options) => live.renew(options),
    access,
    login,
    ...accounts,
    tokens,
    ...starting,
    activity,
    oauthProvider,
    xsrf: createXsrf(signingKey),
    signingKey,
    metrics,
    backups: createBackups({ store, config, configFile: loaded.file, clock, log }),
    disks: createDiskWatch({ folders: foldersOf(loaded), log }),
    installation: createInstallation(overrides.program ?? process.execPath, config.data_dir),
    acme: createAcme({
      ...{ config, facts: store.facts, clock, log },
      network: overrides.acmeNetwork ?? acmeNetwork,
    }),
    ...people,
    spawner,
    warmth: () => spawner.warmth?.(),
    routes,
    addedRoutes: createAddedRoutes({ store, routes, config, clock, log }),
    events,
    exchange: createTokenExchange({ tokens, access, clock }),
    schedule,
    passwords,
  }
}

/** The options of every plug-in, for the configuration's loader. */
export const pluginSchemas: PluginSchemas = {
  auth: optionsOf(authenticators),
  spawner: optionsOf(spawners),
}

function optionsOf(
  registry: Readonly<Record<string, { readonly options: TSchema }>>,
): Record<string, TSchema> {
  return Object.fromEntries(Object.entries(registry).map(([name, { options }]) => [name, options]))
}

/** Where the store keeps the port at which running servers know the hub. */
export const internalPortFact = 'internal_port'

/** The loader has checked that there is one of this name. */
function pluginOf<Plugin>(registry: Readonly<Record<string, Plugin>>, name: string): Plugin {
  const plugin = registry[name]
  if (plugin === undefined) throw new Error(`no plug-in named ${name}`)
  return plugin
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.')
