/** Kernels of the real user environment, forked: the same as those that are started the ordinary way, and as able. */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { findProcess } from '../../src/lib/process.ts'
import { createPorts } from '../../src/spawn/ports.ts'
import { createZygote, type Zygote } from '../../src/spawn/zygote.ts'
import { answers, dataFolder, eventually, isRoot, stayAwake } from '../spawn/support.ts'
import { freePort } from '../support/free-port.ts'
import { searchMemory, tryAll } from '../support/own-memory.ts'

const bin = path.resolve('.littlehub/env/bin')
const script = path.join(bin, 'jupyterhub-singleuser')

const skip = existsSync(script)
  ? {}
  : { skip: 'the user environment is made by ./install.sh --try' }

stayAwake(t)

const PATH = `${bin}:/usr/bin:/bin`
const given = { PATH, LANG: 'C.UTF-8', HOME: '/nonexistent' }
const inside = path.join(import.meta.dirname, '../spawn/inside')
const preload = ['numpy', 'pandas']
const ports = createPorts(freePort)
const ownUid = isRoot ? 1_500_000 + process.pid * 10 : (process.getuid?.() ?? 0)

/** A server that runs what it is told, with kernels of its own; warm or cold. */
type Server = {
  readonly home: string
  readonly pid: number
  readonly log: string
  /** What `code` leaves in `out`; `lab` is a kernel of the server. */
  ask(code: string): Promise<unknown>
}

let shared: Zygote | undefined

/** One for all tests: it takes its time to learn. */
async function theZygote(): Promise<Zygote> {
  shared ??= createZygote({
    ...{ python: path.join(bin, 'python'), script, environment: given, preload },
    onStale: (reason) => t.comment(reason),
  })
  const ready = await shared.ready
  if ('failed' in ready) throw new Error(ready.failed)
  if (ready.coldKernels !== undefined) throw new Error(ready.coldKernels)
  return shared
}

t.teardown(() => shared?.end())

async function place(t: Test, user: string, uid = ownUid) {
  const folder = dataFolder(t)
  // One that Python can list.
  const dir = path.join(folder, 'laboratory')
  mkdirSync(dir)
  const program = path.join(dir, 'server')
  const text = readFileSync(path.join(inside, 'tiny_server.py'), 'utf8')
  writeFileSync(program, `#!${path.join(bin, 'python')}\n${text}`)
  chmodSync(program, 0o755)
  writeFileSync(path.join(dir, 'kernel_lab.py'), readFileSync(path.join(inside, 'kernel_lab.py')))
  const home = path.join(folder, 'homes', user)
  mkdirSync(home, { mode: 0o700 })
  const log = path.join(folder, `${user}.log`)
  writeFileSync(log, '')
  for (const file of [home, log]) chownSync(file, uid, uid)
  const url = `http://127.0.0.1:${await ports.take()}/`
  const own = { USER: user, LOGNAME: user, SHELL: '/bin/sh', HUB_SERVER_RUN: `run-of-${user}` }
  const secret = { JUPYTERHUB_API_TOKEN: `token-of-${user}` }
  const env = { PATH, LANG: 'C.UTF-8', HOME: home, ...own, ...secret, JUPYTERHUB_SERVICE_URL: url }
  return { dir, program, home, log, url, env }
}

const asking = (dir: string, url: string) => async (code: string) => {
  const prelude = `import sys, os, subprocess, time; sys.path.append(${JSON.stringify(dir)})
import kernel_lab
from kernel_lab import *
lab = vars(kernel_lab).get('lab')
`
  const response = await fetch(url, { method: 'POST', body: prelude + code })
  return response.json()
}

const aKernel = `lab = kernel_lab.lab = Lab()\nout = [lab.is_warm, lab.pid]`

type WarmOptions = {
  readonly zygote?: Zygote
  readonly uid?: number
  readonly env?: Readonly<Record<string, string>>
}

async function warmServer(
  t: Test,
  user = 'ana',
  { zygote, uid = ownUid, env: more = {} }: WarmOptions = {},
): Promise<Server> {
  const { dir, program, home, log, url, env: usual } = await place(t, user, uid)
  const env = { ...usual, ...more }
  const own = { uid, gid: uid, account: null, home, log }
  const forked = await (zygote ?? (await theZygote())).fork({ argv: [program], env, ...own })
  if ('cold' in forked) throw new Error(forked.cold)
  const { pid } = forked.child
  t.teardown(() => endOf(pid))
  await answers(url)
  return { home, pid, log, ask: asking(dir, url) }
}

