/** Servers as units of systemd, on a machine of their own. */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import t from 'tap'
import { inMachine, machineOnly, startMachine, type RunOptions } from '../support/machine.ts'

/** What the unit of the helper of an installed hub takes from it: whatever servers need, they have to get all the same. */
function confinementOfHelper(): string[] {
  const scripts = path.resolve(import.meta.dirname, '../../scripts')
  const print = ['-c', '. "$0/units.sh"; print_helper', scripts]
  const unit = execFileSync('bash', print, { encoding: 'utf8' }).split('\n')
  return unit.filter((line) =>
    /^(Private|Protect|Restrict|Lock|NoNew|SystemCall|Capability|UMask)\w*=/.test(line),
  )
}

t.test('on a machine with systemd', machineOnly, async (t) => {
  const machine = await startMachine(t)
  const inside = (file: string, how: RunOptions = {}) => {
    const words = [inMachine.node, `${inMachine.checkout}/test/spawn/inside/${file}`]
    const [program = '', ...rest] = machine.words(words, how)
    return t.spawn(program, rest, { cwd: '/' }, file)
  }

  for (const file of ['contract.ts', 'helper.ts', 'isolation.ts', 'accounts.ts']) await inside(file)
  // The hub's /tmp is its own there, so its data are elsewhere, as they are when it is installed.
  await machine.sh('mkdir -m 711 /var/lib/data')
  const properties = confinementOfHelper()
  t.ok(properties.length > 10)
  await inside('hub.ts', { properties, env: { TMPDIR: '/var/lib/data' } })
})
