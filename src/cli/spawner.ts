/** `littlehub spawner` */
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { createServer } from 'node:net'
import { HubError } from '../lib/errors.ts'
import { createLog } from '../lib/log.ts'
import { normaliseName } from '../model/user.ts'
import { findForeignAbove } from '../spawn/foreign-files.ts'
import { createHelperCalls } from '../spawn/helper-calls.ts'
import { helperSocket } from '../spawn/helper-link.ts'
import { serveHelper } from '../spawn/helper-server.ts'
import { systemdOptionsOf } from '../spawn/systemd-options.ts'
import { systemdSpawner } from '../spawn/systemd.ts'
import { hubOptions, type Call, type Command } from './command.ts'
import { logTo } from './log-output.ts'
import { createServiceManager } from './service-manager.ts'
import { fileOf, settingsOf } from './settings.ts'

export const spawner: Command = {
  name: 'spawner',
  summary: 'Start servers as units of systemd, for a hub that is not root.',
  details: [
    'Run by littlehub-spawner.service, as root. It trusts the configuration file, and nothing that the hub says.',
  ],
  operands: [],
  options: { ...hubOptions },
  async run(call) {
    const { environment } = call.terminal
    const options = systemdOptionsOf(settingsOf(call))
    if (!options) throw unfit('spawner.type is not systemd, so there is nothing to do here.')
    requireOwn(fileOf(call))
    const log = createLog({ level: settingsOf(call).log_level }, logTo(call.terminal))
    const manager = createServiceManager(environment, {
      pid: process.pid,
      warn: (sentence) => log.warn(sentence),
    })
    const { STATE_DIRECTORY: dataDir } = environment
    if (manager.socket === undefined || dataDir === undefined)
      throw unfit('It is started by systemd, with a socket and a state directory.')
    const hubGroup = statSync(helperSocket).gid
    // As the file says now, as for administrators.
    const settings = { get spawner() { return settingsOf(call).spawner } } // prettier-ignore
    const servers = systemdSpawner.create(options, { log, dataDir, hubGroup, settings })
    const calls = createHelperCalls(servers, {
      unitPrefix: options.unit_prefix,
      isAdmin: (name) => options.admin_sudo && isAdmin(call, name),
    })
    const server = createServer()
    const helper = serveHelper(server, { calls, spawner: servers, log })
    server.listen({ fd: manager.socket })
    await once(server, 'listening')
    const { promise: ended, resolve: end } = Promise.withResolvers<undefined>()
    call.terminal.onEnd(() => end(undefined))
    await manager.ready()
    await ended
    await manager.stopping()
    await helper.close()
    servers.close?.()
    return 0
  },
}

const unfit = (sentence: string): HubError => new HubError('Unavailable', sentence)

/** Whoever can change the configuration decides over root. @throws {HubError} Unavailable */
function requireOwn(file: string | undefined): void {
  if (process.getuid?.() !== 0) throw unfit('Only root can start servers as others.')
  if (file === undefined) throw unfit('It needs a configuration file.')
  const foreign = findForeignAbove(file)
  if (foreign !== undefined) throw unfit(`${foreign} can be changed by others than root.`)
}

/** As the file says now: an administrator who was added since the start is one at once. */
const isAdmin = (call: Call, name: string): boolean =>
  settingsOf(call).admin_users.some((admin) => normaliseName(admin) === name)