async function coldServer(t: Test, user = 'ana'): Promise<Server> {
  const { dir, program, home, log, url, env } = await place(t, user)
  const out = openSync(log, 'a')
  const child = spawn('/bin/sh', ['-c', 'umask 077; exec "$0"', program], {
    ...{ cwd: home, env, uid: ownUid, gid: ownUid, detached: true, stdio: ['ignore', out, out] },
  })
  const { pid = 0 } = child
  t.teardown(() => endOf(pid))
  await answers(url)
  return { home, pid, log, ask: asking(dir, url) }
}

function endOf(pid: number): void {
  if (findProcess(pid) !== undefined) process.kill(pid, 'SIGKILL')
}

const isGone = (pid: number): boolean => findProcess(pid)?.isZombie !== false

type Outcome = { readonly status: string; readonly text: string; readonly kinds: string[] }

const runCell = async ({ ask }: Server, code: string): Promise<Outcome> =>
  (await ask(`out = lab.run(${JSON.stringify(code)})`)) as Outcome

/** What was started in a test's own way, told as if it were started in another's. */
const alike = (facts: unknown, server: Server): unknown =>
  JSON.parse(
    JSON.stringify(facts)
      .replaceAll(server.home, 'HOME')
      .replaceAll(server.log, 'LOG')
      .replaceAll(/127\.0\.0\.1:\d+/g, 'ADDRESS')
      .replaceAll(/JPY_PARENT_PID(=|":")\d+/g, 'JPY_PARENT_PID$1PID')
      .replaceAll(/\/tmp\/tmp\w+\.json/g, 'CONNECTION'),
  )

/** What Node, or a shell, puts into what it starts. */
const ofRunner = /^(?:_TAPJS|NODE_OPTIONS|TAP_|PWD|_=|OLDPWD)/

t.test('a forked kernel sees what one sees that was started', skip, async (t) => {
  const [one, other] = [await coldServer(t), await warmServer(t)]
  const seen: Record<string, unknown>[] = []
  for (const [server, isWarm] of [
    [one, false],
    [other, true],
  ] as const) {
    t.match(await server.ask(aKernel), [isWarm, Number])
    seen.push(alike(await server.ask('out = lab.facts()'), server) as Record<string, unknown>)
    await server.ask('lab.end()')
  }
  const [cold = {}, warm = {}] = seen
  t.ok(Object.keys(cold).length > 40)
  for (const name of Object.keys(cold)) t.strictSame(clean(warm[name]), clean(cold[name]), name)
})

/** Without what is left in Python by modules that only the server imports, and acts on nothing. */
function clean(value: unknown): unknown {
  if (Array.isArray(value))
    return value.filter((one: unknown) => !ofRunner.test(String(one)) && !isLeft(String(one)))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => !ofRunner.test(name) && !isLeft(name)),
  )
}

const isLeft = (text: string): boolean =>
  /^(?:Finder|_SixMetaPathImporter|websocket|requests|alembic|charset_normalizer|sqlalchemy|urllib3|lark)$|(?:Dependency|Security|InsecurePlatform|FileMode)Warning|SchemaNotRegistered|RankWarning|size changed|PYDEVD/.test(
    text,
  )

/** Second names that other modules have given to modules, and what a module of C makes of itself. */
const isSecondName = (name: string): boolean =>
  /^(?:requests\.packages|_cython|_cares|_openssl|_cyutility|__mp_main__|six\.moves)|\.moves\.|^(?:gc|_pydev|pydev)/.test(
    name,
  )

t.test('a forked kernel begins with the modules of one that was started', skip, async (t) => {
  const begun: string[][] = []
  for (const server of [await coldServer(t), await warmServer(t)]) {
    await server.ask(aKernel)
    const names = await server.ask(`out = lab.value("list(__import__('sys').modules)")`)
    begun.push((names as string[]).filter((name) => !isSecondName(name)))
    await server.ask('lab.end()')
  }
  const [cold = [], warm = []] = begun
  t.ok(cold.length > 400)
  t.same(new Set(warm).difference(new Set(cold)).size < 25, true, 'hardly more')
  t.same([...new Set(cold).difference(new Set(warm))], [])
  for (const name of ['jupyter_server', 'jupyterhub', 'requests', 'pandas'])
    t.notOk(warm.includes(name), name)
})

