/** Servers that are forked into units of systemd: in parts, and for real on a machine of their own. */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import t from 'tap'
import { type TransientUnit, type UnitFacts } from '../../src/spawn/systemctl.ts'
import { createWarmUnits } from '../../src/spawn/warm-unit.ts'
import { type Cold, type Fork, type WarmRequest } from '../../src/spawn/warm-start.ts'
import { type PlaceRequest, type Placed, type Zygote } from '../../src/spawn/zygote.ts'
import { inMachine, machineOnly, startMachine } from '../support/machine.ts'
import { never } from './support.ts'

const unit: TransientUnit = {
  name: 'jupyter-ana.service',
  properties: ['Slice=x.slice'],
  user: 'jupyter-ana',
  command: ['/env/bin/jupyterhub-singleuser', '--ServerApp.sock=/run/x'],
}

type Parts = {
  readonly properties?: readonly string[]
  readonly placed?: Placed
  readonly started?: boolean
  readonly main?: string
  readonly sub?: string
}

/** A systemd that has started the program that waits, and a zygote that answers `placed`. */
function partsOf({
  properties = [],
  placed = { pid: 77 },
  started = true,
  main = '77',
  sub = 'running',
}: Parts) {
  const done: string[] = []
  const reasons: string[] = []
  const asked: PlaceRequest[] = []
  const shown: UnitFacts[] = [{ MainPID: '66', ControlGroup: '/x.slice/jupyter-ana.service' }]
  const zygote = {
    place(request: PlaceRequest) {
      done.push('place')
      asked.push(request)
      return Promise.resolve(placed)
    },
  } as unknown as Zygote
  const units = createWarmUnits({
    properties,
    warmStart: {
      async attempt<Started extends object>({ command }: WarmRequest, fork: Fork<Started>) {
        const forked: Started | Cold = await fork(zygote, command)
        if (!('cold' in forked)) return forked
        reasons.push(forked.cold)
        return undefined
      },
    },
    systemctl: {
      run({ command, properties: given }) {
        done.push(`run ${command.join(' ')} ${given.join(' ')}`)
        return Promise.resolve({ started, words: '' })
      },
      show: () => Promise.resolve(shown.shift() ?? { ExecMainPID: main, SubState: sub }),
      stop(name, { now }) {
        done.push(`stop ${name} ${now}`)
        return Promise.resolve()
      },
    },
  })
  const start = (signal = never) =>
    units.start(unit, { environment: {}, uid: 1000, pidFile: '/data/ana.pid', signal })
  return { start, done, reasons, asked }
}

t.test('the server takes the place of what systemd has started', async (t) => {
  const { start, done, asked } = partsOf({})
  t.match(await start(), { ExecMainPID: '77' })
  t.same(done, ['run /usr/bin/sleep 60 Slice=x.slice PIDFile=/data/ana.pid', 'place'])
  t.same(asked, [
    {
      argv: unit.command,
      holder: 66,
      program: '/usr/bin/sleep',
      group: '/x.slice/jupyter-ana.service',
      uid: 1000,
      pid_file: '/data/ana.pid',
    },
  ])
})

t.test('nothing of the unit is left when it has to start with its own program', async (t) => {
  for (const [parts, reason] of [
    [{ placed: { cold: 'packages in ~/.local' } }, 'packages in ~/.local'],
    [{ started: false }, 'systemd did not start its unit'],
    [{ main: '66', sub: 'exited' }, 'systemd did not take the forked process for the server'],
  ] as const) {
    const { start, done, reasons } = partsOf(parts)
    t.equal(await start(), undefined)
    t.same(reasons, [reason])
    t.equal(done.at(-1), 'stop jupyter-ana.service true')
  }
})

t.test('what cannot be handed on to a fork is not tried', async (t) => {
  for (const property of [
    ...['MemoryDenyWriteExecute=yes', 'PAMName=login', 'SecureBits=noroot', 'PrivateUsers=yes'],
    ...['RootDirectory=/srv', 'IOSchedulingClass=idle', 'AppArmorProfile=x', 'Delegate=yes'],
  ]) {
    const { start, done, reasons } = partsOf({ properties: ['IOWeight=50', property] })
    t.equal(await start(), undefined)
    t.same(reasons, [`it is not known how to hand on ${property}`])
    t.same(done, [])
  }
  const known = ['MemoryHigh=1G', 'BindReadOnlyPaths=/data', 'IOWeight=5', 'SystemCallFilter=@x']
  t.ok(await partsOf({ properties: known }).start())
})

t.test('a start that is cancelled meanwhile ends with that', async (t) => {
  const { start, done } = partsOf({})
  await t.rejects(start(AbortSignal.abort(new Error('cancelled'))), { message: 'cancelled' })
  t.notOk(done.includes('place'))
})

const python = (script: string): string =>
  execFileSync('/usr/bin/python3', ['-c', script], {
    encoding: 'utf8',
    env: {
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONPATH: path.resolve(import.meta.dirname, '../../src/spawn/zygote'),
    },
  }).trim()

t.test('control groups are found in both versions', async (t) => {
  const folderOf = (line: string, mounts: string) =>
    python(
      `import sandbox; print(sandbox.place_of(${JSON.stringify(line)}, ${JSON.stringify(mounts)}))`,
    )
  const v2 = '31 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate'
  t.equal(folderOf('0::/x.slice/a.service', v2), '/sys/fs/cgroup/x.slice/a.service')
  const v1 = [
    '67 66 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:16 - cgroup cgroup rw,cpu,cpuacct',
    '73 66 0:32 / /sys/fs/cgroup/memory rw shared:22 - cgroup cgroup rw,memory',
    '75 66 0:38 / /sys/fs/cgroup/unified rw shared:24 - cgroup2 cgroup rw',
    '76 66 0:37 / /sys/fs/cgroup/systemd rw shared:25 - cgroup cgroup rw,name=systemd',
  ].join('\n')
  for (const [line, folder] of [
    ['4:memory:/x', '/sys/fs/cgroup/memory/x'],
    ['2:cpu,cpuacct:/x', '/sys/fs/cgroup/cpu,cpuacct/x'],
    ['9:name=systemd:/x', '/sys/fs/cgroup/systemd/x'],
    ['0::/x', '/sys/fs/cgroup/unified/x'],
  ] as const)
    t.equal(folderOf(line, v1), folder)
  t.throws(() => folderOf('5:devices:/x', v1), /cannot be reached/)
  t.throws(() => folderOf('0::/x', v2.replace(' / ', ' /../.. ')), /cannot be reached/)
})

t.test('on a machine with systemd', machineOnly, async (t) => {
  const machine = await startMachine(t, { filters: 'none' })
  // Units have a /tmp of their own, in which no user environment would be.
  await machine.sh('mkdir -m 711 /var/lib/data')
  for (const file of ['warm.ts', 'warm-life.ts']) {
    const words = [inMachine.node, `${inMachine.checkout}/test/spawn/inside/${file}`]
    const [program = '', ...rest] = machine.words(words, { env: { TMPDIR: '/var/lib/data' } })
    await t.spawn(program, rest, { cwd: '/' }, file)
  }
})
