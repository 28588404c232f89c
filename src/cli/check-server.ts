/** The doctor starts a server, through a whole hub of its own in a passing folder, and talks to a kernel through its front door. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type LoadedConfig } from '../config/load.ts'
import { createHub, type Hub } from '../hub.ts'
import { asError, HubError } from '../lib/errors.ts'
import { createLog } from '../lib/log.ts'
import { serverPath, type Server } from '../model/server.ts'
import { type User } from '../model/user.ts'
import { systemdOptionsOf } from '../spawn/systemd-options.ts'
import { createUnixAccounts } from '../spawn/unix-accounts.ts'
import { nearestFolder } from './check-machine.ts'
import { fail, ok, warn, type Finding } from './finding.ts'
import { roundTripToKernel, type Peer } from './kernel-round-trip.ts'

type Trial = {
  /** Whose server it is to be; matters where servers run as unix accounts of the same name. */
  readonly userName: string
  /** Aborted when nobody wants to know any more: what was begun is ended and removed then. */
  readonly signal: AbortSignal
}

export async function* checkServer(
  settings: LoadedConfig,
  { userName, signal }: Trial,
): AsyncGenerator<Finding> {
  // Beside the real data, so that whatever keeps servers from reaching that is met here as well.
  const dir = mkdtempSync(join(nearestFolder(settings.data_dir), 'doctor-'))
  const troubles: string[] = []
  const log = createLog(
    { level: 'error' },
    { write: (line) => void troubles.push(troubleIn(line)) },
  )
  const own = passing(settings, dir)
  const hub = createHub(own, { log })
  let patient: User | undefined
  let ended: Promise<void> | undefined
  const end = (): void => void (ended ??= hub.stop({ servers: true }))
  try {
    await hub.start()
    signal.throwIfAborted()
    signal.addEventListener('abort', end, { once: true })
    patient = hub.context.users.add(isUnit(own) ? patientName : userName, { admin: false })
    for await (const finding of checkWith(hub, patient))
      yield { ...finding, found: [finding.found, ...troubles].join('\n    | ') }
  } catch (thrown) {
    yield fail('server', asError(thrown).message, 'Mend what is said above, then run this again.')
  } finally {
    signal.removeEventListener('abort', end)
    end()
    await ended
    rmSync(dir, { recursive: true, force: true })
    if (patient) await removeAccount(own, patient)
  }
}

/** What an error of the log says, without where in the program it came from. */
function troubleIn(line: string): string {
  const { msg, error } = JSON.parse(line) as { msg?: string; error?: { message?: string } }
  return [msg, error?.message].filter((part) => part !== undefined).join(': ')
}

/** The same settings, but for where it keeps its data and listens, and for what is about who somebody is. */
const passing = (settings: LoadedConfig, dir: string): LoadedConfig => ({
  ...settings,
  data_dir: dir,
  host: '127.0.0.1',
  port: 0,
  internal_port: 0,
  public_url: '',
  profiles: [],
  hooks: '',
  // One server is started, the ordinary way: making ready for more would only take its time.
  spawner: { ...settings.spawner, warm_start: false },
  pluginOptions: { ...settings.pluginOptions, spawner: passingSpawner(settings) },
})

/** Its slug is of the hashed form, so that no folder or unit is somebody else's. */
const patientName = 'the doctor of this hub'

/** No slug of a person has an underscore in it, so no account either, whatever the prefix is. */
const accountPrefix = '_doctor_'

const isUnit = (settings: LoadedConfig): boolean => systemdOptionsOf(settings) !== undefined

function passingSpawner(settings: LoadedConfig): unknown {
  const options = systemdOptionsOf(settings)
  if (!options) return settings.pluginOptions.spawner
  return { ...options, account_prefix: accountPrefix, unit_prefix: 'littlehub-doctor-' }
}

async function removeAccount(settings: LoadedConfig, user: User): Promise<void> {
  const options = systemdOptionsOf(settings)
  if (options) await createUnixAccounts(options).remove(user)
}

async function* checkWith(hub: Hub, user: User): AsyncGenerator<Finding> {
  const { context } = hub
  const stopped = context.store.servers.listOf(user.id)[0]
  if (stopped === undefined) throw new Error('a new user has no server')
  const beganMs = performance.now()
  try {
    const server = await context.servers.start(stopped)
    yield started(server, context.config.spawner.cmd[0], performance.now() - beganMs)
  } catch (thrown) {
    yield notStarted(thrown, context.store.servers.find(stopped.id))
    return
  }
  const { secret } = context.tokens.issue({ user, note: 'littlehub doctor', expiresInSeconds: 300 })
  const path = serverPath(context.config.base_url, user.name, '')
  yield await checkFrontDoor({ url: new URL(path, hub.url).href, secret })
}

function started(server: Server, command: string | undefined, tookMs: number): Finding {
  const { pid, unit } = server.spawnState ?? {}
  const uid = uidOf(pid)
  const as = typeof unit === 'string' ? `as the unit ${unit}` : `with uid ${uid ?? 'unknown'}`
  const found = `${command ?? ''} answered after ${inSeconds(tookMs)}, running ${as}`
  if (uid !== 0) return ok('server', found)
  return warn(
    'server',
    `${found}: root`,
    'Everybody who logs in is root on this machine. Set spawner.process.run_as to range.',
  )
}

/** The effective one. @see proc_pid_status(5) */
function uidOf(pid: unknown): number | undefined {
  if (typeof pid !== 'number') return undefined
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return uid === undefined ? undefined : Number(uid)
}

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

function notStarted(thrown: unknown, server: Server | undefined): Finding {
  const failure = server?.failure
  const found = failure?.message ?? asError(thrown).message
  const log = (failure?.logTail ?? []).slice(-5).map((line) => `\n    | ${line}`)
  const advice =
    failure?.hint ??
    'Try the program of spawner.cmd by hand, as a user without rights, with the PATH of spawner.path.'
  return fail('server', found + log.join(''), advice)
}

async function checkFrontDoor(peer: Peer): Promise<Finding> {
  const beganMs = performance.now()
  try {
    await roundTripToKernel(peer)
    const took = inSeconds(performance.now() - beganMs)
    return ok('front door', `a kernel answered over a WebSocket after ${took}`)
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.code === 'NotFound')
      return warn(
        'front door',
        'this server has no kernels, so no WebSocket was tried',
        thrown.message,
      )
    return fail(
      'front door',
      `no kernel answered over a WebSocket: ${asError(thrown).message}`,
      "Look at the server's log in the logs folder, and whether ipykernel is installed beside Jupyter.",
    )
  }
}