t.test(
  'what was put aside comes back whole, unless there is another one of its name',
  skip,
  async (t) => {
    const server = await warmServer(t)
    writeFileSync(path.join(server.home, 'arrow.py'), 'whose = "mine"\n')
    mkdirSync(path.join(server.home, 'notebook'))
    writeFileSync(path.join(server.home, 'notebook/__init__.py'), 'whose = "mine"\n')
    t.match(await server.ask(aKernel), [true, Number])
    const cells: readonly [string, RegExp][] = [
      ['import arrow, notebook; arrow.whose, notebook.whose', /'mine', 'mine'/],
      [
        'import requests, sys; requests.__spec__.name, "requests.adapters" in sys.modules',
        /'requests', True/,
      ],
      ['import requests.adapters; requests.adapters.HTTPAdapter().max_retries.total', /0/],
      ['import importlib; importlib.reload(requests) is requests', /True/],
      ['import importlib.util; importlib.util.find_spec("yaml").origin', /yaml.__init__.py/],
      [
        'import cryptography.fernet as f; f.Fernet(f.Fernet.generate_key()).encrypt(b"1")[:3]',
        /gAA/,
      ],
      [
        'import sqlalchemy as s; s.create_engine("sqlite://").connect().execute(s.text("select 7")).scalar()',
        /7/,
      ],
      ['import jinja2; jinja2.Template("{{ 6*7 }}").render()', /42/],
      [
        'import pickle; pickle.loads(pickle.dumps(requests.Request("GET", "http://a"))).url',
        /http:..a/,
      ],
    ]
    for (const [code, text] of cells) t.match(await runCell(server, code), { text }, code)
    await server.ask('lab.end()')
  },
)

/** The second user environment that `scripts/test` makes: it has numpy. */
const otherBin = path.resolve('.littlehub/env-5/bin')

t.test('numpy is there, and draws numbers of its own in each kernel', skip, async (t) => {
  const where = { PATH: `${otherBin}:/usr/bin:/bin`, LANG: 'C.UTF-8' }
  const zygote = createZygote({
    ...{
      python: path.join(otherBin, 'python'),
      script: path.join(otherBin, path.basename(script)),
    },
    ...{ environment: { ...where, HOME: '/nonexistent' }, preload: [...preload, 'numpy.random'] },
    onStale: (reason) => t.comment(reason),
  })
  t.teardown(() => zygote.end())
  const ready = await zygote.ready
  const { kernel } = 'modules' in ready ? ready.modules : {}
  t.ok(kernel?.includes('numpy.random.mtrand'), 'what is installed of the setting is at hand')
  t.notMatch(ready, { keptOut: { 'numpy.random.mtrand': /./ } })
  const server = await warmServer(t, 'ana', { zygote, env: where })
  const drawn = new Set<unknown>()
  for (let round = 0; round < 2; round += 1) {
    t.match(await server.ask(aKernel), [true, Number])
    t.match(await runCell(server, 'import numpy; float(numpy.linalg.inv(numpy.eye(9)).sum())'), {
      text: '9.0',
    })
    t.match(
      await runCell(server, 'float((numpy.ones((300, 300)) @ numpy.ones((300, 300))).sum())'),
      { text: '27000000.0' },
    )
    for (const one of (await server.ask(
      `out = lab.value("[numpy.random.rand(), numpy.random.default_rng().random()]")`,
    )) as unknown[])
      drawn.add(one)
    await server.ask('lab.end()')
  }
  t.equal(drawn.size, 4)
})

/** Kernels that a student has made known, what becomes of them, and an expression with its value. */
const specs: Readonly<Record<string, [object, boolean, string, string]>> = {
  'a program of another kind': [
    { argv: ['/bin/sh', 'HOME/kernel.sh', '{connection_file}'], language: 'other' },
    false,
    '__import__("os").environ["OF_SCRIPT"]',
    "'yes'",
  ],
  'another Python': [
    { argv: [`${otherBin}/python`, '-m', 'ipykernel_launcher', '-f', '{connection_file}'] },
    false,
    '"env-5" in __import__("sys").prefix',
    'True',
  ],
  'flags of Python': [
    { argv: ['python', '-X', 'dev', '-m', 'ipykernel_launcher', '-f', '{connection_file}'] },
    false,
    '__import__("sys").flags.dev_mode',
    'True',
  ],
  'variables that imports read': [{ env: { PYTHONOPTIMIZE: '1' } }, false, '__debug__', 'False'],
  'other variables': [
    { env: { OF_SPEC: 'yes' } },
    true,
    '__import__("os").environ["OF_SPEC"]',
    "'yes'",
  ],
  'words in another order': [
    {
      argv: [
        ...['python', '-m', 'ipykernel_launcher', '--InteractiveShell.cache_size=77'],
        ...['-f', '{connection_file}', '--Session.username=spec'],
      ],
    },
    true,
    'get_ipython().cache_size, get_ipython().kernel.session.username',
    "(77, 'spec')",
  ],
  'interrupts by message': [{ interrupt_mode: 'message' }, true, '6*7', '42'],
}

