/** How units of servers are started, without a systemd: in a machine, see inside/warm.ts. */
import t from 'tap'
import { HubError } from '../../src/lib/errors.ts'
import { type Systemctl, type UnitFacts } from '../../src/spawn/systemctl.ts'
import { createUnitStarts } from '../../src/spawn/unit-start.ts'
import { rememberLimits } from '../../src/spawn/unit-run.ts'
import { never, quietLog } from './support.ts'

const unit = { name: 'jupyter-ana.service', properties: [], user: 'ana', command: ['/bin/server'] }
const how = { environment: { PATH: '/bin' }, uid: 1000, pidFile: '/data/ana.pid', signal: never }

function partsOf(facts: UnitFacts, started = true) {
  const ran: (readonly string[])[] = []
  const systemctl = {
    run({ command }: { readonly command: readonly string[] }) {
      ran.push(command)
      return Promise.resolve({ started, words: 'said' })
    },
    show: () => Promise.resolve(facts),
  } as unknown as Systemctl
  const settings = { spawner: { warm_start: true } }
  return { ran, starts: createUnitStarts({ log: quietLog(), systemctl, properties: [], settings }) }
}

const state = (invocation: string) => ({
  ...{ unit: unit.name, invocation, slug: 'ana', port: 0 },
  ...rememberLimits({}),
})

t.test('a program that nothing is forked for runs as it is, and is counted', async (t) => {
  const { starts, ran } = partsOf({ InvocationID: 'one' })
  const { warmth, answered, close } = starts.ofSpawner
  t.same(await starts.run(unit, 'server', how), { InvocationID: 'one' })
  t.same(ran, [['/bin/server']])
  t.match(warmth(), { warm: 0, cold: 1, lastReason: /another program/ })
  answered(state('another'), 9000)
  answered({}, 9000)
  answered(state('one'), 3000)
  t.match(warmth(), { coldMs: 3000 })
  starts.forget('one')
  answered(state('one'), 9000)
  t.match(warmth(), { coldMs: 3000 })
  close()
})

t.test('what cannot be executed is an error with the name that its owner knows', async (t) => {
  const { starts } = partsOf({ Result: 'exit-code', ExecMainStatus: '203' }, false)
  const thrown = await starts.run(unit, 'server', how).catch((error: unknown) => error)
  t.ok(thrown instanceof HubError)
  t.match(thrown, { message: /The program server may not be run/ })
})

t.test('a program that ends before systemd saw it run has ended, and did run', async (t) => {
  const facts = { InvocationID: 'one', ...{ ExecMainCode: '1', ExecMainStatus: '3' } }
  const { starts } = partsOf(facts, false)
  t.same(await starts.run(unit, 'server', how), facts)
})
