/** Run in a machine: servers that are forked into units, beside those that units were started with. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import http from 'node:http'
import { json } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { type Spawner, type SpawnRequest, type Started } from '../../../src/spawn/spawner.ts'
import { systemdSpawner } from '../../../src/spawn/systemd.ts'
import { type SystemdOptions } from '../../../src/spawn/systemd-options.ts'
import { tinyEnvironment, type TinyEnvironment } from '../../support/tiny-environment.ts'
import { dataFolder, eventually, quietLog, requestFor, stayAwake } from '../support.ts'
import { systemdSettings } from './support.ts'

t.setTimeout(250_000)
stayAwake(t)

const ana = { id: 7, name: 'ana', slug: 'ana', admin: false }
const limits = { memoryBytes: 300 * 2 ** 20, cpuCores: 1.5, tasks: 50 }

type Setting = {
  readonly environment: TinyEnvironment
  readonly spawner: Spawner
  readonly warmStart: { warm_start: boolean }
  readonly lines: string[]
}

async function setUp(
  t: Test,
  change: Partial<SystemdOptions> = {},
  modules: Readonly<Record<string, string>> = {},
): Promise<Setting> {
  const environment = tinyEnvironment(t, modules)
  const lines: string[] = []
  const warmStart = { warm_start: true }
  const settings = systemdSettings({ groups: ['class', 'cohort'], ...change })
  const needs = { log: quietLog(lines), dataDir: dataFolder(t), settings: { spawner: warmStart } }
  const spawner = systemdSpawner.create(settings, needs)
  t.teardown(() => spawner.close?.())
  spawner.prepare?.([environment.script], variables)
  const isReady = () => lines.some((line) => /servers (?:do not )?start warm/.test(line))
  if (!(await eventually(isReady, 60_000))) t.fail('no zygote')
  return { environment, spawner, warmStart, lines }
}

const variables = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' }

/** @returns it, answering. */
async function begin(t: Test, setting: Setting, change: Partial<SpawnRequest> = {}) {
  const { slug = 'ana', user = ana } = change
  const started = await setting.spawner.start(
    requestFor(slug, {
      command: [setting.environment.script, 'a b', '$HOME'],
      environment: { ...variables, JUPYTERHUB_API_TOKEN: `token-of-${user.slug}` },
      user,
      limits,
      ...change,
    }),
  )
  t.teardown(() => setting.spawner.stop(started.state, { now: true }))
  if (!(await eventually(() => ask(started).then(Boolean, () => false))))
    t.comment(await setting.spawner.logTail(slug, 50))
  return started
}

type Facts = Readonly<Record<string, unknown>>

const ask = ({ url }: Started, code?: string): Promise<Facts> =>
  new Promise((resolve, reject) => {
    const socketPath = url.slice('unix:'.length)
    const method = code === undefined ? 'GET' : 'POST'
    http
      .request({ socketPath, method, path: '/', agent: false }, (response) => {
        void json(response).then((facts) => resolve(facts as Facts), reject)
      })
      .on('error', reject)
      .end(code)
  })

const output = (...[program = '', ...words]: string[]): string =>
  execFileSync(program, words, { encoding: 'utf8' }).trim()

const property = (unit: string, name: string): string =>
  output('systemctl', 'show', '--value', `--property=${name}`, '--', unit)

const unitOf = ({ state }: Started): string => String(state['unit'])
const pidOf = (started: Started): number => Number(property(unitOf(started), 'MainPID'))

