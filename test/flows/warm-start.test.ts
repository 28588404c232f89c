/** Servers of the real user environment, forked: what Jupyter takes while it is imported is put right, and it works. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { isRunning } from '../../src/lib/process.ts'
import { serverEnvironment } from '../../src/spawn/environment.ts'
import { findFamily, takeCensus, type Run } from '../../src/spawn/family.ts'
import { createPorts } from '../../src/spawn/ports.ts'
import { processSpawner } from '../../src/spawn/process.ts'
import { probe } from '../../src/spawn/readiness.ts'
import { type Spawner } from '../../src/spawn/spawner.ts'
import { createZygote } from '../../src/spawn/zygote.ts'
import {
  answers,
  ask,
  dataFolder,
  eventually,
  isRoot,
  never,
  quietLog,
  requestFor,
  stayAwake,
} from '../spawn/support.ts'
import { startFakeHub } from '../support/fake-hub.ts'

const bin = new URL('../../.littlehub/env/bin', import.meta.url).pathname
const script = path.join(bin, 'jupyterhub-singleuser')

const skip = existsSync(script)
  ? {}
  : { skip: 'the user environment is made by ./install.sh --try' }

stayAwake(t)

const PATH = `${bin}:/usr/bin:/bin`
const given = { PATH, LANG: 'C.UTF-8', HOME: '/nonexistent' }

/** The small server with the modules of the real one, to look into what a fork has got. */
function lookIn(t: Test): string {
  const text = readFileSync(
    path.join(import.meta.dirname, '../spawn/inside/tiny_server.py'),
    'utf8',
  )
  const file = path.join(dataFolder(t), 'look')
  writeFileSync(file, text)
  chmodSync(file, 0o755)
  return file
}

const look = `
import sys, os, gc, random, ssl
def dirty(): return sum(int(line.split()[1]) for line in open('/proc/self/smaps_rollup') if line.startswith('Private_Dirty'))
own = dirty()
pages = len({id(module) >> 12 for module in sys.modules.values()})
def context():
    before = dirty()
    one = ssl.create_default_context(cafile=certifi.where())
    took = dirty() - before
    facts = [one.get_ca_certs(), one.options, one.verify_mode, one.verify_flags, one.check_hostname, one.minimum_version, one.protocol, one.get_ciphers(), one.keylog_filename]
    return id(one), took, str(facts), one
import certifi
if os.environ['USER'] == 'ben': os.environ['SSLKEYLOGFILE'] = os.path.expanduser('~/keys')
contexts = [context(), context()]
import jupyterhub.singleuser, jupyterhub.services.auth as auth
oauth = auth.HubOAuth(oauth_client_id='a', api_token='b')
import aiohttp._websocket.writer as websockets
import jupyter_client.session as session, multiprocessing.process, send2trash.plat_other as trash, jupyter_core.paths as paths
words, seen = [], set()
def walk(where, value, depth):
    if isinstance(value, (str, os.PathLike)) and '/nonexistent' in str(value): words.append(where)
    if depth == 0 or id(value) in seen: return
    seen.add(id(value))
    if isinstance(value, dict):
        for key, one in list(value.items()): walk(f'{where}[{key!r}]', one, depth - 1)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for one in list(value): walk(where, one, depth - 1)
    elif isinstance(value, type):
        for key, one in list(vars(value).items()): walk(f'{where}.{key}', one, depth - 1)
for name, module in list(sys.modules.items()):
    if name != '__main__':
        for key, value in list(vars(module).items()): walk(f'{name}.{key}', value, 4)
out = {
    'contexts': [len({one[0] for one in contexts}), len({one[2] for one in contexts}), contexts[0][1] < 200 < contexts[1][1]],
    'hub': [oauth.base_url, oauth.api_url, auth.HubAuth.base_url.default_value, jupyterhub.singleuser._as_extension],
    'own': own, 'pages': pages, 'modules': len(sys.modules), 'captured': sorted(set(words)),
    'key': session.session_flags['secure'][0]['Session']['key'].decode(), 'user': session.Session().username,
    'authkey': bytes(multiprocessing.process.current_process().authkey).hex(), 'trash': str(trash.HOMETRASH),
    'drawn': [ssl.RAND_bytes(8).hex(), *(str(one.getrandbits(64)) for one in websockets.WebSocketWriter.__init__.__kwdefaults__.values() if isinstance(one, random.Random))],
    'paths': [paths.jupyter_config_dir(), paths.jupyter_data_dir(), paths.jupyter_runtime_dir()],
}
`

