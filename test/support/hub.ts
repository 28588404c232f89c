/** A whole hub for a test: in a folder of its own, on a free port, ended with the test. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Test } from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { pluginSchemas, type Overrides } from '../../src/context.ts'
import { createHub, type Hub } from '../../src/hub.ts'
import { createLog } from '../../src/lib/log.ts'
import { type Server } from '../../src/model/server.ts'

export type HubOptions = Overrides & {
  /** Settings by dotted key, as on the command line. */
  readonly settings?: Readonly<Record<string, string>>
  /** A data folder that another hub left; it is not deleted. */
  readonly dataDir?: string
  /** Users with the password `passwordOf(name)`; `admin` is an administrator. */
  readonly users?: readonly string[]
}

export type TestHub = {
  readonly hub: Hub
  /** Without a slash at its end. */
  readonly url: string
  readonly dataDir: string
}

export const passwordOf = (name: string): string => `quite a long secret of ${name}`

/** Cheap hashing: what costs in production is not what a test looks at. */
const testSettings = {
  port: '0',
  log_level: 'error',
  'password.bcrypt_cost': '4',
}

export async function startHub(t: Test, options: HubOptions = {}): Promise<TestHub> {
  const dataDir = options.dataDir ?? path.join(temporaryFolder(t), 'data')
  const flags = { ...testSettings, data_dir: dataDir, ...options.settings }
  const loaded = loadConfig({ env: {}, flags }, pluginSchemas)
  const log = options.log ?? createLog({ level: loaded.log_level })
  const hub = createHub(loaded, { ...options, log })
  await hub.start()
  t.teardown(() => hub.stop({ servers: true }))
  for (const name of options.users ?? []) await addUser(hub, name)
  return { hub, url: hub.url.replace(/\/$/, ''), dataDir }
}

export async function addUser(hub: Hub, name: string): Promise<void> {
  const { users } = hub.context
  const user = users.add(name, { admin: name === 'admin' })
  await users.setPassword(user, passwordOf(name))
}

/** The default server of a user, as it is now. */
export function serverOf({ context: { store } }: Hub, userName: string): Server {
  const user = store.users.findByName(userName)
  const server = user && store.servers.findByName(user.id, '')
  if (!server) throw new Error(`there is no user ${userName}`)
  return server
}

/** A new folder that servers with other uids can reach, deleted with the test. */
export function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'littlehub-'))
  chmodSync(folder, 0o755)
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** The user environment that `scripts/test` made. */
export const userEnvironment = path.resolve(import.meta.dirname, '../../.littlehub/env')

/** The settings with which servers are the real `jupyterhub-singleuser`. */
export const jupyterSettings = {
  'spawner.cmd': path.join(userEnvironment, 'bin/jupyterhub-singleuser'),
  'spawner.path': `${path.join(userEnvironment, 'bin')}:/usr/local/bin:/usr/bin:/bin`,
}