/** What root is told by the kernel of the process that systemd calls the main one. */
function factsFromOutside(started: Started): Facts {
  const pid = pidOf(started)
  const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, 'latin1')
  const status = read('status')
    .split('\n')
    .filter((line) =>
      /^(?:Umask|PPid|TracerPid|Uid|Gid|Groups|NSsid|Threads|Sig(?:Blk|Ign|Cgt)|ShdPnd|Cap\w+|NoNewPrivs|Seccomp|Seccomp_filters|Spec\w+|THP_enabled|Cpus_allowed|Mems_allowed):/.test(
        line,
      ),
    )
  const links = readdirSync(`/proc/${pid}/ns`).map((name) => {
    const isHosts = readlinkSync(`/proc/${pid}/ns/${name}`) === readlinkSync(`/proc/1/ns/${name}`)
    return [name, isHosts ? "the machine's" : 'its own']
  })
  return {
    status: status.map((line) => line.replace(new RegExp(`\\b${pid}\\b`), 'PID')),
    namespaces: Object.fromEntries(links),
    mounts: read('mountinfo')
      .split('\n')
      .map((line) =>
        line.replace(/^\d+ \d+ \d+:\d+/, '').replace(/ (?:shared|master|propagate_from):\d+/g, ''),
      ),
    cgroup: read('cgroup'),
    limits: read('limits'),
    oom: read('oom_score_adj'),
    coredump: read('coredump_filter'),
    personality: read('personality'),
    slack: read('timerslack_ns'),
    environ: read('environ').split('\0').toSorted(),
    cmdline: read('cmdline'),
    cwd: readlinkSync(`/proc/${pid}/cwd`),
    root: readlinkSync(`/proc/${pid}/root`),
    exe: readlinkSync(`/proc/${pid}/exe`),
    // Its own sockets come and go.
    files: readdirSync(`/proc/${pid}/fd`)
      .map((name) => `${name} ${readlinkSync(`/proc/${pid}/fd/${name}`)}`)
      .filter((file) => /^[012] /.test(file) || !file.includes('socket:')),
    sched:
      output('chrt', '-p', String(pid)).replaceAll(String(pid), 'PID') +
      output('ionice', '-p', String(pid)),
  }
}

/** What is new with each run of a unit. */
const alike = (facts: Facts): Facts =>
  JSON.parse(
    JSON.stringify(facts)
      .replaceAll(/INVOCATION_ID(":"|=)[0-9a-f]{32}/g, 'INVOCATION_ID$1ID')
      .replaceAll(/JOURNAL_STREAM(":"|=)[0-9:]+/g, 'JOURNAL_STREAM$1ID')
      .replaceAll(/SYSTEMD_EXEC_PID(":"|=)[0-9]+/g, 'SYSTEMD_EXEC_PID$1PID')
      .replaceAll(/socket:\[\d+\]/g, 'socket')
      .replaceAll(/(systemd-private-[^/]*service-)\w+/g, '$1ID')
      .replaceAll(/((?:mnt|uts|ipc|net|cgroup):)\[\d+\]/g, '$1[ID]'),
  ) as Facts

/** Besides what a test says, those of a process and of its place that an administrator may have set. */
const unusual = {
  properties: [
    ...['LimitNOFILE=600:700', 'LimitCORE=0', 'Nice=4', 'OOMScoreAdjust=200', 'UMask=0027'],
    ...['CPUAffinity=0', 'TimerSlackNSec=1ms', 'CoredumpFilter=0x31', 'PrivateIPC=yes'],
    ...['PrivateNetwork=yes', 'SystemCallFilter=~@reboot @swap', 'Environment=MORE=words'],
    ...['SupplementaryGroups=audio', 'RestrictNamespaces=yes', 'MemoryMax=280M'],
  ],
}

for (const [name, change, user] of [
  ['a warm server', {}, ana],
  ['that of an administrator with sudo', { admin_sudo: true }, { ...ana, admin: true }],
  ['that of units with more properties', unusual, ana],
] as const)
  t.test(`${name} is in the same place as one that systemd has started`, async (t) => {
    if (user.admin) execFileSync('mkdir', ['-p', '/etc/sudoers.d'])
    const setting = await setUp(t, change)
    const facts: Facts[][] = []
    for (const warm_start of [true, false]) {
      setting.warmStart.warm_start = warm_start
      const started = await begin(t, setting, { user })
      facts.push([alike(factsFromOutside(started)), alike(await ask(started))])
      t.equal(property(unitOf(started), 'NRestarts'), '0')
      await setting.spawner.stop(started.state)
    }
    t.match(setting.spawner.warmth?.(), { warm: 1, cold: 1 })
    t.same(facts[0]?.[0], facts[1]?.[0], 'as root sees it')
    t.same(facts[0]?.[1], facts[1]?.[1], 'as it sees itself')
    t.match(facts[0]?.[0], { cwd: '/home/jupyter-ana' })
  })
