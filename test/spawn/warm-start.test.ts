/** Starts by a fork and the ordinary way, as the spawner of processes makes them. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { isRunning } from '../../src/lib/process.ts'
import { processSpawner } from '../../src/spawn/process.ts'
import { type Spawner } from '../../src/spawn/spawner.ts'
import { createWarmStart } from '../../src/spawn/warm-start.ts'
import { tinyEnvironment, type TinyEnvironment } from '../support/tiny-environment.ts'
import {
  answers,
  dataFolder,
  eventually,
  isRoot,
  quietLog,
  requestFor,
  stayAwake,
} from './support.ts'

stayAwake(t)

const options = {
  run_as: isRoot ? 'range' : 'self',
  first_uid: 1_500_000 + process.pid * 10,
  interrupt_timeout: 3000,
  term_timeout: 3000,
  kill_timeout: 5000,
  log_size: 100_000,
}

type Setting = {
  readonly environment: TinyEnvironment
  readonly spawner: Spawner
  readonly warmStart: { warm_start: boolean; warm_kernels: boolean }
  readonly lines: string[]
  readonly given: Record<string, string>
}

function setUp(t: Test, modules: Record<string, string> = {}): Setting {
  const environment = tinyEnvironment(t, modules)
  const warmStart = { warm_start: true, warm_kernels: false }
  const lines: string[] = []
  const needs = { log: quietLog(lines), dataDir: dataFolder(t), settings: { spawner: warmStart } }
  const spawner = processSpawner.create(options, needs)
  t.teardown(() => spawner.close?.())
  const given = { PATH: `${environment.dir}/bin:/usr/bin:/bin`, LANG: 'C.UTF-8' }
  return { environment, spawner, warmStart, lines, given }
}

const command = ['jupyterhub-singleuser']

/** @param before so many were ready: without it as many as there are now */
async function isReady(
  { spawner, given, lines }: Setting,
  before = count(lines),
): Promise<boolean> {
  spawner.prepare?.(command, given)
  return eventually(() => count(lines) > before, 60_000)
}

const count = (lines: readonly string[]): number =>
  lines.filter((line) => line.includes('servers start warm')).length

async function start(t: Test, { spawner, given }: Setting, more: Record<string, string> = {}) {
  const environment = { ...given, ...more }
  const started = await spawner.start(requestFor('ana', { command, environment }))
  t.teardown(() => spawner.stop(started.state, { now: true }))
  return started
}

t.test('root makes nothing from what somebody else says', async (t) => {
  const { dir } = tinyEnvironment(t, {})
  const given = { PATH: `${dir}/bin:/usr/bin:/bin`, LANG: 'C.UTF-8' }
  const reasonOf = async (
    trustedPath: string,
    environment: Record<string, string>,
    program = 'jupyterhub-singleuser',
  ) => {
    // prettier-ignore
    const warmStart = createWarmStart({ enabled: true, log: quietLog(), trustedPath })
    t.teardown(() => warmStart.close())
    const request = { command: [program], environment }
    await warmStart.attempt(request, () => Promise.resolve({ cold: 'asked' }))
    return warmStart.facts.lastReason
  }
  t.equal(await reasonOf(given.PATH, given), 'the process that is forked was still being prepared')
  const refused = 'another program than the one that can be forked'
  t.equal(await reasonOf('/usr/bin:/bin', given), refused)
  t.equal(await reasonOf(given.PATH, { ...given, LANG: '../../x' }), refused)
  for (const way of [`/proc/self/root${dir}`, `${dir}/../${path.basename(dir)}`, `/${dir}`])
    t.equal(await reasonOf(given.PATH, given, `${way}/bin/jupyterhub-singleuser`), refused, way)
})

