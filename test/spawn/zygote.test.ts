/** A zygote and what it forks: the same as a server that was started the ordinary way, and apart from all others. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  globSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { findProcess, isRunning } from '../../src/lib/process.ts'
import { type Account } from '../../src/spawn/account.ts'
import { takeCensus } from '../../src/spawn/family.ts'
import { launch } from '../../src/spawn/launch.ts'
import { createZygote, type ForkRequest, type Zygote } from '../../src/spawn/zygote.ts'
import { freePort } from '../support/free-port.ts'
import { searchMemory, tryAll } from '../support/own-memory.ts'
import { tinyEnvironment, type TinyEnvironment } from '../support/tiny-environment.ts'
import { answers, dataFolder, eventually, rootOnly, stayAwake } from './support.ts'

stayAwake(t)

const given = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/nonexistent' }

type Facts = Readonly<Record<string, unknown>>

type Setting = {
  readonly environment: TinyEnvironment
  readonly zygote: Zygote
  readonly stale: string[]
  readonly dir: string
}

async function setUp(
  t: Test,
  modules: Readonly<Record<string, string>> = {},
  more: { patienceMs?: number; systemPackages?: boolean; base?: string; PATH?: string } = {},
): Promise<Setting> {
  const environment = tinyEnvironment(t, modules, more)
  const stale: string[] = []
  const zygote = createZygote({
    ...environment,
    environment: { ...given, PATH: more.PATH ?? given.PATH },
    ...(more.patienceMs === undefined ? {} : { patienceMs: more.patienceMs }),
    onStale: (reason) => stale.push(reason),
  })
  t.teardown(() => zygote.end())
  t.match(await zygote.ready, { modules: { server: Array } })
  return { environment, zygote, stale, dir: dataFolder(t) }
}

const program = new URL('../../src/spawn/zygote/zygote.py', import.meta.url).pathname

/** Of this run of the tests alone: what is left of it is found by it. */
const firstUid = 1_500_000 + process.pid * 10

type Server = { readonly request: ForkRequest; readonly url: string }

/** What a server of this user is started with. */
async function serverOf(setting: Setting, number: number, more: Record<string, string> = {}) {
  const uid = process.getuid?.() === 0 ? firstUid + number : (process.getuid?.() ?? 0)
  const home = path.join(setting.dir, 'homes', `u${number}`)
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const log = path.join(setting.dir, `u${number}.log`)
  writeFileSync(log, '')
  for (const file of [home, log]) chownSync(file, uid, uid)
  const url = `http://127.0.0.1:${await freePort()}/user/u${number}/`
  const env = {
    PATH: given.PATH,
    LANG: given.LANG,
    HOME: home,
    USER: `u${number}`,
    LOGNAME: `u${number}`,
    JUPYTERHUB_API_TOKEN: `token-of-u${number}`,
    JUPYTERHUB_SERVICE_URL: url,
    ...more,
  }
  const argv = [setting.environment.script, '--some=words', 'a b']
  const own = { uid, gid: uid, account: null, home, log }
  return { url, request: { argv, env, ...own } } as Server
}

/** @returns its pid; ended with the test. */
async function fork(t: Test, { zygote }: Setting, { request, url }: Server): Promise<number> {
  const forked = await zygote.fork(request)
  if ('cold' in forked) throw new Error(forked.cold)
  const { pid } = forked.child
  t.teardown(() => isRunning(pid, forked.child.startTime) && process.kill(pid, 'SIGKILL'))
  if (!(await answers(url))) t.comment(readFileSync(request.log, 'utf8'))
  return pid
}

/** The ordinary way. */
async function start(t: Test, { request, url }: Server): Promise<number> {
  const { uid, gid, home, env, argv, log } = request
  const switchTo = process.getuid?.() === 0 ? { switchTo: { uid, gid } } : {}
  const account: Account = { uid, gid, home, name: '', shell: '', through: [], ...switchTo }
  const child = await launch({
    command: argv,
    account,
    environment: env,
    logDescriptor: openSync(log, 'a'),
  })
  t.teardown(() => isRunning(child.pid, child.startTime) && process.kill(child.pid, 'SIGKILL'))
  await answers(url)
  return child.pid
}

