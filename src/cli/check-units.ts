/** The doctor looks at the unit files of an installed hub: there, enabled, and as the installer wrote them. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { runProgram } from '../lib/run.ts'
import { parseBlocks, type UnitFacts } from '../spawn/systemctl.ts'
import { fail, ok, warn, type Finding } from './finding.ts'

/** Where the installer keeps what it wrote, and where systemd reads it. */
export type UnitFolders = { readonly written: string; readonly installed: string }

export const unitFolders: UnitFolders = {
  written: '/opt/littlehub/units',
  installed: '/etc/systemd/system',
}

const again = 'Install again: it puts the unit files in place and keeps everything else.'

/** Always to be enabled; the socket of HTTPS only where the configuration says so. */
const enabled = ['littlehub.socket', 'littlehub-spawner.socket', 'littlehub.service']

/** Holds the port of HTTPS, whether anybody answers there or not. */
export const httpsSocket = 'littlehub-https.socket'

export type UnitNeeds = UnitFolders & { readonly https: boolean }

/** Nothing, where the hub was not installed. @param needs `https`: whether the hub is to speak it */
export async function checkUnits(
  needs: UnitNeeds,
  ask: (units: readonly string[]) => Promise<UnitFacts[]> = askSystemd,
): Promise<Finding[]> {
  if (!statSync(needs.written, { throwIfNoEntry: false })) return []
  const names = readdirSync(needs.written).sort()
  const faults = [
    ...names.flatMap((name) => fileFault(name, needs) ?? []),
    ...(await ask(names)).flatMap((facts) => stateFault(facts) ?? httpsFault(facts, needs) ?? []),
  ]
  return faults.length > 0 ? faults : [ok('units', `${names.join(', ')}: as they were installed`)]
}

const askSystemd = async (units: readonly string[]): Promise<UnitFacts[]> => {
  const shown = 'Id,UnitFileState,ActiveState,NeedDaemonReload,DropInPaths'
  return parseBlocks(await runProgram(['systemctl', 'show', `--property=${shown}`, '--', ...units]))
}

function fileFault(name: string, { written, installed }: UnitFolders): Finding | undefined {
  const file = path.join(installed, name)
  if (!statSync(file, { throwIfNoEntry: false })) return fail('units', `${file} is missing`, again)
  if (readFileSync(file, 'utf8') === readFileSync(path.join(written, name), 'utf8'))
    return undefined
  return warn(
    'units',
    `${file} is not as it was installed`,
    `Put changes of your own into a file beside it (systemctl edit ${name}), which stays. ${again}`,
  )
}

function stateFault(facts: UnitFacts): Finding | undefined {
  const { Id: unit = '', UnitFileState: state = '', NeedDaemonReload: stale } = facts
  if (state === 'masked') return fail('units', `${unit} is masked`, `systemctl unmask ${unit}`)
  if (enabled.includes(unit) && state === 'disabled')
    return fail('units', `${unit} does not start with the machine`, `systemctl enable ${unit}`)
  if (facts['ActiveState'] === 'failed')
    return fail('units', `${unit} has failed`, `See journalctl -u ${unit}; littlehub config check.`)
  if (stale !== 'yes') return undefined
  return warn('units', `${unit} was changed and not read again`, 'systemctl daemon-reload')
}

/** A port that is held for nobody has browsers wait for ever; one that nobody holds has them refused during restarts. */
function httpsFault(facts: UnitFacts, { https }: UnitNeeds): Finding | undefined {
  const { Id: unit, ActiveState: state, UnitFileState: file } = facts
  if (unit !== httpsSocket) return undefined
  const isHeld = state === 'active' || file === 'enabled'
  if (isHeld && !https) {
    const found = `${unit} holds the port of HTTPS, and https.enabled is off: who comes there waits for ever`
    return fail('units', found, `systemctl disable --now ${unit}`)
  }
  if (isHeld || !https) return undefined
  const found = `${unit} is not enabled: while the hub starts anew, who comes by HTTPS is refused`
  return warn('units', found, again)
}