t.test('kernels of every kind that people make known are started, warm or not', skip, async (t) => {
  const server = await warmServer(t)
  const { home } = server
  const program = `OF_SCRIPT=yes exec ${bin}/python -m ipykernel_launcher -f "$1"\n`
  writeFileSync(path.join(home, 'kernel.sh'), program)
  const usual = { argv: ['python', '-m', 'ipykernel_launcher', '-f', '{connection_file}'] }
  for (const [index, [name, [more, isWarm, code, value]]] of Object.entries(specs).entries()) {
    const folder = path.join(home, `.local/share/jupyter/kernels/spec-${index}`)
    mkdirSync(folder, { recursive: true })
    const spec = { ...usual, display_name: name, language: 'python', ...more }
    const text = JSON.stringify(spec).replace('HOME', home)
    writeFileSync(path.join(folder, 'kernel.json'), text)
    t.equal(
      await server.ask(`lab = kernel_lab.lab = Lab('spec-${index}'); out = lab.is_warm`),
      isWarm,
      name,
    )
    t.match(await runCell(server, code), { text: value }, name)
    const told = await server.ask(`identity = lab.begin('while True: pass')
time.sleep(0.5)
lab.manager.interrupt_kernel()
out = lab.outcome(identity)`)
    t.match(told, { status: 'error', text: /KeyboardInterrupt/ }, name)
    await server.ask('lab.end()')
  }
})

t.test('what a kernel does, one does that was forked', skip, async (t) => {
  const server = await warmServer(t)
  t.match(await server.ask(aKernel), [true, Number])
  const cells: Readonly<Record<string, [string, RegExp]>> = {
    'a result': ['6*7', /^42$/],
    'its output': ['import sys, os; print("one"); sys.stderr.write("two")', /one[\s\S]*two/],
    'an error': ['1/0', /ZeroDivisionError/],
    'a shell': ['!echo from a shell', /from a shell/],
    'a cell of bash': ['%%bash\necho $((20+3))', /^23$/],
    magic: ['%timeit -n1 -r1 1', /per loop/],
    'an await': ['import asyncio\nawait asyncio.sleep(0.01)\n"woke"', /woke/],
    threads: [
      'import concurrent.futures as f\nwith f.ThreadPoolExecutor(2) as p: r = sum(p.map(lambda i: i*i, range(100)))\nr',
      /^328350$/,
    ],
    'processes that are forked': [
      'import multiprocessing as m, math\nwith m.get_context("fork").Pool(2) as p: r = sum(p.map(math.sqrt, [4]*8))\nr',
      /^16\.0$/,
    ],
    'processes that are started': [
      'with m.get_context("spawn").Pool(2) as p: r = sum(p.map(math.sqrt, [4]*8))\nr',
      /^16\.0$/,
    ],
    'a class of its own': [
      'import pickle\nclass A: pass\npickle.loads(pickle.dumps(A())).__class__.__module__',
      /__main__/,
    ],
    'its history': [
      'import time; time.sleep(1.2)\nlist(get_ipython().history_manager.get_tail(1))[0][2]',
      /A\(\)/,
    ],
    'a program of the same Python': [
      'import subprocess; subprocess.run([sys.executable, "-c", "import numbers, json; print(11)"], capture_output=True, text=True).stdout',
      /11/,
    ],
    'a table of widgets': ['import ipywidgets; ipywidgets.IntSlider()', /IntSlider/],
  }
  for (const [name, [code, text]] of Object.entries(cells)) {
    const { text: said } = await runCell(server, code)
    t.match(said, text, name)
  }
  t.match(await server.ask(`out = lab.run('print("hello", input())', answer='ana')`), {
    text: /hello ana/,
  })
  t.match(
    await server.ask(`lab.client.complete('impor')
while True:
    message = lab.client.get_shell_msg(timeout=20)
    if message['msg_type'] == 'complete_reply': break
out = message['content']['matches']`),
    ['import'],
  )
  await server.ask('lab.end()')
})

t.test('a forked kernel is interrupted', skip, async (t) => {
  const server = await warmServer(t)
  t.match(await server.ask(aKernel), [true, Number])
  for (const code of [
    'while True: pass',
    'import time; time.sleep(60)',
    'import subprocess; subprocess.run(["sleep", "60"])',
  ]) {
    const told = await server.ask(`identity = lab.begin(${JSON.stringify(code)})
time.sleep(0.5)
lab.manager.interrupt_kernel()
out = lab.outcome(identity)`)
    t.match(told, { status: 'error', text: /KeyboardInterrupt/ }, code)
  }
  await server.ask('lab.end()')
})