type Looked = {
  /** Memory that is its own when it begins, in KiB. */
  readonly own: number
  /** Two of them: how many, how many different ones, and whether the second one took more memory. */
  readonly contexts: unknown[]
  /** Where a server is, where its hub is, the default of the first, which application it is. */
  readonly hub: unknown[]
  /** Pages that modules lie on. */
  readonly pages: number
  readonly modules: number
  readonly captured: string[]
  readonly key: string
  readonly user: string
  readonly authkey: string
  readonly trash: string
  readonly drawn: string[]
  readonly paths: string[]
}

t.test('nothing of the process that is forked is left in what Jupyter imports', skip, async (t) => {
  const zygote = createZygote({
    python: path.join(bin, 'python'),
    script,
    environment: given,
    preload: [],
    onStale: (reason) => t.comment(reason),
  })
  t.teardown(() => zygote.end())
  const ready = await zygote.ready
  t.match(ready, { modules: { server: Array } })
  const keptOut = 'keptOut' in ready ? Object.keys(ready.keptOut) : []
  t.ok(keptOut.length < 100, 'most can be imported')
  t.notOk(keptOut.includes('jupyterhub.singleuser.extension'))
  const dir = dataFolder(t)
  const ports = createPorts()
  const uid = process.getuid?.() ?? 0
  const looked: Looked[] = []
  for (const user of ['ana', 'ben']) {
    const home = path.join(dir, 'homes', user)
    mkdirSync(home)
    writeFileSync(path.join(dir, user), '')
    const url = `http://127.0.0.1:${await ports.take()}/`
    const env = {
      ...{ PATH, LANG: 'C.UTF-8', HOME: home, USER: user, JUPYTERHUB_SERVICE_URL: url },
      JUPYTERHUB_SERVICE_PREFIX: `/user/${user}/`,
      JUPYTERHUB_API_URL: `http://hub-of-${user}/hub/api`,
      ...(user === 'ben' ? { JUPYTERHUB_SINGLEUSER_EXTENSION: '0' } : {}),
    }
    const own = {
      uid,
      gid: process.getgid?.() ?? 0,
      account: null,
      home,
      log: path.join(dir, user),
    }
    const forked = await zygote.fork({ argv: [lookIn(t)], env, ...own })
    if ('cold' in forked) throw new Error(forked.cold)
    t.teardown(() => process.kill(forked.child.pid, 'SIGKILL'))
    await answers(url)
    looked.push((await (await fetch(url, { method: 'POST', body: look })).json()) as Looked)
  }
  const [ana, ben] = looked
  t.ok(ana && ben)
  if (!ana || !ben) return
  t.ok(ana.modules > 1000, 'they are imported already')
  t.ok(ana.pages < ana.modules / 4, `which lie on ${ana.pages} pages`)
  t.ok(ana.own < 8000, `of ${ana.own} KiB that are its own`)
  t.same(ana.contexts, [2, 1, true])
  t.same(ben.contexts, [2, 1, false], 'which are not made before where they would be others')
  t.same(ana.hub, ['/user/ana/', 'http://hub-of-ana/hub/api', '/user/ana/', true])
  t.same(ben.hub, ['/user/ben/', 'http://hub-of-ben/hub/api', '/user/ben/', false])
  t.same(ana.captured, [])
  t.not(ana.key, ben.key)
  t.not(ana.authkey, ben.authkey)
  t.equal(new Set([...ana.drawn, ...ben.drawn]).size, 4)
  t.equal(ana.user, 'ana')
  t.equal(ana.trash, path.join(dir, 'homes/ana/.local/share/Trash'))
  for (const folder of ana.paths) t.match(folder, path.join(dir, 'homes/ana'))
})

