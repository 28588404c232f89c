/** Run in a machine: what servers are kept in that are forked into units, beside those that units were started with. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import t from 'tap'
import { type Started } from '../../../src/spawn/spawner.ts'
import { linkOf, stayAwake } from '../support.ts'
import {
  ana,
  ask,
  begin,
  output,
  pidOf,
  property,
  setUp,
  unitOf,
  type Facts,
} from './warm-setting.ts'

t.setTimeout(250_000)
stayAwake(t)

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
    // Its own sockets come and go, while one looks as well.
    files: readdirSync(`/proc/${pid}/fd`)
      .map((name) => `${name} ${linkOf(`/proc/${pid}/fd/${name}`)}`)
      .filter((file) => /^[012] /.test(file) || !/ $|socket:/.test(file)),
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