t.test(
  'a forked kernel whose port somebody else has got meanwhile gets others',
  skip,
  async (t) => {
    const server = await warmServer(t)
    const told = await server.ask(`import socket, jupyter_client.connect as connect
held, find, asked = socket.create_server(("127.0.0.1", 0)), connect.LocalPortCache.find_available_port, []
def find_held(self, ip):
    asked.append(ip)
    return held.getsockname()[1] if len(asked) == 3 else find(self, ip)
connect.LocalPortCache.find_available_port = find_held
lab = kernel_lab.lab = Lab()
out = [lab.is_warm, len(asked), held.getsockname()[1] == lab.manager.stdin_port]`)
    t.same(told, [true, 10, false])
    await server.ask('lab.end()')
  },
)

t.test('a forked kernel is debugged', skip, async (t) => {
  const server = await warmServer(t)
  t.match(await server.ask(aKernel), [true, Number])
  const told = await server.ask(`
made = [lab.debug('initialize', clientID='t', clientName='t', adapterID='', pathFormat='path', linesStartAt1=True, columnsStartAt1=True).get('success'), lab.debug('attach').get('success')]
code = 'def double(a):\\n    b = a + 1\\n    return b\\ndouble(2)'
source = lab.debug('dumpCell', code=code)['body']['sourcePath']
made.append(lab.debug('setBreakpoints', breakpoints=[{'line': 2}], source={'path': source}, sourceModified=False)['body']['breakpoints'][0]['verified'])
lab.debug('configurationDone')
identity = lab.client.execute(code)
while True:
    message = lab.client.get_iopub_msg(timeout=20)
    if message['msg_type'] == 'debug_event' and message['content'].get('event') == 'stopped': break
made.append('stopped')
lab.debug('continue', threadId=message['content']['body']['threadId'])
made.append(lab.outcome(identity)['status'])
out = made`)
  t.same(told, [true, true, true, 'stopped', 'ok'])
  await server.ask('lab.end()')
})

t.test('while a forked kernel is busy, a subshell of it answers', skip, async (t) => {
  const server = await warmServer(t)
  t.match(await server.ask(aKernel), [true, Number])
  const told = await server.ask(`
message = lab.client.session.msg('create_subshell_request')
lab.client.control_channel.send(message)
subshell = lab.client.get_control_msg(timeout=20)['content']['subshell_id']
busy = lab.client.execute('import time; time.sleep(60)')
message = lab.client.session.msg('execute_request', {'code': '40+2', 'silent': False, 'store_history': True, 'user_expressions': {}, 'allow_stdin': False, 'stop_on_error': True})
message['header']['subshell_id'] = subshell
lab.client.shell_channel.send(message)
first = lab.client.get_shell_msg(timeout=20)['parent_header']['msg_id']
out = first == message['header']['msg_id']`)
  t.equal(told, true)
  await server.ask('lab.end()')
})

t.test('a forked kernel is restarted, shut down and killed', skip, async (t) => {
  const server = await warmServer(t)
  const [, first] = (await server.ask(aKernel)) as [boolean, number]
  await runCell(server, 'x = 1')
  await server.ask('lab.manager.restart_kernel(); lab.client.stop_channels(); lab.connect()')
  t.match(await runCell(server, 'x'), { text: /NameError/ })
  const [isWarm, second] = (await server.ask('out = [lab.is_warm, lab.pid]')) as [boolean, number]
  t.ok(isWarm)
  t.not(second, first)
  t.ok(findProcess(first) === undefined, 'not even a zombie is left')
  t.equal(await server.ask('out = lab.manager.is_alive()'), true)
  process.kill(second, 'SIGKILL')
  t.ok(await eventually(() => isGone(second)))
  t.same(
    await server.ask('out = [lab.manager.provisioner.process.wait(20), lab.manager.is_alive()]'),
    [-9, false],
  )
  await server.ask(
    'lab.client.stop_channels(); lab.manager.restart_kernel(now=True); lab.connect()',
  )
  const [, third] = (await server.ask('out = [lab.is_warm, lab.pid]')) as [boolean, number]
  const file = await server.ask('out = lab.manager.connection_file')
  t.ok(existsSync(String(file)))
  await server.ask('lab.end(now=False)')
  t.ok(findProcess(third) === undefined)
  t.notOk(existsSync(String(file)), 'its connection file is gone')
})

