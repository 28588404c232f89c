/** The composition root: builds every part once, by hand, in order, with overrides for tests. */
import path from 'node:path'
import { type TSchema } from 'typebox'
import { type Authenticator } from './auth/authenticator.ts'
import { authenticators } from './auth/registry.ts'
import { type LoadedConfig } from './config/load.ts'
import { type Config } from './config/schema.ts'
import { readKey } from './config/secrets.ts'
import { type PluginSchemas } from './config/sections.ts'
import { createAccess, type Access } from './core/access.ts'
import { createActionLog } from './core/action-log.ts'
import { createActivity, type Activity } from './core/activity.ts'
import { createEvents, type Events } from './core/events.ts'
import { createLinks, type Links } from './core/links.ts'
import { createLogin, type Login } from './core/login.ts'
import { createMetrics, type Metrics } from './core/metrics.ts'
import { createNamedServers, type NamedServers } from './core/named-servers.ts'
import { createOAuthProvider, type OAuthProvider } from './core/oauth-provider.ts'
import { createPeople, type People } from './core/people.ts'
import { createSchedule, type Schedule } from './core/schedule.ts'
import { createServers, type ServerVerbs } from './core/servers.ts'
import { createSessions, type SessionVerbs } from './core/sessions.ts'
import { createStarter, serverSlug } from './core/start.ts'
import { createTokenExchange, type TokenExchange } from './core/token-exchange.ts'
import { createTokens, type TokenVerbs } from './core/tokens.ts'
import { createUsers, type UserVerbs } from './core/users.ts'
import { createXsrf, type Xsrf } from './core/xsrf.ts'
import { invalidInput } from './lib/errors.ts'
import { createKeyedLock } from './lib/lock.ts'
import { createLog, type Log } from './lib/log.ts'
import { passwordProblem } from './lib/password-policy.ts'
import { createPasswords } from './lib/password.ts'
import { createThrottle } from './lib/throttle.ts'
import { systemClock, type Clock } from './lib/time.ts'
import { defineCustomScopes } from './model/scope-table.ts'
import { type GroupsOf } from './model/scope.ts'
import { createRoutes, type Routes } from './proxy/routes.ts'
import { serverEnvironment } from './spawn/environment.ts'
import { spawners } from './spawn/registry.ts'
import { type Spawner } from './spawn/spawner.ts'
import { openDatabase, type Database } from './store/database.ts'
import { createStore, type Store, type StoreReader } from './store/store.ts'

/** What route files get: readers, verbs, settings. */
export type Context = People & {
  readonly config: Config
  readonly log: Log
  readonly clock: Clock
  readonly store: StoreReader
  readonly authenticator: Authenticator
  readonly access: Access
  readonly login: Login
  readonly sessions: SessionVerbs
  readonly users: UserVerbs
  readonly links: Links
  readonly tokens: TokenVerbs
  readonly servers: ServerVerbs
  readonly namedServers: NamedServers
  readonly activity: Activity
  readonly oauthProvider: OAuthProvider
  readonly xsrf: Xsrf
  readonly metrics: Metrics
  /** 32 random bytes that sign login flows. */
  readonly signingKey: Buffer
}

/** The whole of it: what the hub itself and the command line need besides. */
export type WholeContext = Omit<Context, 'store'> & {
  readonly store: Store
  readonly spawner: Spawner
  readonly routes: Routes
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
  /** Somebody asked for the end of the hub over the API; whoever runs it is to stop it. */
  readonly onShutdown?: (options: { readonly servers: boolean }) => void
}

