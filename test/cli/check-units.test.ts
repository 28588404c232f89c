/** Unit files that are missing, changed or switched off; the real ones are in install/service.test.ts. */
import t, { type Test } from 'tap'
import { checkUnits } from '../../src/cli/check-units.ts'
import { type UnitFacts } from '../../src/spawn/systemctl.ts'

const fine: UnitFacts[] = [
  { Id: 'littlehub.service', UnitFileState: 'enabled', ActiveState: 'active' },
  { Id: 'littlehub.socket', UnitFileState: 'enabled', ActiveState: 'active' },
]

function examine(
  t: Test,
  installed: Record<string, string>,
  change: Readonly<Record<string, string>> = {},
) {
  const written = { 'littlehub.service': 'service', 'littlehub.socket': 'socket' }
  const dir = t.testdir({ written, installed })
  const folders = { written: `${dir}/written`, installed: `${dir}/installed`, https: false }
  const facts = fine.map((one) => (one['Id'] === change['Id'] ? { ...one, ...change } : one))
  return checkUnits(folders, () => Promise.resolve(facts))
}

const whole = { 'littlehub.service': 'service', 'littlehub.socket': 'socket' }

t.test('units that are as the installer wrote them are fine', async (t) => {
  t.match(await examine(t, whole), [{ check: 'units', level: 'ok', found: /socket: as they/ }])
})

t.test('one that is missing or changed is named, with what to do', async (t) => {
  const { 'littlehub.socket': socket } = whole
  t.match(await examine(t, { 'littlehub.socket': socket }), [
    { level: 'fail', found: /littlehub\.service is missing/, advice: /Install again/ },
  ])
  t.match(await examine(t, { ...whole, 'littlehub.service': 'mine' }), [
    {
      level: 'warn',
      found: /not as it was installed/,
      advice: /systemctl edit littlehub\.service/,
    },
  ])
})

for (const [change, expected] of [
  [{ UnitFileState: 'disabled' }, { level: 'fail', advice: 'systemctl enable littlehub.service' }],
  [{ UnitFileState: 'masked' }, { level: 'fail', advice: 'systemctl unmask littlehub.service' }],
  [{ ActiveState: 'failed' }, { level: 'fail', advice: /journalctl -u littlehub\.service/ }],
  [{ NeedDaemonReload: 'yes' }, { level: 'warn', advice: 'systemctl daemon-reload' }],
] as const)
  t.test(`one with ${Object.entries(change).join()} is named`, async (t) => {
    t.match(await examine(t, whole, { Id: 'littlehub.service', ...change }), [expected])
  })

t.test('where the hub is not installed, nothing is said', async (t) => {
  const folders = {
    ...{ written: `${t.testdir()}/missing`, installed: '/etc/systemd/system' },
    https: false,
  }
  t.same(await checkUnits(folders), [])
})

t.test('the port of HTTPS is held where the hub speaks it, and nowhere else', async (t) => {
  const unit = 'littlehub-https.socket'
  const dir = t.testdir({ written: { [unit]: 'socket' }, installed: { [unit]: 'socket' } })
  const folders = { written: `${dir}/written`, installed: `${dir}/installed` }
  const examineIt = (https: boolean, UnitFileState: string, ActiveState: string) =>
    checkUnits({ ...folders, https }, () =>
      Promise.resolve([{ Id: unit, UnitFileState, ActiveState }]),
    )
  t.match(await examineIt(false, 'enabled', 'active'), [
    { level: 'fail', found: /waits for ever/, advice: `systemctl disable --now ${unit}` },
  ])
  t.match(await examineIt(true, 'disabled', 'inactive'), [{ level: 'warn', advice: /Install/ }])
  t.match(await examineIt(true, 'enabled', 'active'), [{ level: 'ok' }])
  t.match(await examineIt(false, 'disabled', 'inactive'), [{ level: 'ok' }])
})