const factsOf = async (url: string): Promise<Facts> => (await (await fetch(url)).json()) as Facts

/** What the server of this address says of itself when it runs `code`, which sets `out`. */
async function run(url: string, code: string): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', body: code })
  return response.json()
}

/** One user's facts, told as if they were those of another. */
const asOf = (facts: Facts, from: Server, to: Server): Facts =>
  JSON.parse(
    JSON.stringify(facts)
      .replaceAll(new URL(from.url).port, new URL(to.url).port)
      .replaceAll(from.request.env['USER'] ?? '', to.request.env['USER'] ?? '')
      .replaceAll(String(from.request.uid), String(to.request.uid)),
  ) as Facts

/** What the test runner puts into every program that Node starts. */
const withoutRunner = (facts: Facts): Facts =>
  JSON.parse(JSON.stringify(facts), (key, value: unknown): unknown => {
    if (Array.isArray(value)) return value.filter((one: unknown) => !isOfRunner(String(one)))
    return isOfRunner(key) ? undefined : value
  }) as Facts

const isOfRunner = (text: string): boolean => /^(?:_TAPJS|NODE_OPTIONS|TAP_)/.test(text)

t.test(
  'a forked server sees what one sees that was started the ordinary way',
  rootOnly,
  async (t) => {
    const setting = await setUp(t)
    const [one, other] = [await serverOf(setting, 1), await serverOf(setting, 2)]
    await start(t, one)
    await fork(t, setting, other)
    const cold = withoutRunner(await factsOf(one.url))
    const warm = withoutRunner(asOf(await factsOf(other.url), other, one))
    t.ok(Object.keys(cold).length > 25)
    // Node hands on what it was itself started with and is not its own.
    t.same(warm['more files'], [])
    for (const [name, value] of Object.entries({ ...cold, 'more files': [] }))
      t.strictSame(warm[name], value, name)
    t.match(warm['status'], {
      Uid: `${firstUid + 1}\t`.repeat(4).trim(),
      Groups: '',
      CapEff: /^0+$/,
    })
  },
)

t.test('two forked servers draw different numbers, and different from their parent', async (t) => {
  const setting = await setUp(t, { draw: 'import random, multiprocessing\n' })
  const drawn = new Set<string>()
  for (const number of [1, 2, 3]) {
    const server = await serverOf(setting, number)
    await fork(t, setting, server)
    const code = `import random, uuid, os, tempfile, multiprocessing.process, hashlib
key = bytes(multiprocessing.process.current_process().authkey)
out = [random.random(), random.getstate()[1][5], uuid.uuid4().hex, os.urandom(8).hex(), tempfile.mktemp(), hashlib.sha256(key).hexdigest()]`
    for (const value of (await run(server.url, code)) as unknown[]) drawn.add(String(value))
  }
  t.equal(drawn.size, 18)
})

t.test('the memory of a forked server holds nothing of another one, or of the hub', async (t) => {
  process.env['SECRET_OF_THE_HUB'] = 'what-the-hub-alone-knows'
  t.teardown(() => delete process.env['SECRET_OF_THE_HUB'])
  const setting = await setUp(t)
  const servers: Server[] = []
  for (const number of [1, 2, 3, 4]) {
    const server = await serverOf(setting, number)
    await fork(t, setting, server)
    servers.push(server)
  }
  const [first, last] = [servers[0], servers[3]]
  if (!first || !last) return
  const code = searchMemory(['token-of-u4'])
  t.same(await run(last.url, code), ['toke n-of-u4'], 'it is found where it is')
  const others = servers
    .slice(0, 3)
    .flatMap(({ request, url }) => [
      ...[String(request.env['JUPYTERHUB_API_TOKEN']), `${new URL(url).port}/user`],
      request.home.slice(-9),
    ])
  t.same(await run(last.url, searchMemory([...others, 'what-the-hub-alone-knows'])), [])
  t.same(await run(first.url, searchMemory(['token-of-u2', 'token-of-u4'])), [])
})

