/** Run in a machine: how servers live and end that are forked into units, and what may go wrong while that is done. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { sleep } from '../../../src/lib/time.ts'
import { createControlGroups } from '../../../src/spawn/control-group.ts'
import { createHelperCalls } from '../../../src/spawn/helper-calls.ts'
import { createHelperClient } from '../../../src/spawn/helper-client.ts'
import { serveHelper } from '../../../src/spawn/helper-server.ts'
import { type Started } from '../../../src/spawn/spawner.ts'
import { systemdSpawner } from '../../../src/spawn/systemd.ts'
import { dataFolder, eventually, never, quietLog, requestFor, stayAwake } from '../support.ts'
import { reachesNothing, systemdSettings } from './support.ts'
import {
  ana,
  ask,
  begin,
  limits,
  output,
  pidOf,
  property,
  setUp,
  unitOf,
  variables,
  type Setting,
} from './warm-setting.ts'

t.setTimeout(250_000)
stayAwake(t)

const bob = { id: 8, name: 'bob', slug: 'bob', admin: false }

const isWarm = (t: Test, { spawner, lines }: Setting, warm: number, cold = 0): void =>
  void t.match(spawner.warmth?.(), { warm, cold }, lines.slice(-3).join(''))

const zygoteUnit = (): string =>
  output('systemctl', 'list-units', '--plain', '--no-legend', 'littlehub-zygote-*').split(' ')[0] ??
  ''

/** Of the account of a student. */
const processesOf = (name: string): string =>
  output('sh', '-c', `ps -o pid=,args= -u jupyter-${name} || :`)

/** No process, no unit, no file; and the zygote has no child. */
async function nothingIsLeft(t: Test): Promise<void> {
  const units = () =>
    output('systemctl', 'list-units', '--all', '--plain', '--no-legend', 'jupyter-*')
  t.ok(await eventually(() => processesOf('ana') === '' && units() === ''))
  t.equal(units() + processesOf('ana'), '')
  const unit = zygoteUnit()
  if (unit !== '') t.ok(await eventually(() => property(unit, 'TasksCurrent') === '1'))
}

const tries = `
import ctypes, os, resource, subprocess
libc = ctypes.CDLL(None, use_errno=True)
def tried(do):
    try: return str(do())
    except OSError as e: return os.strerror(e.errno)
    except Exception as e: return str(e)
def asked(name, *words): return tried(lambda: libc_call(name, *words))
def libc_call(name, *words):
    if getattr(libc, name)(*words) < 0: raise OSError(ctypes.get_errno(), name)
def suid():
    open('x', 'w').close()
    os.chmod('x', 0o4755)
def keyring():
    text = ctypes.create_string_buffer(100)
    libc.syscall({'x86_64': 250, 'aarch64': 219}[os.uname().machine], 6, -3, text, 100)
    return text.value.decode()
out = {
    'a setuid bit': tried(suid),
    'real time': tried(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))),
    'another personality': asked('personality', 8),
    'root': tried(lambda: os.setuid(0)),
    'a mount': asked('mount', b'none', b'/tmp', b'tmpfs', 0, None),
    'a namespace of mounts': asked('unshare', 0x20000),
    'a host name': asked('sethostname', b'x', 1),
    'the process of another': asked('ptrace', 16, NEIGHBOUR, None, None),
    'more files': tried(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (10**6, 10**6))),
    'less to lose': tried(lambda: open('/proc/self/oom_score_adj', 'w').write('-1000')),
    'places': [tried(lambda: open(place + '/x', 'w').close()) for place in ('/etc', '/usr', '/var', '/srv', '/sys/fs/cgroup', '/proc/sys/kernel')],
    'processes of others': [pid for pid in os.listdir('/proc') if pid.isdigit() and os.stat('/proc/' + pid).st_uid != os.getuid()],
    'devices': sorted(os.listdir('/dev')), 'in its tmp': os.listdir('/tmp'), 'its keyring': keyring(),
    'setuid programs': subprocess.run(['su', '-c', 'id'], capture_output=True, text=True, stdin=subprocess.DEVNULL).returncode,
    'a child': subprocess.run(['sh', '-c', 'umask; ulimit -n; ulimit -c; nice; id'], capture_output=True, text=True).stdout,
}
`

