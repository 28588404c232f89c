/** `littlehub doctor` */
import path from 'node:path'
import { findRunningHub } from '../config/data-dir.ts'
import { createInstallation } from '../config/installation.ts'
import { type LoadedConfig } from '../config/load.ts'
import { problemOfCertificate } from '../core/acme.ts'
import { asError, ConfigError } from '../lib/errors.ts'
import { createLog } from '../lib/log.ts'
import { systemClock } from '../lib/time.ts'
import { openDatabase } from '../store/database.ts'
import { createStore, type Store, type StoreReader } from '../store/store.ts'
import { type User } from '../model/user.ts'
import { systemdOptionsOf } from '../spawn/systemd-options.ts'
import { checkAccounts } from './check-accounts.ts'
import { checkBackup } from './check-backup.ts'
import { checkDatabase, checkDataDir } from './check-data.ts'
import { checkFront } from './check-front.ts'
import { checkHelper } from './check-helper.ts'
import { checkHttps, type RunningHub } from './check-https.ts'
import { checkLimits } from './check-limits.ts'
import { checkLoop } from './check-loop.ts'
import { checkClock, checkDisk, checkMemory, checkTimeService } from './check-machine.ts'
import { checkName } from './check-name.ts'
import { checkPort } from './check-port.ts'
import { checkRoutes } from './check-routes.ts'
import { checkServer } from './check-server.ts'
import { checkUnits, unitFolders } from './check-units.ts'
import { checkVersion } from './check-version.ts'
import { checkWarmStart } from './check-warm-start.ts'
import { hubOptions, jsonOption, UsageError, type Call, type Command } from './command.ts'
import { fail, ok, warn, type Finding } from './finding.ts'
import { snippetNames, snippetOf } from './front-snippets.ts'
import { addressOf } from './hub-url.ts'
import { readMetrics, readWarmth, withPassingToken } from './running-hub.ts'
import { fileOf, settingsOf } from './settings.ts'
import { withContextOf } from './with-context.ts'

export const doctor: Command = {
  name: 'doctor',
  summary: 'Look at what usually goes wrong, and say what to do about it.',
  details: [
    'Nothing is changed. A server is really started, in a passing folder, and ended again; where servers are units of',
    'systemd, under an account that is made for it and removed.',
    'The exit code is 1 when something has to be mended.',
  ],
  operands: [],
  options: {
    quick: { type: 'boolean', help: 'Do not start a server.' },
    as: {
      type: 'string',
      value: 'NAME',
      help: 'Whose server is started, where spawner.process.run_as is unix: an account that exists.',
    },
    port: { type: 'string', value: 'N', help: 'The port that "serve" is given, if it is.' },
    snippet: {
      type: 'string',
      value: 'NAME',
      help: 'Only print what nginx, apache or caddy needs to stand in front of this hub.',
    },
    ...jsonOption,
    ...hubOptions,
  },
  async run(call) {
    if (call.text('snippet') !== undefined) return printSnippet(call)
    const findings: Finding[] = []
    const signal = untilEnd(call)
    for await (const finding of examine(call, signal)) {
      if (signal.aborted) return interruptedExitCode
      findings.push(finding)
      if (!call.isSet('json')) for (const line of toLines(finding)) call.terminal.print(line)
    }
    if (call.isSet('json')) call.terminal.print(JSON.stringify(findings))
    return findings.some(({ level }) => level === 'fail') ? 1 : 0
  },
}

/** The shell's for a program that was interrupted. */
const interruptedExitCode = 130

/** Aborted by Ctrl-C: what the doctor made is removed then. A second one waits for nothing. */
function untilEnd({ terminal }: Call): AbortSignal {
  const controller = new AbortController()
  terminal.onEnd(() => {
    if (controller.signal.aborted) terminal.exit(interruptedExitCode)
    terminal.say('Cleaning up. Once more stops at once.')
    controller.abort(new Error('interrupted'))
  })
  return controller.signal
}

function printSnippet(call: Call): number {
  const asked = call.text('snippet')
  const name = snippetNames.find((one) => one === asked)
  if (name === undefined)
    throw new UsageError(
      `--snippet takes ${snippetNames.join(', ')}, not "${asked ?? ''}"`,
      'doctor',
    )
  const text = snippetOf(name, settingsOf(call, { port: call.text('port') }))
  call.terminal.print(call.isSet('json') ? JSON.stringify({ name, text }) : text)
  return 0
}

