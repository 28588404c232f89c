/** All the parts of a hub as `createContext` puts them together, with a scripted spawner and a clock to turn, without the web. */
import path from 'node:path'
import { type Test } from 'tap'
import { loadConfig, type LoadedConfig } from '../../src/config/load.ts'
import { prepareDataDir } from '../../src/config/data-dir.ts'
import { createContext, pluginSchemas, type WholeContext } from '../../src/context.ts'
import { type Principal } from '../../src/core/access.ts'
import { type HookModule } from '../../src/core/hooks.ts'
import { type NewSession } from '../../src/core/sessions.ts'
import { createLog } from '../../src/lib/log.ts'
import { type Server } from '../../src/model/server.ts'
import { sessionCookie } from '../../src/model/session.ts'
import { type User } from '../../src/model/user.ts'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { createClock, type TestClock } from './clock.ts'
import { createScriptedSpawner, type ScriptedSpawner } from './scripted-spawner.ts'

export type Core = {
  readonly context: WholeContext
  readonly loaded: LoadedConfig
  readonly clock: TestClock
  readonly spawner: ScriptedSpawner
  readonly database: Database
  readonly dataDir: string
  /** Every line that was logged, as JSON. */
  readonly lines: string[]
  /** `admin…` is an administrator. */
  addUser(name: string): User
  serverOf(user: User, name?: string): Server
  /** The server as it is stored now. */
  again(server: Server): Server
  logIn(user: User): NewSession
  asSession(session: NewSession): Principal | undefined
  asToken(secret: string): Principal | undefined
  /** Another hub on the same data, with the same programs running; this one lets go before. */
  restart(change?: Pick<CoreOptions, 'settings' | 'env'>): Promise<Core>
}

export type CoreOptions = {
  /** What is read when the configuration is read again. */
  readonly readAgain?: () => LoadedConfig
  readonly settings?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly dataDir?: string
  readonly spawner?: ScriptedSpawner
  readonly clock?: TestClock
  readonly hooks?: HookModule
}

export const origin = { address: '203.0.113.7', userAgent: 'a browser' }

export const goodPassword = 'four words of a long sentence'

export function createCore(t: Test, options: CoreOptions = {}): Core {
  const dataDir = options.dataDir ?? path.join(t.testdir(), 'data')
  const { spawner = createScriptedSpawner(), clock = createClock() } = options
  const flags = { data_dir: dataDir, 'password.bcrypt_cost': '4', ...options.settings }
  const loaded = loadConfig({ env: options.env ?? {}, flags }, pluginSchemas)
  prepareDataDir(dataDir)
  const lines: string[] = []
  const log = createLog({ level: 'debug' }, { write: (line) => void lines.push(line) })
  const database = openDatabase(path.join(dataDir, 'littlehub.db'), { log })
  const context = createContext(loaded, {
    ...{ log, clock, spawner, database },
    ...(options.hooks && { hooks: options.hooks }),
  })
  context.store.facts.set('internal_port', '1')
  const { store, users, sessions, access, servers, schedule } = context
  let ended = false
  const end = async (): Promise<void> => {
    if (ended) return
    ended = true
    await servers.letGo()
    await schedule.stop()
    store.close()
  }
  t.teardown(async () => {
    await end()
    for (const program of spawner.programs()) await program.end()
  })

  return {
    context,
    loaded,
    clock,
    spawner,
    database,
    dataDir,
    lines,
    addUser: (name) => users.add(name, { admin: name.startsWith('admin') }),
    serverOf: (user, name = '') =>
      store.servers.findByName(user.id, name) ?? store.servers.create(user.id, name),
    again(server) {
      const row = store.servers.find(server.id)
      if (!row) throw new Error('the server is gone')
      return row
    },
    logIn: (user) => sessions.begin(user, origin),
    asSession: ({ secret }) => access.identify({ cookie: `${sessionCookie.plain}=${secret}` }),
    asToken: (secret) => access.identify({ authorization: `token ${secret}` }),
    async restart(change = {}) {
      await end()
      return createCore(t, { ...options, dataDir, spawner, clock, ...change })
    },
  }
}

/** Waits for what happens by itself; the limit is far away and only ends a test that fails. */
export async function eventually(isTrue: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 1000; tries++) {
    if (isTrue()) return true
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return false
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

/** From now on nothing can be written, as on a full disk, until what is returned is called. */
export function fillDisk({ database }: Core): () => void {
  database.pragma('query_only = on')
  return () => void database.pragma('query_only = off')
}
