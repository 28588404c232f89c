/** The properties of a server's unit; that they act is shown on a machine (systemd.test.ts). */
import t from 'tap'
import { limitProperties, unitProperties } from '../../src/spawn/unit-properties.ts'

const settings = {
  slice: 'littlehub.slice',
  stop_timeout: 10_000,
  writable_paths: ['/srv/shared'],
  private_devices: true,
  properties: ['IOWeight=50'],
}
const needs = {
  home: '/home/jupyter-ana',
  isPowerful: false,
  limits: { memoryBytes: 1024, tasks: 9 },
  environmentFile: '/data/units/ana.env',
  runtimeDirectory: 'littlehub-servers/ana',
  isSocketOfGroup: false,
  description: 'Server of ana',
}

t.test('a server is confined, and an administrator with sudo is not', async (t) => {
  const plain = unitProperties(settings, needs)
  for (const property of ['NoNewPrivileges=yes', 'ProtectSystem=strict', 'PrivateDevices=yes'])
    t.ok(plain.includes(property), property)
  t.ok(plain.includes('ReadWritePaths=-/home/jupyter-ana'))
  t.ok(plain.includes('ReadWritePaths=-/srv/shared'))
  const powerful = unitProperties(settings, { ...needs, isPowerful: true })
  // Any of these implies NoNewPrivileges for a unit with a user of its own (systemd.exec(5)), and sudo ends there.
  t.same(
    powerful.filter((one) =>
      /^(NoNew|Restrict|Lock|ProtectKernel|ProtectSystem|ProtectClock|ProtectHost|PrivateDev|Capab)/.test(
        one,
      ),
    ),
    [],
  )
  for (const property of [
    'PrivateTmp=yes',
    'ProtectProc=invisible',
    'MemoryMax=1024',
    'TasksMax=9',
  ])
    t.ok(powerful.includes(property), property)
})

t.test('devices are shown where the settings say so', async (t) => {
  t.notOk(
    unitProperties({ ...settings, private_devices: false }, needs).includes('PrivateDevices=yes'),
  )
})

t.test('what the administrator adds comes last', async (t) => {
  t.equal(unitProperties(settings, needs).at(-1), 'IOWeight=50')
})

t.test('no secret can stand in a property: the environment is a file', async (t) => {
  t.ok(unitProperties(settings, needs).includes('EnvironmentFile=/data/units/ana.env'))
  t.notOk(unitProperties(settings, needs).some((one) => one.startsWith('Environment=')))
})

t.test('limits that are absent are lifted', async (t) => {
  const lifted = limitProperties({})
  for (const property of [
    'MemoryMax=infinity',
    'MemorySwapMax=infinity',
    'CPUQuota=',
    'TasksMax=infinity',
  ])
    t.ok(lifted.includes(property), property)
  const given = limitProperties({ memoryBytes: 5, cpuCores: 0.251, tasks: 3 })
  for (const property of ['MemoryMax=5', 'MemorySwapMax=0', 'CPUQuota=25%', 'TasksMax=3'])
    t.ok(given.includes(property), property)
  t.ok(limitProperties({ cpuCores: 0.001 }).includes('CPUQuota=1%'))
})