/** Builds everything on the data directory of `loaded`, which must exist. Opens and migrates the database. */
export function createContext(loaded: LoadedConfig, overrides: Overrides = {}): WholeContext {
  const { pluginOptions, warnings, ...config } = loaded
  const clock = overrides.clock ?? systemClock
  const log = overrides.log ?? createLog({ level: config.log_level })
  for (const warning of warnings) log.warn(warning)
  const file = path.join(config.data_dir, 'littlehub.db')
  const store = createStore(overrides.database ?? openDatabase(file, { log }))
  const metrics = createMetrics({ store, clock })
  const actions = createActionLog({ file: config.event_log, clock, log })
  const events = createEvents(log, { metrics, actions })
  const schedule = createSchedule({ log })
  const hubPath = `${config.base_url}hub/`
  const idleTimeoutMs = config.session.idle_timeout
  const groupsOf: GroupsOf = (userName) => store.groups.listNamesOfUser(userName)
  defineCustomScopes(config.custom_scopes)

  const activity = createActivity({ store, clock })
  const access = createAccess({ store, clock, activity, idleTimeoutMs, groupsOf })
  const tokens = createTokens({ store, clock, access, groupsOf, baseUrl: config.base_url, events })
  const passwords = createPasswords({
    cost: config.password.bcrypt_cost,
    concurrent: config.password.concurrent_hashes,
  })
  const needsOfPlugins = {
    log,
    passwords,
    loopback: isLoopback(config.host),
    dataDir: config.data_dir,
  }
  const authenticator = pluginOf(authenticators, config.auth.type).create(
    pluginOptions.auth,
    needsOfPlugins,
  )
  const spawner =
    overrides.spawner ??
    pluginOf(spawners, config.spawner.type).create(pluginOptions.spawner, needsOfPlugins)

  const internalPort = (): number => Number(store.facts.find(internalPortFact))
  const routes = createRoutes(() => clock.now().getTime())
  const starter = createStarter({
    store,
    spawner,
    routes,
    tokens,
    log: log.child({ part: 'start' }),
    baseUrl: config.base_url,
    startTimeoutMs: config.spawner.start_timeout,
    httpTimeoutMs: config.spawner.http_timeout,
    command: [...config.spawner.cmd, ...config.spawner.args],
    environment: (server, secret) =>
      serverEnvironment({
        config,
        server,
        secret,
        internalPort: internalPort(),
      }),
  })
  const servers = createServers({
    store,
    clock,
    spawner,
    starter,
    routes,
    tokens,
    schedule,
    lock: createKeyedLock(),
    events,
    log,
    baseUrl: config.base_url,
    limits: {
      concurrentSpawns: config.spawner.concurrent_spawn_limit,
      activeServers: config.spawner.active_server_limit,
    },
  })

  const namedServers = createNamedServers({
    store,
    limit: config.spawner.named_server_limit_per_user,
  })
  const checkPassword = (password: string, name: string): void => {
    const problem = passwordProblem(password, { minLength: config.password.min_length, name })
    if (problem !== undefined) throw invalidInput(problem)
  }
  const maxAgeMs = config.session.max_age
  const sessions = createSessions({ store, clock, access, events, idleTimeoutMs, maxAgeMs })
  const users = createUsers({
    store,
    clock,
    access,
    events,
    passwords,
    sessions,
    checkPassword,
    invite: (user) => (config.auth.type === 'native' ? links.invite(user) : undefined),
    stopServers: async (user, { forget }) => {
      for (const server of store.servers.listOf(user.id)) {
        await servers.stop(server)
        if (forget) await spawner.forget(serverSlug(user, server))
      }
    },
  })
  const links: Links = createLinks({
    store,
    clock,
    passwords,
    users,
    sessions,
    events,
    hubPath,
    checkPassword,
    validMs: {
      claim: config.links.claim_valid,
      invite: config.links.invite_valid,
      reset: config.links.reset_valid,
    },
  })
  const login = createLogin({
    store,
    authenticator,
    sessions,
    users,
    throttle: createThrottle({ clock }),
    lock: createKeyedLock(),
    events,
  })
  const oauthProvider = createOAuthProvider({ store, tokens, access, clock, groupsOf })
  const people = createPeople({
    ...{ store, routes, clock, access, events, users, groupsOf, config, log, schedule },
    internalPort,
  })
  const signingKey = readKey(path.join(config.data_dir, 'signing-key'))

  return {
    config,
    log,
    clock,
    store,
    authenticator,
    access,
    login,
    sessions,
    users,
    links,
    tokens,
    servers,
    namedServers,
    activity,
    oauthProvider,
    xsrf: createXsrf(signingKey),
    signingKey,
    metrics,
    ...people,
    spawner,
    routes,
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
