/** `littlehub serve` */
import { type LoadedConfig } from '../config/load.ts'
import { type WholeContext } from '../context.ts'
import { normaliseName } from '../model/user.ts'
import { createHub, type Hub, type StopOptions } from '../hub.ts'
import { favourEventLoop } from '../lib/helper-threads.ts'
import { createLog } from '../lib/log.ts'
import { hubOptions, type Call, type Command } from './command.ts'
import { addressOf, noteUrl } from './hub-url.ts'
import { logTo } from './log-output.ts'
import { createServiceManager, type ServiceManager } from './service-manager.ts'
import { settingsOf } from './settings.ts'
import { type Terminal } from './terminal.ts'
import { inWords } from './words.ts'

export const serve: Command = {
  name: 'serve',
  summary:
    'Run the hub until it is asked to stop (Ctrl-C, SIGTERM); a second time stops it at once.',
  details: [
    "Users' servers go on without the hub, and it finds them again at its next start.",
    'SIGHUP has it read its configuration again (at a terminal it ends the hub, as the window does that closes).',
    'SIGUSR2 has it make room for another hub on the same data: only WebSockets that are open go on in this process.',
  ],
  operands: [],
  options: {
    ...hubOptions,
    port: { type: 'string', value: 'N', help: 'Listen on this port, whatever the file says.' },
    'stop-servers': { type: 'boolean', help: "Stop users' servers with the hub." },
  },
  async run(call) {
    const readAgain = (): LoadedConfig => settingsOf(call, { port: call.text('port') })
    const settings = readAgain()
    for (const warning of settings.warnings) call.terminal.say(`Warning: ${warning}`)
    const ending = createEnding(call)
    const log = createLog({ level: settings.log_level }, logTo(call.terminal))
    const manager = createServiceManager(call.terminal.environment, {
      pid: process.pid,
      warn: (sentence) => log.warn(sentence),
    })
    const { socket, secureSocket } = manager
    const given = {
      ...(socket === undefined ? {} : { socket }),
      ...(secureSocket === undefined ? {} : { secureSocket }),
    }
    const hub = createHub(settings, { log, onShutdown: ending.begin, readAgain, ...given })
    if (secureSocket !== undefined && !settings.https.enabled)
      log.warn(`systemd holds a port for HTTPS, and https.enabled is off: littlehub doctor`)
    call.terminal.onReload(() => void reload(hub))
    await hub.start()
    await favourEventLoop(settings.spawner.type === 'systemd' ? 'apart' : 'beside')
    announce(hub, call.terminal)
    await manager.ready()
    const end = await Promise.race([ending.begun, ending.aside])
    if (end === 'aside') return await stepAside(hub, manager, ending)
    await manager.stopping()
    await hub.stop(end)
    call.terminal.say('The hub has stopped.')
    return 0
  },
}

/** Its tunnels go on until the last one has ended, or until it is asked to end. */
async function stepAside(hub: Hub, manager: ServiceManager, ending: Ending): Promise<number> {
  const keeper = await hub.stepAside()
  await manager.steppedAside()
  if (!keeper) return 0
  await Promise.race([keeper.ended, ending.begun])
  keeper.close()
  await keeper.ended
  return 0
}

/** Its log says what came of it. A hub that only just starts has read its configuration a moment ago. */
async function reload(hub: Hub): Promise<void> {
  try {
    await hub.reload()
  } catch {
    return
  }
}

/** A second signal does not wait for anything; the exit code is the shell's for a signal that ended a program. */
const atOnceExitCode = 130

/** One Ctrl-C arrives twice where a wrapper such as npm passes it on. */
const sameSignalMs = 100

type Ending = {
  readonly begin: (options: StopOptions) => void
  readonly begun: Promise<StopOptions>
  /** Another hub wants to take over. */
  readonly aside: Promise<'aside'>
}

/** The end of the hub: at the first signal, or when an administrator asks for it through the API. */
function createEnding(call: Call): Ending {
  const { terminal } = call
  const aside = new Promise<'aside'>((resolve) => {
    terminal.onStepAside(() => resolve('aside'))
  })
  const { promise: begun, resolve: begin } = Promise.withResolvers<StopOptions>()
  let signalledMs: number | undefined
  terminal.onEnd(() => {
    const nowMs = performance.now()
    if (signalledMs !== undefined && nowMs - signalledMs < sameSignalMs) return
    if (signalledMs !== undefined) terminal.exit(atOnceExitCode)
    signalledMs = nowMs
    terminal.say('Stopping. Once more stops at once.')
    begin({ servers: call.isSet('stop-servers') })
  })
  return { begin, begun, aside }
}

/** Those of the configuration who cannot get in by themselves. */
function adminsWithoutPassword({ config, store }: WholeContext): string[] {
  if (config.auth.type !== 'native') return []
  const names = new Set(config.admin_users.map(normaliseName))
  return store.users
    .listAdmins()
    .filter(({ id, name }) => names.has(name) && store.users.findPasswordHash(id) === undefined)
    .map(({ name }) => name)
}

function announce(hub: Hub, terminal: Terminal): void {
  const { context } = hub
  noteUrl(context, hub.url)
  terminal.say(`littlehub listens on ${addressOf(context.config.base_url, context)}`)
  for (const name of adminsWithoutPassword(context))
    terminal.say(
      `Warning: the administrator ${name} has no password yet; run: littlehub user reset-password ${name}`,
    )
  if (context.store.users.countAdmins() > 0) return
  const valid = inWords(context.config.links.claim_valid)
  terminal.say(
    `It has no owner yet. Whoever opens this link first becomes it (it works once, for ${valid}):`,
  )
  terminal.say(`  ${addressOf(context.links.claim(), context)}`)
}
