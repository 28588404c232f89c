/** `littlehub doctor` */
import { join } from 'node:path'
import { findRunningHub } from '../config/data-dir.ts'
import { type LoadedConfig } from '../config/load.ts'
import { asError, ConfigError } from '../lib/errors.ts'
import { createLog } from '../lib/log.ts'
import { systemClock } from '../lib/time.ts'
import { openDatabase } from '../store/database.ts'
import { createStore } from '../store/store.ts'
import { checkBackup } from './check-backup.ts'
import { checkDatabase, checkDataDir } from './check-data.ts'
import { checkLoop } from './check-loop.ts'
import { checkHttps } from './check-https.ts'
import { checkClock, checkDisk, checkMemory } from './check-machine.ts'
import { checkPort } from './check-port.ts'
import { checkServer } from './check-server.ts'
import { hubOptions, jsonOption, type Call, type Command } from './command.ts'
import { fail, ok, warn, type Finding } from './finding.ts'
import { addressOf } from './hub-url.ts'
import { readMetrics } from './running-hub.ts'
import { fileOf, settingsOf } from './settings.ts'
import { withContextOf } from './with-context.ts'

export const doctor: Command = {
  name: 'doctor',
  summary: 'Look at what usually goes wrong, and say what to do about it.',
  details: [
    'Nothing is changed. A server is really started, in a passing folder, and ended again.',
    'The exit code is 1 when something has to be mended.',
  ],
  operands: [],
  options: {
    quick: { type: 'boolean', help: 'Do not start a server.' },
    as: {
      type: 'string',
      value: 'NAME',
      help: 'Whose server is started; an existing account where spawner.process.run_as is unix.',
    },
    port: { type: 'string', value: 'N', help: 'The port that "serve" is given, if it is.' },
    ...jsonOption,
    ...hubOptions,
  },
  async run(call) {
    const findings: Finding[] = []
    for await (const finding of examine(call)) {
      findings.push(finding)
      if (!call.isSet('json')) for (const line of toLines(finding)) call.terminal.print(line)
    }
    if (call.isSet('json')) call.terminal.print(JSON.stringify(findings))
    return findings.some(({ level }) => level === 'fail') ? 1 : 0
  },
}

/** Cheapest first; each is shown as soon as it is known. */
async function* examine(call: Call): AsyncGenerator<Finding> {
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
  yield checkBackup(settings, systemClock.now())
  yield checkDisk(dataDir)
  yield checkMemory()
  yield checkClock(dataDir, systemClock.now())
  yield await checkPort(settings, () => urlOf(settings))
  yield* checkHttps(settings, systemClock.now())
  yield* await checkRunning(call, settings)
  if (call.isSet('quick') || folder.level === 'fail') return
  if (!call.isSet('json')) call.terminal.say('Starting a server …')
  yield* checkServer(settings, call.text('as') ?? 'doctor')
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

/** How the running hub is, if there is one. */
async function checkRunning(call: Call, settings: LoadedConfig): Promise<Finding[]> {
  if (findRunningHub(settings.data_dir) === undefined) return []
  try {
    const metrics = await withContextOf(call, settings, readMetrics)
    return metrics === undefined ? [] : [checkLoop(metrics)]
  } catch (thrown) {
    const found = `the hub does not say how it is: ${asError(thrown).message}`
    return [warn('event loop', found, "Look at the hub's log.")]
  }
}

/** Where the running hub says it is. Its database is of this version, since it runs. */
function urlOf(config: LoadedConfig): string {
  const log = createLog({ level: 'silent' })
  const store = createStore(openDatabase(join(config.data_dir, 'littlehub.db'), { log }))
  try {
    return addressOf(config.base_url, { config: { ...config, public_url: '' }, store })
  } finally {
    store.close()
  }
}

const words = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const

function toLines({ check, level, found, advice }: Finding): string[] {
  const line = `${words[level]}  ${check}: ${found}`
  return advice === undefined ? [line] : [line, `      → ${advice}`]
}