t.test('how a forked kernel ends by itself is known', skip, async (t) => {
  const server = await warmServer(t)
  for (const [code, status] of [
    ['import os; os._exit(3)', 3],
    ['import os, signal; os.kill(os.getpid(), signal.SIGTERM)', -15],
    ['import ctypes; ctypes.string_at(0)', -11],
  ] as const) {
    t.match(await server.ask(aKernel), [true, Number])
    const told = await server.ask(`lab.client.execute(${JSON.stringify(code)})
process = lab.manager.provisioner.process
out = process.wait(20)
lab.client.stop_channels(); lab.manager.cleanup_resources()`)
    t.equal(told, status, code)
  }
})

t.test('forked kernels draw different numbers', skip, async (t) => {
  const server = await warmServer(t)
  const draw = `[__import__('random').random(), __import__('random').getstate()[1][7], __import__('uuid').uuid4().hex, __import__('os').urandom(8).hex(),
    __import__('tempfile').mktemp(), __import__('hashlib').sha256(bytes(__import__('multiprocessing').current_process().authkey)).hexdigest(),
    __import__('jupyter_client.session').session.session_flags['secure'][0]['Session']['key'].decode(), get_ipython().kernel.session.key.decode()]`
  const drawn = new Set<unknown>()
  for (let round = 0; round < 3; round += 1) {
    t.match(await server.ask(aKernel), [true, Number])
    const told = (await server.ask(`out = lab.value(${JSON.stringify(draw)})`)) as unknown[]
    for (const one of told) drawn.add(one)
    await server.ask('lab.end()')
  }
  t.equal(drawn.size, 24)
})

t.test(
  'what a kernel is asked for beyond the usual makes it start the ordinary way',
  skip,
  async (t) => {
    const server = await warmServer(t)
    const start = async (words: string): Promise<unknown> => {
      const told = await server.ask(`lab = Lab(${words})
out = [lab.is_warm, lab.run('6*7')['text']]
lab.end()`)
      return told
    }
    t.same(await start('cwd="/tmp"'), [true, '42'])
    t.same(await start('env={**os.environ, "OTHER": "1"}'), [true, '42'])
    for (const words of [
      'env={**os.environ, "PYTHONPATH": "/x"}',
      'env={**os.environ, "LC_ALL": "C"}',
      'env={**os.environ, "TERM": "dumb"}',
      'independent=True',
      'stdin=subprocess.DEVNULL',
      'preexec_fn=os.getpid',
    ])
      t.same(await start(words), [false, '42'], words)
    t.match(readFileSync(server.log, 'utf8'), /PYTHONPATH is read while modules are imported/)
  },
)

t.test(
  'when what forks kernels is gone, kernels go on, and others start the ordinary way',
  skip,
  async (t) => {
    const server = await warmServer(t)
    const nursery = await nurseryOf(server)
    const title = (): string => readFileSync(`/proc/${nursery}/cmdline`, 'utf8')
    t.ok(await eventually(() => title().startsWith('kernels')))
    t.match(await server.ask(aKernel), [true, Number])
    process.kill(nursery, 'SIGKILL')
    t.ok(await eventually(() => isGone(nursery)))
    t.match(await runCell(server, '6*7'), { text: '42' }, 'kernels go on')
    await server.ask('lab.manager.interrupt_kernel()')
    await server.ask(
      'lab.client.stop_channels(); lab.manager.restart_kernel(now=True); lab.connect()',
    )
    t.match(await runCell(server, '6*7'), { text: '42' }, 'and are restarted')
    t.equal(await server.ask('out = lab.is_warm'), false)
    t.equal(findProcess(nursery), undefined, 'not even a zombie is left of it')
    await server.ask('lab.end()')
    t.match(await server.ask(aKernel), [false, Number])
    await server.ask('lab.end()')
  },
)

/** What a server waits for an answer, in seconds: the usual time, changed for the rest of its life. */
const setPatience = (server: Server, seconds: number): Promise<unknown> =>
  server.ask(`from jupyter_client.provisioning import KernelProvisionerFactory
names = KernelProvisionerFactory.create_provisioner_instance.__globals__
out = names['ANSWERED_WITHIN']
names['ANSWERED_WITHIN'] = ${seconds}`)