t.test('a server can do nothing to its zygote and to others', rootOnly, async (t) => {
  const setting = await setUp(t)
  const [one, other] = [await serverOf(setting, 1), await serverOf(setting, 2)]
  const victim = await fork(t, setting, one)
  await fork(t, setting, other)
  const pids = [setting.zygote.pid ?? 0, victim, process.pid]
  const tried = (await run(other.url, tryAll(pids))) as Record<string, string>
  t.equal(Object.keys(tried).length, 27)
  t.same(new Set(Object.values(tried)), new Set(['no']))
})

t.test('nobody of the same account reads the memory of a zygote', rootOnly, async (t) => {
  const { python } = tinyEnvironment(t)
  const words = ['--reuid=65534', '--regid=65534', '--clear-groups', '--', python, program]
  const zygote = spawn('setpriv', words, { env: given, stdio: ['pipe', 'pipe', 'ignore'] })
  t.teardown(() => zygote.kill('SIGKILL'))
  // What is closed to debuggers is shown as root's, whoever runs it.
  const { pid = 0 } = zygote
  t.ok(await eventually(() => readFileSync(`/proc/${pid}/comm`, 'utf8').includes('python')))
  t.ok(await eventually(() => statSync(`/proc/${pid}/mem`).uid === 0))
  const ended = once(zygote, 'exit')
  zygote.stdin.end()
  await ended
})

/** Modules that no process may have imported that will be forked, and the word that says why. */
const unfit: Readonly<Record<string, [string, string]>> = {
  starts_thread: [
    'import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()',
    'thread',
  ],
  opens_socket: ['import socket\none = socket.socket()', 'behind'],
  opens_file: ['import os\none = os.open("/dev/null", os.O_RDONLY)', 'behind'],
  connects: [
    'import socket\nwith socket.socket() as one:\n    one.connect_ex(("127.0.0.1", 9))',
    'connect',
  ],
  runs_program: ['import subprocess\nsubprocess.run(["true"])', 'Popen'],
  writes_file: [
    'import os, time\nname = f"/tmp/littlehub-{time.time_ns()}"\nopen(name, "x").close()\nos.remove(name)',
    'writes',
  ],
  reads_home: ['import os\nhome = os.path.expanduser("~")', 'HOME'],
  reads_token: ['import os\ntoken = os.environ.get("JUPYTERHUB_API_TOKEN")', 'TOKEN'],
  reads_all: ['import os\neverything = dict(os.environ)', 'HOME'],
  reads_uid: ['import os\nuid = os.getuid()', 'getuid'],
  reads_bytes: ['import os\ntoken = os.environb.get(b"JUPYTERHUB_API_TOKEN")', 'TOKEN'],
  reads_itself: ['with open("/proc/self/cgroup") as file:\n    group = file.read()', 'itself'],
  reads_folder: ['try:\n    open("settings.ini").close()\nexcept OSError: pass', 'folder'],
  draws: ['import os\nseed = os.urandom(8)', 'random'],
  draws_other: ['import os\nseed = os.getrandom(8)', 'random'],
  draws_file: ['with open("/dev/urandom", "rb", 0) as file:\n    seed = file.read(8)', 'itself'],
  draws_seed: ['import random\nown = random.Random()', 'seed'],
  shares_memory: ['import mmap\nshared = mmap.mmap(-1, 4096)', 'mmap'],
  shares_lock: ['import multiprocessing\nlock = multiprocessing.Lock()', 'seed'],
  handles: ['import signal\nsignal.signal(signal.SIGHUP, lambda *_: None)', 'signals'],
  handles_other: ['import signal\nsignal.signal(signal.SIGUSR2, lambda *_: None)', 'signals'],
  ignores: ['import signal\nsignal.signal(signal.SIGQUIT, signal.SIG_IGN)', 'signals'],
  masks: ['import os\nos.umask(0o027)', 'umask'],
  moves: ['import os\nos.chdir("/usr")', 'chdir'],
  speaks: ['import locale\nlocale.setlocale(locale.LC_NUMERIC, "C.UTF-8")', 'language'],
  limits_itself: [
    'import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (500, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))',
    'setrlimit',
  ],
  yields: ['import os\nos.nice(1)', 'priority'],
  passing_file: [
    'import os, tempfile\nfile, name = tempfile.mkstemp()\nos.close(file)\nos.remove(name)',
    'seed|writes|remove',
  ],
  changes_file: ['import os\ntry:\n    os.chmod("/nonexistent", 0)\nexcept OSError: pass', 'chmod'],
  asks_for_name: [
    'import socket\ntry:\n    socket.getaddrinfo("localhost", 80)\nexcept OSError: pass',
    'getaddrinfo',
  ],
  complains: ['import warnings\nwarnings.warn("not where I should be")', 'warns'],
  imports_one: ['import reads_home', 'reads_home'],
}