t.test('a warm server may do what a cold one may, and no more', async (t) => {
  const setting = await setUp(t)
  const neighbour = await begin(t, setting, { slug: 'bob', user: bob })
  const code = tries.replace('NEIGHBOUR', String(pidOf(neighbour)))
  const found = []
  for (const warm_start of [true, false]) {
    setting.warmStart.warm_start = warm_start
    const started = await begin(t, setting)
    found.push(await ask(started, code))
    await setting.spawner.stop(started.state, { now: true })
  }
  isWarm(t, setting, 2, 1)
  t.same(found[0], found[1])
  t.match(found[0], {
    'a setuid bit': 'Operation not permitted',
    'real time': 'Operation not permitted',
    'another personality': 'Operation not permitted',
    root: 'Operation not permitted',
    'its keyring': /^keyring;1\d\d\d;.*;_ses$/,
    'the process of another': /No such process|Operation not permitted/,
    'processes of others': [],
    places: ['/etc', '/usr', '/var', '/srv'].map(() => 'Read-only file system'),
  })
})

t.test('its limits act: a kernel that takes too much memory ends alone', async (t) => {
  const setting = await setUp(t)
  const started = await begin(t, setting)
  const group = property(unitOf(started), 'ControlGroup')
  t.same(createControlGroups().limits(group), limits)
  const kernel = `
import subprocess, sys
script = 'x = []' + chr(10) + 'while True: x.append(bytearray(5 * 2**20))'
out = subprocess.run([sys.executable, '-c', script]).returncode`
  t.equal(await ask(started, kernel), -9)
  t.match(await setting.spawner.usage(started.state), { processes: 1, memoryKills: 1 })
  const before = Number(property(unitOf(started), 'MemoryCurrent'))
  await ask(started, 'import builtins; builtins.kept = bytearray(100 * 2**20); out = 0')
  t.ok(
    Number(property(unitOf(started), 'MemoryCurrent')) - before > 90 * 2 ** 20,
    'its own memory counts',
  )
  t.ok((await ask(started))['status'])
  const bomb = `
import subprocess
running = []
try:
    for _ in range(100): running.append(subprocess.Popen(['sleep', '60']))
except OSError: pass
out = len(running)`
  t.ok(Number(await ask(started, bomb)) < 50)
  isWarm(t, setting, 1)
})

t.test('how it ended is told, as of any unit', async (t) => {
  const setting = await setUp(t)
  for (const [end, ending] of [
    [
      'import os, threading; threading.Timer(1, lambda: os._exit(3)).start(); out = 0',
      { exitCode: 3 },
    ],
    [
      'import os, threading; threading.Timer(1, lambda: os.kill(os.getpid(), 6)).start(); out = 0',
      { exitCode: 134 },
    ],
    [
      'import os, threading; threading.Timer(1, lambda: os.kill(os.getpid(), 9)).start(); out = 0',
      { exitCode: 137, message: /memory than its limit/ },
    ],
  ] as const) {
    const started = await begin(t, setting)
    const exited = setting.spawner.exited(started.state, never)
    await ask(started, end)
    t.match(await exited, ending)
    t.match(await setting.spawner.poll(started.state), { alive: false, ...ending })
    await setting.spawner.stop(started.state)
  }
  isWarm(t, setting, 3)
  await nothingIsLeft(t)
})

t.test('systemd and its journal take it for the server', async (t) => {
  const setting = await setUp(t)
  const started = await begin(t, setting)
  const unit = unitOf(started)
  const pid = pidOf(started)
  t.match(output('systemctl', 'status', unit), `Main PID: ${pid} (jupyterhub-sing)`)
  t.notMatch(output('systemctl', 'status', unit), /sleep|token-of/)
  await ask(
    started,
    `import sys; print('said so', flush=True); print('and so', file=sys.stderr, flush=True); out = 0`,
  )
  t.ok(await eventually(async () => (await setting.spawner.logTail('ana', 2)).length === 2))
  t.same(await setting.spawner.logTail('ana', 2), ['said so', 'and so'])
  const entry = JSON.parse(
    output('journalctl', '--unit', unit, '--lines=1', '--output=json'),
  ) as object
  t.match(entry, { MESSAGE: 'and so', _PID: String(pid), _UID: /^1/, _SYSTEMD_UNIT: unit })
  t.match(entry, { _SYSTEMD_INVOCATION_ID: started.state['invocation'] })

  await t.test('a hub that comes later finds it, and stops it', async (t) => {
    const needs = { log: quietLog(), dataDir: dataFolder(t) }
    const later = systemdSpawner.create(systemdSettings(), needs)
    t.same(await later.poll(started.state), { alive: true })
    const ended = output('systemctl', 'kill', '--signal=TERM', '--kill-who=main', unit)
    t.equal(ended, '')
    t.match(await later.exited(started.state, never), { exitCode: 7 })
    await later.stop(started.state)
    t.match(await later.poll(started.state), { alive: false })
  })
  isWarm(t, setting, 1)
  await nothingIsLeft(t)
})

