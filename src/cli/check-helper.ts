/** The doctor asks the process that starts servers for an installed hub whether it is there, and which version it is. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { asError } from '../lib/errors.ts'
import { SECOND, sleep } from '../lib/time.ts'
import { version } from '../lib/version.ts'
import { helperSocket, openHelperLink } from '../spawn/helper-link.ts'
import { fail, ok, warn, type Finding } from './finding.ts'

/** systemd may have to start it first. */
const answerMs = 20 * SECOND

/** Nothing, where the hub was not installed with one. @param units where the installer keeps what it wrote */
export async function checkHelper(
  units: string,
  { socket = helperSocket, withinMs = answerMs } = {},
): Promise<Finding[]> {
  if (!existsSync(path.join(units, 'littlehub-spawner.socket'))) return []
  const link = openHelperLink({ socket, onMemoryKill: () => undefined, onLeave: () => undefined })
  try {
    const found = await Promise.race([link.version, sleep(withinMs)])
    if (found === undefined) return [silent('it does not answer')]
    if (found === version) return [ok('helper', 'it answers, and starts servers for the hub')]
    return [warn('helper', `it is littlehub ${found}, and this is ${version}`, restart)]
  } catch (thrown) {
    const { cause } = asError(thrown)
    return [silent(`it is not there (${asError(cause ?? thrown).message})`)]
  } finally {
    link.close()
  }
}

const restart = 'systemctl restart littlehub-spawner.service; no server ends.'

const silent = (found: string): Finding =>
  fail(
    'helper',
    `${found}, so no server can be started`,
    'systemctl start littlehub-spawner.socket; journalctl -u littlehub-spawner says why it ended.',
  )