t.test('modules that do or take something while imported are kept out, and work', async (t) => {
  const modules = Object.fromEntries(Object.entries(unfit).map(([name, [text]]) => [name, text]))
  const setting = await setUp(t, { ...modules, fit: 'import json\n' })
  const ready = await setting.zygote.ready
  const keptOut = 'keptOut' in ready ? ready.keptOut : {}
  for (const [name, [, words]] of Object.entries(unfit))
    t.match(keptOut[name], new RegExp(words), name)
  t.equal(keptOut['fit'], undefined)
  const server = await serverOf(setting, 1)
  await fork(t, setting, server)
  const seen = await run(
    server.url,
    `import sys, os
out = [len([name for name in ${JSON.stringify(Object.keys(unfit))} if name in sys.modules]),
       sys.modules['reads_home'].home, sys.modules['reads_token'].token, sys.modules['reads_uid'].uid]`,
  )
  const { request } = server
  t.same(seen, [Object.keys(unfit).length, request.home, 'token-of-u1', request.uid])
})

t.test('a library that computes with threads is there already, as numpy is', async (t) => {
  // OpenBLAS begins them when it is loaded, and ends them before a fork.
  const text = `import ctypes
libc, thread = ctypes.CDLL(None), ctypes.c_ulong()
libc.pthread_create(ctypes.byref(thread), None, libc.getpid, None)
libc.pthread_join(thread, None)
`
  const { zygote } = await setUp(t, { computes: text })
  const ready = await zygote.ready
  t.equal('keptOut' in ready ? ready.keptOut['computes'] : 'not ready', undefined)
})

t.test('what is to be done at the end is done once, by the server itself', async (t) => {
  const text = `import atexit, os
atexit.register(lambda: open(os.path.expanduser('~/ended'), 'a').write(f'{os.getpid()} '))
`
  const setting = await setUp(t, { registers: text })
  t.match(await setting.zygote.ready, { keptOut: {} })
  const server = await serverOf(setting, 1)
  const forked = await setting.zygote.fork(server.request)
  if ('cold' in forked) throw new Error(forked.cold)
  await answers(server.url)
  process.kill(forked.child.pid, 'SIGTERM')
  await forked.child.ended
  const said = readFileSync(path.join(server.request.home, 'ended'), 'utf8')
  t.equal(said, `${forked.child.pid} `)
})

t.test('memory that children would share is in no process that is forked', async (t) => {
  // As a module of C would, of which nothing is seen but what it leaves.
  const text = `import ctypes
ctypes.CDLL(None).mmap(None, 4096, 3, 0x21, -1, 0)
`
  const environment = tinyEnvironment(t, { shares: text })
  const zygote = createZygote({ ...environment, environment: given, onStale: () => undefined })
  t.same(await zygote.ready, { failed: 'importing its modules has left shared memory behind' })
})

t.test('a server that JupyterLab is imported in does not run Node for that', async (t) => {
  const commands = `import subprocess
def _yarn_config(logger):
    return {"yarn config": {"asked": subprocess.run(["true"]).returncode}}
`
  const labapp = 'from jupyterlab.commands import _yarn_config\nseen = _yarn_config(None)\n'
  const modules = { 'jupyterlab.commands': commands, 'jupyterlab.labapp': labapp }
  // Of a version that asks npm in another way.
  const other = { 'jupyter_lsp.types': 'class LanguageServerManagerAPI:\n    pass\n' }
  const { PATH } = tinyNpm(t)
  const setting = await setUp(t, { ...modules, ...other }, { PATH })
  // What else it does while imported is done by each server, as ever.
  t.match(await setting.zygote.ready, { keptOut: { 'jupyterlab.labapp': /Popen/ } })
  const server = await serverOf(setting, 1, { PATH })
  await fork(t, setting, server)
  const code = 'from jupyterlab import labapp\nout = [labapp.seen, labapp._yarn_config(None)]'
  t.same(await run(server.url, code), [
    { 'yarn config': {}, 'npm config': {} },
    { 'yarn config': { asked: 0 } },
  ])
})