t.test('the first start waits for nothing, and those after it are warm', async (t) => {
  const setting = setUp(t)
  const first = await start(t, setting)
  t.match(setting.spawner.warmth?.(), {
    warm: 0,
    cold: 1,
    lastReason: 'the process that is forked was still being prepared',
  })
  t.ok(await answers(first.url))
  await setting.spawner.stop(first.state)
  t.ok(await isReady(setting, 0))
  const second = await start(t, setting)
  t.ok(await answers(second.url))
  t.match(setting.spawner.warmth?.(), { warm: 1, cold: 1 })
  t.same(await setting.spawner.poll(second.state), { alive: true })
  t.match(await setting.spawner.usage(second.state), { processes: 1 })
  await setting.spawner.stop(second.state)
  t.match(await setting.spawner.poll(second.state), { alive: false })
})

t.test(
  'where no kernel can be started servers are warm, and it is said why kernels are not',
  async (t) => {
    const setting = setUp(t)
    setting.warmStart.warm_kernels = true
    t.ok(await isReady(setting))
    const { url } = await start(t, setting)
    t.ok(await answers(url))
    const kernelReason = 'a kernel that was started on trial did not answer'
    t.match(setting.spawner.warmth?.(), { warm: 1, cold: 0, kernelReason })
    t.ok(setting.lines.some((line) => line.includes('kernels do not start warm')))
    setting.warmStart.warm_kernels = false
    t.ok(await isReady(setting), 'the setting makes another one')
    t.equal(setting.spawner.warmth?.().kernelReason, undefined)
  },
)

t.test('how long they take until they answer is told, of each kind', async (t) => {
  const setting = setUp(t)
  const first = await start(t, setting)
  setting.spawner.answered?.(first.state, 3000)
  t.match(setting.spawner.warmth?.(), { cold: 1, coldMs: 3000 })
  t.equal(setting.spawner.warmth?.().warmMs, undefined)
  await setting.spawner.stop(first.state, { now: true })
  t.ok(await isReady(setting, 0))
  const second = await start(t, setting)
  setting.spawner.answered?.(second.state, 200)
  setting.spawner.answered?.({ pid: 1 }, 900)
  t.match(setting.spawner.warmth?.(), { warmMs: 200, coldMs: 3000 })
})

t.test('how a warm server ended is told', async (t) => {
  const setting = setUp(t)
  t.ok(await isReady(setting))
  const { url, state } = await start(t, setting)
  t.ok(await answers(url))
  const ended = setting.spawner.exited(state, new AbortController().signal)
  process.kill(Number(state['pid']), 'SIGTERM')
  t.same(await ended, { exitCode: 7 })
  t.same(await setting.spawner.poll(state), { alive: false, exitCode: 7 })
})

t.test('other programs start the ordinary way', async (t) => {
  const setting = setUp(t)
  t.ok(await isReady(setting))
  const request = requestFor('ana', { command: ['/bin/sleep', '600'], environment: setting.given })
  const { state } = await setting.spawner.start(request)
  t.teardown(() => setting.spawner.stop(state, { now: true }))
  const lastReason = 'another program than the one that can be forked'
  t.match(setting.spawner.warmth?.(), { warm: 0, cold: 1, lastReason })
})

t.test('a start that cannot be warm is cold within itself', async (t) => {
  const setting = setUp(t, { reads: 'import os\nvalue = os.environ.get("SWITCH")\n' })
  t.ok(await isReady(setting))
  const { url } = await start(t, setting, { SWITCH: 'on' })
  t.ok(await answers(url))
  const lastReason = 'SWITCH is read while modules are imported'
  t.match(setting.spawner.warmth?.(), { warm: 0, cold: 1, lastReason })
})

t.test('the setting works at once, both ways', async (t) => {
  const setting = setUp(t)
  setting.warmStart.warm_start = false
  const first = await start(t, setting)
  t.match(setting.spawner.warmth?.(), { cold: 1, lastReason: 'warm starts are switched off' })
  await setting.spawner.stop(first.state, { now: true })
  t.same(count(setting.lines), 0)
  setting.warmStart.warm_start = true
  t.ok(await isReady(setting))
  await start(t, setting)
  t.match(setting.spawner.warmth?.(), { warm: 1 })
})