t.test('its environment and its key are where those of a cold one are', async (t) => {
  const setting = await setUp(t)
  const started = await begin(t, setting)
  await begin(t, setting, { slug: 'bob', user: bob })
  isWarm(t, setting, 2)
  const note = `
for folder in ('/tmp', '.'):
    with open(folder + '/note', 'w') as file: file.write('a private ' + 'note')
print('said ' + 'in the log', flush=True); out = 0`
  await ask(started, note)
  const socket = started.url.slice('unix:'.length)
  await reachesNothing(t, {
    socket,
    unit: unitOf(started),
    pid: String(pidOf(started)),
    secret: 'token-of-ana',
  })
  const inside = await ask(
    started,
    `import os; out = os.listdir('/proc/self/fd'), os.listdir('/proc')`,
  )
  t.notMatch(JSON.stringify(inside), zygoteUnit())
})

/** A start, and what comes of it. */
const tryStart = (setting: Setting, signal = never): Promise<Started | Error> =>
  setting.spawner
    .start(
      requestFor('ana', {
        command: [setting.environment.script],
        environment: variables,
        user: ana,
        limits,
        signal,
      }),
    )
    .catch((error: unknown) => error as Error)

t.test('a start that is cancelled at any moment leaves nothing behind', async (t) => {
  const setting = await setUp(t)
  for (const afterMs of [0, 30, 60, 90, 130, 180, 250]) {
    const controller = new AbortController()
    const starting = tryStart(setting, controller.signal)
    await sleep(afterMs)
    controller.abort(new Error('cancelled'))
    const started = await starting
    if (started instanceof Error) t.equal(started.message, 'cancelled')
    else await setting.spawner.stop(started.state, { now: true })
    await nothingIsLeft(t)
  }
  await begin(t, setting)
  t.equal(setting.spawner.warmth?.().cold, 0)
})

t.test('a zygote that is killed at any moment costs nobody their start', async (t) => {
  for (const afterMs of [0, 40, 80, 120]) {
    const setting = await setUp(t)
    const unit = zygoteUnit()
    const starting = tryStart(setting)
    await sleep(afterMs)
    output('systemctl', 'kill', '--signal=KILL', '--', unit)
    const started = await starting
    if (started instanceof Error) throw started
    t.ok(await eventually(() => ask(started).then(Boolean, () => false)), String(afterMs))
    await setting.spawner.stop(started.state)
    await nothingIsLeft(t)
    setting.spawner.close?.()
    t.ok(await eventually(() => zygoteUnit() === ''))
  }
})