/** An npm that says where it has its packages, and notes in the home of who asks that it ran. */
function tinyNpm(t: Test): { PATH: string; prefix: string } {
  const prefix = path.join(dataFolder(t), 'prefix')
  const [bin, cli] = [path.join(prefix, 'bin'), path.join(prefix, 'lib/npm/bin/npm-cli.js')]
  for (const folder of [bin, path.dirname(cli)]) mkdirSync(folder, { recursive: true })
  const text = `#!/bin/sh\ntouch "$HOME/asked"\necho '${prefix}'\n`
  for (const file of [cli, path.join(bin, 'node')]) writeFileSync(file, text, { mode: 0o755 })
  symlinkSync(cli, path.join(bin, 'npm'))
  return { PATH: `${bin}:${given.PATH}`, prefix }
}

const asksNpm = `import subprocess
class LanguageServerManagerAPI:
    def _npm_prefix(self, npm):
        return subprocess.run([npm, "prefix", "-g"], stdout=subprocess.PIPE).stdout.decode().strip()
`

t.test(
  'npm is asked once for all where its packages are, and again where it may differ',
  async (t) => {
    const { PATH, prefix } = tinyNpm(t)
    const setting = await setUp(t, { 'jupyter_lsp.types': asksNpm }, { PATH })
    t.match(await setting.zygote.ready, { modules: { npm: prefix } })
    let number = 0
    const isAsked = async (
      more: Record<string, string> = {},
      change: (home: string) => void = () => undefined,
    ): Promise<unknown> => {
      const server = await serverOf(setting, ++number, { PATH, ...more })
      change(server.request.home)
      await fork(t, setting, server)
      const code = `import os, shutil, jupyter_lsp.types as types
said = types.LanguageServerManagerAPI()._npm_prefix(shutil.which("npm"))
out = [said, os.path.exists(os.environ["HOME"] + "/asked")]`
      const [said, asked] = (await run(server.url, code)) as [string, boolean]
      t.equal(said, prefix)
      return asked
    }
    t.equal(await isAsked(), false)
    t.equal(await isAsked({ npm_config_prefix: '/elsewhere' }), true)
    t.equal(await isAsked({ PREFIX: '/elsewhere' }), true)
    t.equal(await isAsked({ NODE_OPTIONS: '--no-warnings' }), true)
    t.equal(await isAsked({}, (home) => writeFileSync(path.join(home, '.npmrc'), '')), true)
    mkdirSync(path.join(prefix, 'etc'))
    t.equal(await isAsked(), false)
    writeFileSync(path.join(prefix, 'etc/npmrc'), 'prefix=/elsewhere\n')
    t.equal(await isAsked(), true)
  },
)

t.test('npm is not believed when others can write to where it says', rootOnly, async (t) => {
  const { PATH, prefix } = tinyNpm(t)
  chmodSync(prefix, 0o777)
  const setting = await setUp(t, { 'jupyter_lsp.types': asksNpm }, { PATH })
  const server = await serverOf(setting, 1, { PATH })
  await fork(t, setting, server)
  const code = `import os, shutil, jupyter_lsp.types as types
types.LanguageServerManagerAPI()._npm_prefix(shutil.which("npm"))
out = os.path.exists(os.environ["HOME"] + "/asked")`
  t.equal(await run(server.url, code), true)
})

t.test('what is captured while importing is put right', async (t) => {
  const setting = await setUp(t, { capture: 'import os\nos.environ["WRITTEN"] = "by an import"\n' })
  const server = await serverOf(setting, 1)
  await fork(t, setting, server)
  const seen = await run(server.url, 'import os; out = os.environ.get("WRITTEN")')
  t.equal(seen, 'by an import')
})

