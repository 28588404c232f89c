/** `littlehub proxy` */
import { createLog } from '../lib/log.ts'
import { version as programVersion } from '../lib/version.ts'
import { startProxy } from '../standalone/proxy.ts'
import { UsageError, type Call, type Command } from './command.ts'
import { logTo } from './log-output.ts'
import { proxyOptions } from './proxy-options.ts'
import { proxySettings } from './proxy-settings.ts'

/** As configurable-http-proxy ends when a signal asks for it. */
const signalledExitCode = 2

export const proxy: Command = {
  name: 'proxy',
  summary: 'Run the proxy alone, for a JupyterHub: in the place of configurable-http-proxy.',
  details: [
    'It takes the options of configurable-http-proxy and answers the same API at /api/routes.',
    'In jupyterhub_config.py: c.ConfigurableHTTPProxy.command = ["littlehub", "proxy"]',
    'The token of the API is CONFIGPROXY_AUTH_TOKEN in the environment; JupyterHub sets it.',
  ],
  operands: [],
  options: proxyOptions,
  async run(call) {
    if (call.isSet('version')) {
      call.terminal.print(programVersion)
      return 0
    }
    const { promise: ended, resolve: end } = Promise.withResolvers<unknown>()
    call.terminal.onEnd(end)
    const settings = proxySettings(call)
    const log = createLog({ level: levelOf(call) }, logTo(call.terminal))
    if (settings.token === undefined) log.warn('the API of routes asks for no token')
    const running = await startProxy(settings, log)
    await ended
    await running.stop()
    return signalledExitCode
  },
}

const levels: readonly string[] = ['debug', 'info', 'warn', 'error']

/** @throws {UsageError} */
function levelOf(call: Call): string {
  const level = (call.text('log-level') ?? 'info').toLowerCase()
  if (levels.includes(level)) return level
  throw new UsageError(`--log-level ${level} is none of ${levels.join(', ')}.`, 'proxy')
}