/** Cheapest first; each is shown as soon as it is known. */
async function* examine(call: Call, signal: AbortSignal): AsyncGenerator<Finding> {
  const settings = settingsOrFindings(call)
  if (Array.isArray(settings)) return yield* settings
  const { data_dir: dataDir, warnings } = settings
  yield* warnings.map((found) =>
    warn('configuration', found, 'Others of this machine can read it.'),
  )
  if (warnings.length === 0)
    yield ok('configuration', fileOf(call) ?? 'no file, so everything has its default')
  yield* checkServices(settings)
  const folder = checkDataDir(dataDir)
  yield folder
  const database = checkDatabase(dataDir)
  yield database
  yield* checkMachine(settings)
  yield* checkInstalled(settings)
  yield* await checkName(settings.public_url)
  yield await checkPort(settings, () => urlOf(settings))
  yield* checkHttps(settings, systemClock.now(), runningHub(settings))
  if (database.level === 'ok') yield* await checkRunning(call, settings)
  const systemd = systemdOptionsOf(settings)
  if (systemd) yield* await checkLimits(systemd)
  if (call.isSet('quick') || folder.level === 'fail') return
  if (!call.isSet('json')) call.terminal.say('Starting a server …')
  yield* checkServer(settings, { userName: call.text('as') ?? 'doctor', signal })
}

/** Nothing where install.sh has installed nothing. */
async function* checkInstalled(settings: LoadedConfig): AsyncGenerator<Finding> {
  const { data_dir: dataDir, https } = settings
  const isRunning = findRunningHub(dataDir) !== undefined
  yield* checkVersion(createInstallation(process.execPath, dataDir).fallback(), isRunning)
  yield* await checkUnits({ ...unitFolders, https: https.enabled })
  if (systemdOptionsOf(settings)) yield* await checkHelper(unitFolders.written)
}

async function* checkMachine(settings: LoadedConfig): AsyncGenerator<Finding> {
  const { data_dir: dataDir } = settings
  const systemd = systemdOptionsOf(settings)
  yield checkBackup(settings, systemClock.now())
  yield* checkDisk([dataDir, ...(systemd ? [systemd.homes_dir] : []), '/var/log'])
  yield checkMemory()
  yield checkClock(dataDir, systemClock.now())
  yield* await checkTimeService()
}

function settingsOrFindings(call: Call): LoadedConfig | Finding[] {
  try {
    return settingsOf(call, { port: call.text('port') })
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown
    return thrown.message
      .split('\n')
      .map((problem) => fail('configuration', problem, 'Correct it there.'))
  }
}

/** The front door lets everybody through to these: they look after themselves. */
function checkServices({ services }: LoadedConfig): Finding[] {
  const names = services
    .filter(({ url, access }) => url !== '' && access === 'public')
    .map(({ name }) => name)
  return names.length === 0
    ? []
    : [ok('services', `open to everybody, without a login at the hub: ${names.join(', ')}`)]
}

/** How the running hub is, if there is one: itself, its people's accounts, what stands in front of it. */
async function checkRunning(call: Call, settings: LoadedConfig): Promise<Finding[]> {
  if (findRunningHub(settings.data_dir) === undefined) return []
  try {
    return await withContextOf(call, settings, async (context) => {
      const { config, clock } = context
      const metrics = await readMetrics(context)
      const front = await withPassingToken(context, 'read:hub', (secret) =>
        checkFront({ config, secret, now: clock.now() }),
      )
      const systemd = systemdOptionsOf(settings)
      const accounts = systemd ? await checkAccounts(systemd, everybody(context.store)) : []
      const warmth = await readWarmth(context)
      const starts = warmth && checkWarmStart(warmth, config.spawner.warm_start)
      const loop = metrics === undefined ? [] : [checkLoop(metrics)]
      const routes = checkRoutes(config, context.store.addedRoutes.list())
      return [...loop, ...(starts ? [starts] : []), ...(front ?? []), ...routes, ...accounts]
    })
  } catch (thrown) {
    const found = `the hub does not say how it is: ${asError(thrown).message}`
    return [warn('event loop', found, "Look at the hub's log.")]
  }
}

const everybody = ({ users }: StoreReader): User[] =>
  users.list({ offset: 0, limit: users.count() })

/** Where the running hub says it is. */
const urlOf = (config: LoadedConfig): string =>
  fromStore(config, (store) =>
    addressOf(config.base_url, { config: { ...config, public_url: '' }, store }),
  )

function runningHub(config: LoadedConfig): RunningHub | undefined {
  if (!config.https.enabled || findRunningHub(config.data_dir) === undefined) return undefined
  const problem = fromStore(config, ({ facts }) =>
    problemOfCertificate({ config, facts, clock: systemClock }),
  )
  return { url: urlOf(config), problem }
}

/** The database of a running hub is of this version. */
function fromStore<Result>(config: LoadedConfig, read: (store: Store) => Result): Result {
  const log = createLog({ level: 'silent' })
  const store = createStore(openDatabase(path.join(config.data_dir, 'littlehub.db'), { log }))
  try {
    return read(store)
  } finally {
    store.close()
  }
}

const words = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const

function toLines({ check, level, found, advice }: Finding): string[] {
  const line = `${words[level]}  ${check}: ${found}`
  return advice === undefined ? [line] : [line, `      → ${advice}`]
}
