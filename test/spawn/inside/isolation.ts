/** Run in a machine: what servers are kept from, as seen by the other accounts of the machine, and what limits do. */
import { existsSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { createLog } from '../../../src/lib/log.ts'
import { createControlGroups } from '../../../src/spawn/control-group.ts'
import { askServer } from '../../../src/spawn/server-request.ts'
import { type Spawner, type SpawnRequest, type Started } from '../../../src/spawn/spawner.ts'
import { createSystemctl } from '../../../src/spawn/systemctl.ts'
import { systemdSpawner } from '../../../src/spawn/systemd.ts'
import { type SystemdOptions } from '../../../src/spawn/systemd-options.ts'
import {
  dataFolder,
  eventually,
  never,
  parentOfDeaf,
  pidsIn,
  quietLog,
  requestFor,
  sh,
  stayAwake,
} from '../support.ts'
import { as, reachesNothing, systemdSettings } from './support.ts'

t.setTimeout(170_000)
stayAwake(t)

const ana = { id: 7, name: 'ana', slug: 'ana', admin: false }
const bob = { id: 8, name: 'bob', slug: 'bob', admin: false }
const mebibyte = 2 ** 20

const spawnerOf = (t: Test, change: Partial<SystemdOptions> = {}): Spawner =>
  systemdSpawner.create(systemdSettings(change), { log: quietLog(), dataDir: dataFolder(t) })

/** Listens on its socket, and leaves a note in its home and in its /tmp. */
const onSocket = [
  '/usr/bin/python3',
  '-c',
  `
import http.server, os, socketserver, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'here')
    def address_string(self): return ''
    def log_message(self, *_): pass
class Server(socketserver.ThreadingUnixStreamServer): pass
for folder in (os.environ['HOME'], '/tmp'):
    with open(folder + '/note', 'w') as file: file.write('a private ' + 'note')
print('said ' + 'in the log', flush=True)
Server(sys.argv[1], Handler).serve_forever()
`,
  '{socket}',
]

async function begin(t: Test, spawner: Spawner, change: Partial<SpawnRequest>): Promise<Started> {
  const { slug = change.user?.slug ?? 'ana' } = change
  const started = await spawner.start(requestFor(slug, { command: onSocket, ...change }))
  t.teardown(() => spawner.stop(started.state, { now: true }))
  return started
}

const isUp = (url: string): Promise<boolean> =>
  askServer({ url, path: '/', signal: AbortSignal.timeout(5000) }).then(
    async (response) => (await text(response)) === 'here',
    () => false,
  )

/** How long each of some answers took, one after the other, until `isOver`. */
async function latencies(url: string, isOver: (count: number) => boolean): Promise<number[]> {
  const each: number[] = []
  while (!isOver(each.length)) {
    const beganMs = performance.now()
    each.push((await isUp(url)) ? performance.now() - beganMs : Infinity)
  }
  return each
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Infinity

/** Flat: as it was, but for what a busy machine adds to a few of them. */
function isFlat(t: Test, before: readonly number[], meanwhile: readonly number[]): void {
  const [quiet, loud] = [median(before), median(meanwhile)]
  t.comment(`median of ${meanwhile.length}: ${loud.toFixed(1)} ms, before ${quiet.toFixed(1)} ms`)
  t.ok(meanwhile.length > 0 && meanwhile.every(Number.isFinite), 'every request is answered')
  t.ok(loud < 10 * quiet + 200, 'as soon as before')
}

t.test('another account reaches nothing of a server', async (t) => {
  const spawner = spawnerOf(t)
  const secret = 'the-token-of-ana'
  const environment = { PATH: '/usr/bin:/bin', JUPYTERHUB_API_TOKEN: secret }
  const { url, state } = await begin(t, spawner, { user: ana, environment })
  await begin(t, spawner, { user: bob })
  t.ok(await eventually(() => isUp(url)))
  t.same(await spawner.logTail('ana', 1), ['said in the log'])
  const socket = url.slice('unix:'.length)
  const unit = String(state['unit'])
  const pid = readFileSync(
    `/sys/fs/cgroup/systemd/littlehub.slice/${unit}/cgroup.procs`,
    'utf8',
  ).trim()

  await reachesNothing(t, { socket, unit, pid, secret })

  await t.test('and a server cannot write to the system, nor become more than it is', async (t) => {
    const facts = await createSystemctl().show(unit)
    t.equal(facts['NoNewPrivileges'], 'yes')
    const script =
      'for f in /etc/x /usr/x /var/x /home/x /srv/x; do touch $f; done; id -u; ls /dev/mem /dev/kmsg; find /proc -maxdepth 1 -name "[0-9]*" ! -user "$(id -u)" 2>/dev/null | wc -l; exit 9'
    const probe = await spawner.start(requestFor('ana.probe', { user: ana, command: sh(script) }))
    t.match(await spawner.exited(probe.state, never), { exitCode: 9 })
    const said = (await spawner.logTail('ana.probe', 20)).join('\n')
    t.equal(said.match(/cannot touch/g)?.length, 5, said)
    t.match(said, /cannot access '\/dev\/mem'/)
    t.equal(said.split('\n').at(-1), '0', 'it sees its own processes only')
    await spawner.stop(probe.state)
  })
})

const eat = 'x = []\nwhile True: x.append(bytearray(5 * 2**20))'

t.test(
  'a server that takes too much memory ends in seconds, and nobody else notices',
  async (t) => {
    const spawner = spawnerOf(t)
    const neighbour = await begin(t, spawner, { user: bob })
    t.ok(await eventually(() => isUp(neighbour.url)))
    const before = await latencies(neighbour.url, (count) => count === 20)
    const { state } = await begin(t, spawner, {
      user: ana,
      command: ['/usr/bin/python3', '-c', eat],
      limits: { memoryBytes: 100 * mebibyte },
    })
    const over = new AbortController()
    const asking = latencies(neighbour.url, () => over.signal.aborted)
    const ending = await spawner.exited(state, AbortSignal.timeout(20_000))
    over.abort()
    isFlat(t, before, await asking)
    t.same(ending, {
      exitCode: 137,
      message: 'The server was ended because it used more memory than its limit of 100 MiB.',
    })
    t.same(await spawner.poll(state), { alive: false, ...ending })
  },
)

t.test('a kernel that takes too much memory ends alone', async (t) => {
  const spawner = spawnerOf(t)
  const script = `/usr/bin/python3 -c "${eat}"; echo it ended with $?; exec sleep 600`
  const limits = { memoryBytes: 100 * mebibyte }
  const { state } = await begin(t, spawner, { user: ana, command: sh(script), limits })
  const heard: string[] = []
  spawner.onMemoryKill?.((slug) => heard.push(slug))
  const over = new AbortController()
  const exited = spawner.exited(state, over.signal).catch(() => undefined)
  const kills = async () => (await spawner.usage(state))?.memoryKills
  t.ok(await eventually(async () => (await kills()) === 1, 20_000))
  t.same(await spawner.poll(state), { alive: true })
  t.ok(await eventually(async () => (await spawner.logTail('ana', 1))[0] === 'it ended with 137'))
  t.ok(await eventually(() => heard.length > 0))
  t.same(heard, ['ana'])
  over.abort()
  await exited
})

t.test('a fork bomb fills its own unit and is gone with it', async (t) => {
  const spawner = spawnerOf(t)
  const neighbour = await begin(t, spawner, { user: bob })
  t.ok(await eventually(() => isUp(neighbour.url)))
  const before = await latencies(neighbour.url, (count) => count === 20)
  const { state } = await begin(t, spawner, {
    user: ana,
    command: sh('bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 600 & wait'),
    limits: { tasks: 40, cpuCores: 0.5 },
  })
  isFlat(t, before, await latencies(neighbour.url, (count) => count === 20))
  t.match(await as('jupyter-bob', 'ls / | sort | head -n 1'), { code: 0 }, 'others still fork')
  const usage = await spawner.usage(state)
  t.ok((usage?.processes ?? 0) <= 40)
  await spawner.stop(state, { now: true })
  t.match(await as('root', 'ps -o pid= -u jupyter-ana'), { out: '' })
})

t.test('stopping ends what has hidden itself, too', async (t) => {
  const spawner = spawnerOf(t, { stop_timeout: 500 })
  const { state } = await begin(t, spawner, { user: ana, command: parentOfDeaf })
  const pids = await pidsIn('/home/jupyter-ana')
  t.equal(pids.length, 4)
  await spawner.stop(state)
  t.ok(await eventually(() => !pids.some((pid) => existsSync(`/proc/${pid}`))))
})

t.test('how a program ended is told, however soon it does', async (t) => {
  const spawner = spawnerOf(t)
  for (let time = 0; time < 20; time++) {
    const { state } = await spawner.start(requestFor('ana', { user: ana, command: sh('exit 3') }))
    const isOver = async () => !(await spawner.poll(state)).alive
    t.ok(await eventually(isOver))
    t.same(await spawner.poll(state), { alive: false, exitCode: 3 })
    await spawner.stop(state, { now: true })
  }
})

t.test('the limits of a running server can be changed', async (t) => {
  const spawner = spawnerOf(t)
  const said: string[] = []
  const limits = { memoryBytes: 200 * mebibyte, cpuCores: 1.5, tasks: 50 }
  const progress = (message: string) => void said.push(message)
  const { state } = await begin(t, spawner, { user: ana, limits, progress })
  t.same(said, [], 'all of them act')
  const { ControlGroup: group = '' } = await createSystemctl().show(String(state['unit']))
  const acting = () => createControlGroups().limits(group)
  t.same(acting(), limits)
  const other = { memoryBytes: 300 * mebibyte, cpuCores: 0.25, tasks: 60 }
  const changed = (await spawner.setLimits?.(state, other)) ?? {}
  t.same(acting(), other)
  t.match(changed, { ...state, ...other })
  t.same(spawner.limits?.(changed), other)
  await spawner.setLimits?.(state, {})
  t.same(acting(), {})

  const logged: string[] = []
  const log = createLog({ level: 'warn' }, { write: (line) => void logged.push(line) })
  const later = systemdSpawner.create(systemdSettings(), { log, dataDir: dataFolder(t) })
  t.match(await later.poll(changed), { alive: true })
  t.equal(logged.length, 3, 'a hub after this one notices that they are not what they were')
  t.match(logged.join(), /300 MiB does not act[^]*0.25 processor cores[^]*60 processes/)
  await later.poll(changed)
  t.equal(logged.length, 3, 'once')
  await spawner.stop(state)
  await t.rejects(Promise.resolve(spawner.setLimits?.(state, other)), {
    message: 'The server is not running.',
  })
})

t.test('all servers together leave the hub its memory', async (t) => {
  const spawner = spawnerOf(t)
  await begin(t, spawner, { user: ana })
  const { memoryBytes = 0 } = createControlGroups().limits('/littlehub.slice')
  const total = Number(/MemTotal: +(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024
  t.ok(Math.abs(total - memoryBytes - 256 * mebibyte) < mebibyte)
})