t.test(
  'what forks kernels is stuck: they start the ordinary way after a while',
  skip,
  async (t) => {
    const server = await warmServer(t)
    const nursery = await nurseryOf(server)
    t.equal(await setPatience(server, 1), 10, 'a student waits no longer')
    process.kill(nursery, 'SIGSTOP')
    t.match(await server.ask(aKernel), [false, Number])
    t.match(await runCell(server, '6*7'), { text: '42' })
    t.equal(findProcess(nursery), undefined, 'it is ended')
    await server.ask('lab.end()')
    await setPatience(server, 1000)
    t.match(await server.ask(aKernel), [false, Number], 'and nobody waits for it again')
    const [, kernel] = (await server.ask('out = [0, lab.pid]')) as [number, number]
    t.same(childrenOf(server.pid), [kernel], 'nothing else has come of it')
    await server.ask('lab.end()')
  },
)

t.test(
  'a process table that is full costs a kernel its warm start, and the next one not',
  skip,
  async (t) => {
    const server = await warmServer(t)
    const nursery = await nurseryOf(server)
    const limit = (soft: string): Promise<unknown> =>
      server.ask(`import resource
hard = resource.prlimit(${nursery}, resource.RLIMIT_NPROC)[1]
resource.prlimit(${nursery}, resource.RLIMIT_NPROC, (${soft}, hard))`)
    await limit('1')
    t.match(await server.ask(aKernel), [false, Number])
    await server.ask('lab.end()')
    t.match(readFileSync(server.log, 'utf8'), /the ordinary way: BlockingIOError/)
    await limit('hard')
    t.match(await server.ask(aKernel), [true, Number])
    await server.ask('lab.end()')
  },
)

/** A student's code in their own server, who has found the socket to what forks their kernels. */
const hostile = `
import array, json, resource, socket, stat
nursery = next(socket.socket(fileno=os.dup(int(name))) for name in os.listdir('/proc/self/fd')
    if os.path.exists('/proc/self/fd/' + name) and stat.S_ISSOCK(os.stat('/proc/self/fd/' + name).st_mode)
    and socket.socket(fileno=os.dup(int(name))).type == socket.SOCK_SEQPACKET)
from jupyter_client.provisioning import KernelProvisionerFactory
adopt = KernelProvisionerFactory.create_provisioner_instance.__globals__['adopt']
nursery.settimeout(10)
def send(data, files):
    nursery.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', files))] if files else [])
def request(text, files=3, data=b'k'):
    mine, its = socket.socketpair()
    mine.settimeout(20)
    with mine:
        with its, open(os.devnull) as null:
            send(data, [its.fileno(), *[null.fileno()] * files])
        try:
            mine.sendall(text); mine.shutdown(socket.SHUT_WR)
            return mine.recv(1 << 16).decode().strip()
        except OSError as e:
            return type(e).__name__
def asked(**more):
    limits = {str(getattr(resource, name)): resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith('RLIMIT_')}
    usual = {'argv': [sys.executable, '-m', 'ipykernel_launcher', '-f', '/nonexistent'], 'env': dict(os.environ), 'cwd': '/', 'umask': 63, 'limits': limits}
    return json.dumps({**usual, **more}).encode()
`