t.test('an environment that changes gets another zygote, and nobody waits for it', async (t) => {
  const environment = tinyEnvironment(t)
  const lines: string[] = []
  const warmStart = createWarmStart({ enabled: true, log: quietLog(lines), settleMs: 10 })
  t.teardown(() => warmStart.close())
  const dir = dataFolder(t)
  const launch = async () => {
    const log = path.join(dir, 'log')
    writeFileSync(log, '')
    const uid = process.getuid?.() ?? 0
    const env = { ...given, HOME: dir, JUPYTERHUB_SERVICE_URL: 'http://127.0.0.1:1/' }
    const who = { uid, gid: uid, account: null, home: dir, log }
    const forked = await warmStart.attempt(
      { command: [environment.script], environment: env },
      (zygote, argv) => zygote.fork({ argv, env, ...who }),
    )
    if (!forked) return
    const { pid, startTime, ended } = forked.child
    if (isRunning(pid, startTime)) process.kill(pid, 'SIGKILL')
    await ended
  }
  const given = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' }
  warmStart.prepare([environment.script], given)
  t.ok(await eventually(() => count(lines) === 1, 60_000))
  await launch()
  t.match(warmStart.facts, { warm: 1, cold: 0 })
  environment.write('installed', '')
  await launch()
  t.match(warmStart.facts, { warm: 1, cold: 1, lastReason: 'the environment has changed' })
  t.ok(await eventually(() => count(lines) === 2, 60_000))
  await launch()
  t.match(warmStart.facts, { warm: 2, cold: 1 })
})

t.test(
  'another zygote is made for one that was killed, and not for one that dies at once',
  async (t) => {
    const environment = tinyEnvironment(t)
    const given = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' }
    const request = { command: [environment.script], environment: given }
    const own = { uid: 65534, gid: 65534, account: null, home: '/', log: '/dev/null' }
    for (const [retryAfterMs, isAnother] of [
      [1, true],
      [1e9, false],
    ] as const) {
      const lines: string[] = []
      const warmStart = createWarmStart({ enabled: true, log: quietLog(lines), retryAfterMs })
      t.teardown(() => warmStart.close())
      warmStart.prepare(request.command, given)
      t.ok(await eventually(() => count(lines) === 1, 60_000))
      // It is known to have ended when the fork is given up.
      await warmStart.attempt(request, (zygote, argv) => {
        process.kill(zygote.pid ?? 0, 'SIGKILL')
        return zygote.fork({ argv, env: given, ...own })
      })
      await warmStart.attempt(request, () => Promise.resolve({ cold: 'asked' }))
      const lastReason = 'the process that is forked has ended'
      t.match(warmStart.facts, { warm: 0, cold: 2, lastReason }, 'starts are cold meanwhile')
      t.equal(await eventually(() => count(lines) === 2, isAnother ? 60_000 : 500), isAnother)
    }
  },
)

t.test('an environment that others can write to is never run by the hub', async (t) => {
  const environment = tinyEnvironment(t)
  chmodSync(environment.sitePackages, 0o777)
  const lines: string[] = []
  const warmStart = createWarmStart({ enabled: true, log: quietLog(lines) })
  t.teardown(() => warmStart.close())
  warmStart.prepare([environment.script], { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' })
  t.ok(await eventually(() => lines.some((line) => line.includes('others can change'))))
})

t.test('the key of a server is nowhere but with the server', async (t) => {
  const setting = setUp(t)
  t.ok(await isReady(setting))
  const secret = 'a-secret-of-this-start'
  const { url, state } = await start(t, setting, { JUPYTERHUB_API_TOKEN: secret })
  t.ok(await answers(url))
  t.notMatch(readFileSync(`/proc/${Number(state['pid'])}/cmdline`, 'utf8'), secret)
  t.notMatch(setting.lines.join(''), secret)
})