t.test('what is new in a forked server lies close together', async (t) => {
  // Each hole on a page of its own.
  const text = `small = [bytes(100) for _ in range(30_000)]
large = [bytes(2000) for _ in range(3000)]
del small[::60], large[::5]
`
  const setting = await setUp(t, { leaves: text })
  const server = await serverOf(setting, 1)
  await fork(t, setting, server)
  const pages = await run(
    server.url,
    `out = []
for length in 100, 2000:
    some = [bytes(length) for _ in range(200)]
    out.append(len({id(one) >> 12 for one in some}))`,
  )
  const [small = 0, large = 0] = pages as number[]
  t.ok(small < 30, `200 small objects on ${small} pages`)
  t.ok(large < 120, `200 large ones on ${large} pages`)
})

t.test('a forked server keeps no name in use that only its parent has looked up', async (t) => {
  const text = `import sys
class One:
    looked_up_by_nobody_else = 1
One.looked_up_by_nobody_else
`
  const setting = await setUp(t, { looks: text })
  const server = await serverOf(setting, 1)
  await fork(t, setting, server)
  const more = await run(
    server.url,
    `import looks, sys
name = next(one for one in vars(looks.One) if one.startswith('looked'))
before = sys.getrefcount(name)
getattr(looks.One, name)
# Later Pythons do not count who uses names.
out = 1 if sys.version_info >= (3, 12) else sys.getrefcount(name) - before`,
  )
  t.ok(Number(more) > 0, 'it is looked up anew')
})

/** Why a server with this environment is not forked. */
async function reasonFor(setting: Setting, server: Server): Promise<string> {
  const forked = await setting.zygote.fork(server.request)
  if ('cold' in forked) return forked.cold
  process.kill(forked.child.pid, 'SIGKILL')
  return 'it was forked'
}

t.test('what is unusual about an environment is started the ordinary way', async (t) => {
  const setting = await setUp(t, { reads: 'import os\nvalue = os.environ.get("SWITCH")\n' })
  for (const [more, reason] of [
    [{ SWITCH: 'on' }, 'SWITCH is read while modules are imported'],
    [{ PYTHONPATH: '/x' }, 'PYTHONPATH is read while modules are imported'],
    [{ LD_PRELOAD: '/x' }, 'LD_PRELOAD is read while modules are imported'],
    [{ LC_ALL: 'C' }, 'LC_ALL is read while modules are imported'],
    [{ LANG: 'de_DE.UTF-8' }, 'LANG is read while modules are imported'],
    [{ OTHER: 'value' }, 'it was forked'],
  ] as const) {
    const server = await serverOf(setting, 1, more)
    t.equal(await reasonFor(setting, server), reason)
  }
})

t.test('packages in the home are a reason, where Python would take them', async (t) => {
  for (const systemPackages of [true, false]) {
    const setting = await setUp(t, {}, { systemPackages })
    const server = await serverOf(setting, 1)
    const version = /python(3\.\d+)/.exec(setting.environment.sitePackages)?.[1] ?? ''
    const own = path.join(server.request.home, `.local/lib/python${version}/site-packages`)
    mkdirSync(own, { recursive: true })
    const reason = await reasonFor(setting, server)
    t.equal(reason, systemPackages ? 'packages in ~/.local' : 'it was forked')
  }
})

t.test('an environment that changes is noticed at the next start', async (t) => {
  const setting = await setUp(t)
  const server = await serverOf(setting, 1)
  t.equal(await reasonFor(setting, server), 'it was forked')
  setting.environment.write('new', '')
  t.equal(await reasonFor(setting, server), 'the environment has changed')
})

t.test('a home that cannot be entered is a reason, and nothing runs', async (t) => {
  const setting = await setUp(t)
  const server = await serverOf(setting, 1)
  const request = { ...server.request, home: '/nonexistent/home' }
  t.match(await reasonFor(setting, { ...server, request }), /^FileNotFoundError/)
  const log = { ...server.request, log: '/nonexistent/log' }
  t.match(await reasonFor(setting, { ...server, request: log }), /^FileNotFoundError/)
  t.same(await childrenOf(setting.zygote), [])
})