t.test(
  'who talks to what forks their kernels gets nothing but kernels of their own',
  skip,
  async (t) => {
    const [neighbour, server] = [await warmServer(t, 'ben'), await warmServer(t)]
    t.match(await neighbour.ask(aKernel), [true, Number])
    const nursery = await nurseryOf(server)
    const answered = (await server.ask(`${hostile}
raised = {'7': [1 << 40, 1 << 40]} if resource.getrlimit(7)[1] != resource.RLIM_INFINITY else {'8': [-1, 'x']}
adopt(1)
out = {
    'garbage': request(b'garbage'), 'nothing': request(b''), 'a list': request(b'[1, 2]'), 'a number': request(b'7'),
    'deep': request(b'[' * 100000), 'huge': request(b'x' * (64 << 20)), 'many words': request(b'garbage', data=b'k' * 60000),
    'a folder of root': request(asked(cwd='/root')), 'more than its limits': request(asked(limits=raised)),
    'no environment': request(asked(env={})), 'an odd environment': request(asked(env={'HOME': '/', 'A': 7})),
    'no words': request(asked(argv=[])), 'an odd umask': request(asked(umask='x')),
    'too many descriptors': request(b'garbage', files=200),
}
for files in ([], [0], [0] * 250):
    send(b'k', files)
for _ in range(300):
    request(b'{}')
out['after all that'] = request(b'garbage')
adopt(-1)
while os.waitpid(-1, os.WNOHANG)[0]: pass`)) as Record<string, string>
    for (const [what, said] of Object.entries(answered))
      t.match(said, /"cold": |^(?:BrokenPipeError|ConnectionResetError)$|^$/, what)
    t.match(answered['a folder of root'], /PermissionError/)
    t.match(answered['huge'], /^(?:BrokenPipe|ConnectionReset)Error$/, 'nobody reads on')
    t.match(answered['after all that'], /"cold": "JSONDecodeError/)
    t.ok(await eventually(() => childrenOf(nursery).length === 0), 'nothing of it is left')
    t.match(
      await server.ask(aKernel),
      [true, Number],
      'who harms nobody but themselves gets theirs',
    )
    await server.ask('lab.end()')

    await server.ask(`${hostile}\nsend(b'', []); out = 0`)
    t.ok(await eventually(() => isGone(nursery)), 'it can be ended')
    t.match(await server.ask(aKernel), [false, Number])
    await server.ask('lab.end()')
    t.match(await runCell(neighbour, '6*7'), { text: '42' })
    await neighbour.ask('lab.end()')
    t.match(await neighbour.ask(aKernel), [true, Number], 'others do not notice')
    await neighbour.ask('lab.end()')
    t.match(await (await warmServer(t, 'cem')).ask(aKernel), [true, Number])
  },
)

t.test(
  'a kernel has nothing of others in its memory, and can do nothing to them',
  skip,
  async (t) => {
    const { pid: zygote = 0 } = await theZygote()
    const ana = await warmServer(t)
    const [, kernel] = (await ana.ask(aKernel)) as [boolean, number]
    const ben = await warmServer(t, 'ben', isRoot ? { uid: ownUid + 1 } : {})
    t.match(await ben.ask(aKernel), [true, Number])
    const found = async (words: string[]) =>
      (await runCell(ben, `${searchMemory(words)}\nprint(out)`)).text
    t.equal(await found(['token-of-ben']), "['toke n-of-ben']", 'it is found where it is')
    t.equal(await found(['token-of-ana', 'run-of-ana', 'homes/ana', zygoteInput]), '[]')
    if (isRoot) {
      const pids = [zygote, ana.pid, kernel, await nurseryOf(ana), process.pid]
      const { text } = await runCell(ben, `${tryAll(pids)}\nprint(len(out), set(out.values()))`)
      t.equal(text, "45 {'no'}")
    }
    for (const { ask } of [ana, ben]) await ask('lab.end()')
  },
)

/** What the first message to a zygote begins with: what it is told is no secret, but is nobody's business. */
const zygoteInput = '{"script":"'

const nurseryOf = async ({ pid }: Server): Promise<number> => {
  const find = (): number | undefined =>
    childrenOf(pid).find((one) =>
      readFileSync(`/proc/${one}/cmdline`, 'utf8').startsWith('kernels'),
    )
  await eventually(() => find() !== undefined)
  return find() ?? 0
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)

t.test('kernels and nursery go with their server', skip, async (t) => {
  const server = await warmServer(t)
  const [, kernel] = (await server.ask(aKernel)) as [boolean, number]
  const nursery = await nurseryOf(server)
  process.kill(server.pid, 'SIGKILL')
  t.ok(await eventually(() => isGone(nursery)), 'the nursery')
  t.ok(await eventually(() => isGone(kernel)), 'the kernel')
})

t.test('the nursery has nothing but its server', skip, async (t) => {
  const server = await warmServer(t)
  const nursery = await nurseryOf(server)
  const status = readFileSync(`/proc/${nursery}/status`, 'utf8')
  t.match(status, new RegExp(`^Uid:\\t${Array(4).fill(ownUid).join('\t')}$`, 'm'))
  t.match(status, /^CapEff:\t0+$/m)
  const files = readdirSync(`/proc/${nursery}/fd`).map((name) =>
    readlinkSync(`/proc/${nursery}/fd/${name}`).replace(/:.*/, ''),
  )
  t.same(files.sort(), [server.log, server.log, '/dev/null', 'socket'].sort())
})

t.test('with the setting off there is no nursery', skip, async (t) => {
  const zygote = createZygote({
    ...{ python: path.join(bin, 'python'), script, environment: given },
    modules: { server: ['json', 'jupyter_client.provisioning'], kernel: null },
    onStale: (reason) => t.comment(reason),
  })
  t.teardown(() => zygote.end())
  t.match(await zygote.ready, { modules: { kernel: null } })
  const server = await warmServer(t, 'ana', { zygote })
  t.match(await server.ask(aKernel), [false, Number])
  t.same(childrenOf(server.pid).length, 1, 'which is the kernel')
  await server.ask('lab.end()')
})