async function startServer(t: Test, spawner: Spawner, internalPort: number) {
  const environment = serverEnvironment({
    config: { base_url: '/', public_url: '', spawner: { path: PATH } },
    settings: { environment: {}, defaultUrl: '', memoryBytes: 0, cpuCores: 0 },
    server: { userName: 'ana', name: '' },
    secret: 'the-token-of-this-run',
    internalPort,
  })
  const request = requestFor('ana', { environment, command: ['jupyterhub-singleuser'] })
  const started = await spawner.start(request)
  t.teardown(() => spawner.stop(started.state, { now: true }))
  return started
}

t.test('a forked jupyterhub-singleuser lives and dies with its kernels', skip, async (t) => {
  const hub = await startFakeHub(t)
  const lines: string[] = []
  const spawner = processSpawner.create(
    {
      ...{ run_as: isRoot ? 'range' : 'self', first_uid: 1_500_000, log_size: 1_000_000 },
      ...{ interrupt_timeout: 20_000, term_timeout: 5000, kill_timeout: 5000 },
    },
    {
      log: quietLog(lines),
      dataDir: dataFolder(t),
      settings: { spawner: { warm_start: true, warm_kernels: true } },
    },
  )
  t.teardown(() => spawner.close?.())
  spawner.prepare?.(['jupyterhub-singleuser'], { PATH, LANG: 'C.UTF-8' })
  const isReady = await eventually(
    () => lines.some((line) => line.includes('servers start warm')),
    120_000,
  )
  if (!isReady) t.comment(lines)
  t.ok(isReady)
  const { url, state } = await startServer(t, spawner, hub.port)
  t.match(spawner.warmth?.(), { warm: 1, cold: 0 })
  const itAnswers = async () => (await probe(url, '/user/ana/', never)).answered
  t.ok(await eventually(itAnswers, 60_000), 'it answers')
  const report = 'POST /hub/api/users/ana/activity token the-token-of-this-run'
  t.ok(await eventually(() => hub.requests.includes(report), 20_000), 'it reports activity')
  t.match(url, /^unix:/)
  const headers = { authorization: 'token of-ana', 'content-type': 'application/json' }
  const post = (path: string) =>
    ask(url, `/user/ana/api/kernels${path}`, { method: 'POST', headers, body: '{}' })
  const kernel = await post('')
  t.equal(kernel.status, 201)
  const { id } = JSON.parse(kernel.text) as { id: string }
  const kernels = async (): Promise<number[]> => {
    const family = await familyOf(state)
    return family
      .map(({ pid }) => pid)
      .filter((pid) => readOf(pid, 'cmdline').includes(`kernel-${id}`))
  }
  t.ok(await eventually(async () => (await kernels()).length > 0, 20_000), 'a kernel runs')
  const [first = 0] = await kernels()
  t.ok(isForked(first, Number(state['pid'])), 'which was forked')
  for (const verb of ['interrupt', 'restart'])
    t.match((await post(`/${id}/${verb}`)).status, /^20/, verb)
  const isAnother = async () =>
    (await kernels()).some((pid) => pid !== first && isForked(pid, Number(state['pid'])))
  t.ok(await eventually(isAnother, 20_000), 'and so is the one after it')
  const family = await familyOf(state)
  await spawner.stop(state)
  t.same(
    family.filter(({ pid, startTime }) => isRunning(pid, startTime)),
    [],
  )
  const log = (await spawner.logTail('ana', 500)).join('\n')
  t.notMatch(log, /the-token-of-this-run|Traceback/)
})

const familyOf = async (state: Readonly<Record<string, unknown>>) =>
  findFamily(state as unknown as Run, await takeCensus())

/** Empty of one that has ended meanwhile. */
const readOf = (pid: number, name: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}

/** After an exec its libraries would be elsewhere than those of the server that it comes from. */
const isForked = (pid: number, server: number): boolean =>
  libraryOf(pid) !== undefined && libraryOf(pid) === libraryOf(server)

const libraryOf = (pid: number): string | undefined =>
  readOf(pid, 'maps')
    .split('\n')
    .find((line) => line.includes('/libc.so'))
    ?.split('-')[0]