t.test('an account that has gone, or become another, is a reason', rootOnly, async (t) => {
  const setting = await setUp(t)
  const server = await serverOf(setting, 1)
  for (const account of ['no-such-account', 'nobody']) {
    const request = { ...server.request, account }
    const reason = await reasonFor(setting, { ...server, request })
    t.equal(reason, `the account ${account} is not there any more`)
  }
  t.same(await childrenOf(setting.zygote), [])
  const own = { uid: 65534, gid: 65534, account: 'nobody' }
  const request = { ...server.request, ...own }
  for (const file of [request.home, request.log]) chownSync(file, 65534, 65534)
  t.equal(await reasonFor(setting, { ...server, request }), 'it was forked')
})

const childrenOf = async ({ pid = 0 }: Zygote): Promise<string[]> => {
  const read = () => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  await eventually(() => read() === '', 3000)
  return read().split(' ').filter(Boolean)
}

t.test('how a forked server ended is told', async (t) => {
  const setting = await setUp(t)
  for (const [signal, exitCode] of [
    ['SIGTERM', 7],
    ['SIGKILL', 137],
  ] as const) {
    const server = await serverOf(setting, 1)
    const forked = await setting.zygote.fork(server.request)
    if ('cold' in forked) throw new Error(forked.cold)
    await answers(server.url)
    process.kill(forked.child.pid, signal)
    t.same(await forked.child.ended, { exitCode })
  }
  t.same(await childrenOf(setting.zygote), [])
})

t.test('a zygote that is killed takes no server with it, and forks no more', async (t) => {
  const setting = await setUp(t)
  const server = await serverOf(setting, 1)
  const forked = await setting.zygote.fork(server.request)
  if ('cold' in forked) throw new Error(forked.cold)
  await answers(server.url)
  process.kill(setting.zygote.pid ?? 0, 'SIGKILL')
  t.ok(await eventually(() => setting.stale.length > 0))
  t.match(await factsOf(server.url), { environ: { USER: 'u1' } })
  t.match(await reasonFor(setting, server), /ended/)
  process.kill(forked.child.pid, 'SIGKILL')
  t.same(await forked.child.ended, {})
})

t.test('what the hub was told of goes on, however soon its zygote is killed', async (t) => {
  const slow = `import os, time
at_once = os.write
def write(file, data):
    written = at_once(file, data)
    if b'"pid"' in data:
        time.sleep(0.5)
    return written
os.write = write
`
  const setting = await setUp(t, { slow })
  const server = await serverOf(setting, 1)
  const forked = await setting.zygote.fork(server.request)
  if ('cold' in forked) throw new Error(forked.cold)
  const { pid, startTime } = forked.child
  t.teardown(() => isRunning(pid, startTime) && process.kill(pid, 'SIGKILL'))
  process.kill(setting.zygote.pid ?? 0, 'SIGKILL')
  t.ok(await answers(server.url))
  t.ok(isRunning(pid, startTime))
})

t.test('a zygote that is killed while it forks leaves nothing behind', async (t) => {
  const setting = await setUp(t)
  const server = await serverOf(setting, 1)
  const forking = Promise.all(Array.from({ length: 20 }, () => reasonFor(setting, server)))
  process.kill(setting.zygote.pid ?? 0, 'SIGKILL')
  const reasons = await forking
  // The first ones may have been quicker.
  for (const reason of reasons) t.match(reason, /ended|it was forked/)
  t.match(reasons.at(-1), /ended/)
  t.ok(await eventually(async () => (await runsOf(server)).length === 0))
})

t.test('a zygote that does not answer is ended, with all it has not told of', async (t) => {
  const setting = await setUp(t, {}, { patienceMs: 300 })
  const server = await serverOf(setting, 1)
  process.kill(setting.zygote.pid ?? 0, 'SIGSTOP')
  t.match(await reasonFor(setting, server), /ended/)
  t.ok(await eventually(async () => (await runsOf(server)).length === 0))
})

/** Pids that run as this user. */
async function runsOf({ request }: Server): Promise<number[]> {
  const { processes } = await takeCensus()
  const found = processes.filter(({ uid }) => uid === request.uid && uid !== process.getuid?.())
  return found.map(({ pid }) => pid)
}

