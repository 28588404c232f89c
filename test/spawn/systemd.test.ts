/** Servers as units of systemd, on a machine of their own. */
import t from 'tap'
import { inMachine, machineOnly, startMachine } from '../support/machine.ts'

t.test('on a machine with systemd', machineOnly, async (t) => {
  const machine = await startMachine(t)
  const inside = (file: string) => {
    const words = [inMachine.node, `${inMachine.checkout}/test/spawn/inside/${file}`]
    const [program = '', ...rest] = machine.words(words)
    return t.spawn(program, rest, { cwd: '/' }, file)
  }

  for (const file of ['contract.ts', 'isolation.ts', 'accounts.ts', 'hub.ts']) await inside(file)
})