/** Does this to every process of the unit of ana, all the time from now on, as she could from another server of hers. */
async function disturb(t: Test, signal: string): Promise<() => void> {
  const group = '/sys/fs/cgroup/systemd/littlehub.slice/jupyter-ana.service/cgroup.procs'
  const script = `echo ready; while :; do for pid in $(cat ${group} 2>/dev/null); do kill -${signal} $pid; done; done`
  const child = spawn('runuser', ['-u', 'jupyter-ana', '--', 'sh', '-c', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const end = (): void => {
    if (child.exitCode === null && child.signalCode === null)
      process.kill(-Number(child.pid), 'SIGKILL')
  }
  t.teardown(end)
  await once(child.stdout, 'data')
  return end
}

t.test(
  'who disturbs their own start gets a cold one, or none, and others do not notice',
  async (t) => {
    // One that is stopped before its program runs is given up by systemd alone.
    const setting = await setUp(t, { properties: ['TimeoutStartSec=20'] })
    const first = await begin(t, setting)
    await setting.spawner.stop(first.state)
    for (const signal of ['KILL', 'STOP']) {
      const end = await disturb(t, signal)
      const starting = tryStart(setting)
      const other = await begin(t, setting, { slug: 'bob', user: bob })
      await setting.spawner.stop(other.state)
      end()
      const started = await starting
      if (!(started instanceof Error)) await setting.spawner.stop(started.state, { now: true })
      await nothingIsLeft(t)
    }
    // The first one, and those of the other.
    isWarm(t, setting, 3, 2)
  },
)

t.test('a unit, or a zygote, that may have no more processes', async (t) => {
  const setting = await setUp(t)
  const one = await begin(t, setting, { limits: { ...limits, tasks: 1 } })
  t.equal(await ask(one, 'import os\ntry: out = os.fork()\nexcept OSError: out = -1'), -1)
  await setting.spawner.stop(one.state)
  isWarm(t, setting, 1)
  output('systemctl', 'set-property', '--runtime', '--', zygoteUnit(), 'TasksMax=1')
  await begin(t, setting)
  isWarm(t, setting, 1, 1)
})

t.test('the setting, other programs, unusual environments', async (t) => {
  const setting = await setUp(t, {}, { reads: 'import os\nvalue = os.environ.get("SWITCH")\n' })
  const environment = { ...variables, SWITCH: 'on' }
  const first = await begin(t, setting, { environment })
  t.match(setting.spawner.warmth?.(), { warm: 0, cold: 1, lastReason: /^SWITCH is read/ })
  await setting.spawner.stop(first.state)
  const command = ['/bin/sh', '-c', 'exec sleep 600', '{socket}']
  const other = await setting.spawner.start(requestFor('ana', { command, user: ana }))
  t.match(setting.spawner.warmth?.(), { cold: 2, lastReason: /^another program/ })
  await setting.spawner.stop(other.state, { now: true })
  setting.warmStart.warm_start = false
  await setting.spawner.stop((await begin(t, setting)).state)
  t.match(setting.spawner.warmth?.(), { cold: 3, lastReason: 'warm starts are switched off' })
  t.ok(await eventually(() => zygoteUnit() === ''), 'its zygote goes at once')
})

/** What reading the place of a process comes to. */
const placeOf = (words: { pid: string; group: string; uid: number; program?: string }): string =>
  output(
    '/usr/bin/python3',
    ...['-B', '-c'],
    `
import sys
sys.path.insert(0, ${JSON.stringify(path.resolve(import.meta.dirname, '../../../src/spawn/zygote'))})
import child, sandbox
try:
    sandbox.Sandbox(${words.pid}, ${JSON.stringify(words.group)}, ${words.uid}, ${JSON.stringify(words.program ?? '/usr/bin/sleep')})
    print('fine')
except child.Unusual as e:
    print(e)`,
  )

t.test('a place that somebody has got hold of is not entered', async (t) => {
  const hold = (unit: string, ...command: string[]) => {
    output(
      'systemd-run',
      '--quiet',
      '--service-type=exec',
      `--unit=${unit}`,
      '--uid=65534',
      ...command,
    )
    t.teardown(() => output('systemctl', 'stop', unit))
    return { pid: property(unit, 'MainPID'), group: property(unit, 'ControlGroup'), uid: 65534 }
  }
  const place = hold('held', 'sleep', '600')
  t.equal(placeOf(place), 'fine')
  const other = hold('other', 'sleep', '600')
  const notHeld = 'the place of a server is not held by what was put there'
  t.equal(placeOf({ ...place, group: other.group }), notHeld)
  t.equal(placeOf({ ...place, uid: 1000 }), notHeld)
  t.equal(placeOf({ ...place, program: '/usr/bin/cat' }), notHeld)
  const root = hold('rooted', '--uid=0', 'sleep', '600')
  t.equal(placeOf({ ...root, uid: 0 }), notHeld)
  const two = hold('two', 'sh', '-c', 'sleep 600 & exec sleep 600')
  t.equal(placeOf(two), notHeld)
  const trace = `import ctypes, time; ctypes.CDLL(None).ptrace(0x4206, ${place.pid}, None, None); time.sleep(600)`
  hold('tracer', '/usr/bin/python3', '-c', trace)
  t.ok(await eventually(() => placeOf(place) === notHeld))
})

t.test('a hub that is not root has warm servers of its helper', async (t) => {
  const setting = await setUp(t)
  const file = path.join(dataFolder(t), 'helper.sock')
  const { spawner } = setting
  const calls = createHelperCalls(spawner, { unitPrefix: 'jupyter-', isAdmin: () => false })
  const server = createServer()
  const helper = serveHelper(server, { calls, spawner, log: quietLog() })
  await new Promise<void>((resolve) => server.listen(file, resolve))
  const client = createHelperClient(file)
  t.teardown(async () => {
    client.close?.()
    await helper.close()
  })
  client.prepare?.([setting.environment.script], variables)
  const started = await begin(t, { ...setting, spawner: client })
  client.answered?.(started.state, 200)
  t.ok(await eventually(() => client.warmth?.().warmMs === 200))
  t.match(client.warmth?.(), { warm: 1, cold: 0 })
})