t.test('a zygote goes with the hub, and its servers do not', async (t) => {
  const setting = await setUp(t)
  const server = await serverOf(setting, 1)
  await fork(t, setting, server)
  setting.zygote.end()
  t.ok(await eventually(() => findProcess(setting.zygote.pid ?? 0)?.isZombie !== false))
  t.ok(await factsOf(server.url))
  t.same(setting.stale, [], 'which is no news')
})

t.test('a zygote that is retired stays as long as it has children', async (t) => {
  const setting = await setUp(t)
  const server = await serverOf(setting, 1)
  const pid = await fork(t, setting, server)
  setting.zygote.retire()
  t.match(await reasonFor(setting, server), /ended/)
  t.ok(findProcess(setting.zygote.pid ?? 0))
  process.kill(pid, 'SIGKILL')
  t.ok(await eventually(() => findProcess(setting.zygote.pid ?? 0)?.isZombie !== false))
})

t.test(
  'a zygote that is killed while it learns takes what runs on trial with it',
  rootOnly,
  async (t) => {
    const environment = tinyEnvironment(t, { slow: 'import time\ntime.sleep(600)\n' })
    const zygote = createZygote({ ...environment, environment: given, onStale: () => undefined })
    const onTrial = (): number[] => descendantsOf(zygote.pid ?? 0)
    const isNobody = (pid: number) =>
      statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === 65534
    t.ok(await eventually(() => onTrial().some(isNobody)))
    const pids = onTrial()
    zygote.end()
    t.match(await zygote.ready, { failed: /ended/ })
    t.ok(await eventually(() => pids.every((pid) => findProcess(pid)?.isZombie !== false)))
  },
)

const descendantsOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)

t.test('a zygote whose hub goes while it learns goes at once', async (t) => {
  const { python, script } = tinyEnvironment(t, { slow: 'import time\ntime.sleep(600)\n' })
  const zygote = spawn(python, [program], { env: given, stdio: ['pipe', 'pipe', 'ignore'] })
  t.teardown(() => zygote.kill('SIGKILL'))
  const text = JSON.stringify({ script, modules: null })
  zygote.stdin.write(text.length.toString(16).padStart(8, '0') + text)
  t.ok(await eventually(() => descendantsOf(zygote.pid ?? 0).length > 0))
  const [trial = 0] = descendantsOf(zygote.pid ?? 0)
  const ended = once(zygote, 'exit')
  zygote.stdin.end()
  t.same(await ended, [0, null])
  t.ok(await eventually(() => findProcess(trial)?.isZombie !== false))
})

t.test('a Python that is not known to bear it is left alone', async (t) => {
  const environment = tinyEnvironment(t)
  const line = 'import sys; sys.version_info = (3, 99, 0)\n'
  writeFileSync(path.join(environment.sitePackages, 'other.pth'), line)
  const zygote = createZygote({ ...environment, environment: given, onStale: () => undefined })
  t.same(await zygote.ready, { failed: 'Python 3.99 is not known to bear it' })
})

t.test('a server that cannot be started on trial is a reason', async (t) => {
  const environment = tinyEnvironment(t, { broken: 'raise SystemExit(3)' })
  const zygote = createZygote({ ...environment, environment: given, onStale: () => undefined })
  t.same(await zygote.ready, { failed: 'a server that was started on trial did not answer' })
})

t.test('a program that is no Python at all is a reason', async (t) => {
  const zygote = createZygote({
    ...{ python: '/bin/true', script: '/bin/true', environment: given },
    onStale: () => undefined,
  })
  t.match(await zygote.ready, { failed: /ended/ })
})

// Whatever there is on this machine besides the system's own.
const others = globSync('/{opt/python*,usr,usr/local}/bin/python3.{?,??}')
for (const base of others)
  t.test(`it works with ${base}`, async (t) => {
    const setting = await setUp(t, {}, { base })
    const server = await serverOf(setting, 1)
    await fork(t, setting, server)
    t.match(await factsOf(server.url), { environ: { USER: 'u1' } })
  })
