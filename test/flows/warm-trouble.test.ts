/** A whole hub that forks its servers, and what comes in between: nobody is left without an outcome, and nothing is left. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { type Hub } from '../../src/hub.ts'
import { serverClientId } from '../../src/model/server.ts'
import { SECOND, sleep } from '../../src/lib/time.ts'
import { takeCensus } from '../../src/spawn/family.ts'
import { eventually, isRoot, quietLog, rootOnly, stayAwake } from '../spawn/support.ts'
import { serverOf, startHub, temporaryFolder, type TestHub } from '../support/hub.ts'
import { tinyEnvironment, type TinyEnvironment } from '../support/tiny-environment.ts'

t.setTimeout(280_000)
stayAwake(t)

/** Of this run of the tests alone, with room for a class. */
const firstUid = 1_600_000_000 + (process.pid % 1_000_000) * 300

type Setting = TestHub & { readonly lines: string[]; readonly token: string }

type Options = {
  readonly environment?: TinyEnvironment
  readonly settings?: Readonly<Record<string, string>>
  readonly users?: readonly string[]
  readonly dataDir?: string
}

/** A hub whose zygote is ready. */
async function warmHub(t: Test, options: Options = {}): Promise<Setting> {
  const { environment = tinyEnvironment(t), users = ['ana', 'ben', 'cem'] } = options
  const lines: string[] = []
  const settings: Record<string, string> = {
    'spawner.cmd': 'jupyterhub-singleuser',
    'spawner.path': `${environment.dir}/bin:/usr/bin:/bin`,
    'spawner.process.first_uid': String(firstUid),
    'spawner.start_memory': '0',
    ...options.settings,
  }
  const { dataDir } = options
  const made = await startHub(t, {
    ...{ settings, log: quietLog(lines) },
    ...(dataDir === undefined ? {} : { dataDir }),
  })
  for (const name of ['admin', ...users])
    if (!made.hub.context.store.users.findByName(name))
      made.hub.context.users.add(name, { admin: name === 'admin' })
  const isReady = (): boolean => lines.some((line) => line.includes('servers start warm'))
  if (settings['spawner.warm_start'] !== 'false') t.ok(await eventually(isReady, 120_000))
  const { tokens, store } = made.hub.context
  const admin = store.users.findByName('admin')
  if (!admin) throw new Error('there is no admin')
  return { ...made, lines, token: tokens.issue({ user: admin, note: 'test' }).secret }
}

const call = (setting: Setting, method: string, where: string): Promise<Response> =>
  fetch(`${setting.url}${where}`, {
    method,
    headers: { authorization: `token ${setting.token}` },
    signal: AbortSignal.timeout(200 * SECOND),
  })

const start = async (setting: Setting, name: string): Promise<number> =>
  (await call(setting, 'POST', `/hub/api/users/${name}/server`)).status

const stop = async (setting: Setting, name: string): Promise<number> =>
  (await call(setting, 'DELETE', `/hub/api/users/${name}/server`)).status

const stateOf = ({ hub }: Setting, name: string): string => serverOf(hub, name).state

const isSettled = (setting: Setting, name: string): boolean =>
  !['starting', 'stopping'].includes(stateOf(setting, name))

/** What runs as one of the users. */
async function running(): Promise<number[]> {
  const { processes } = await takeCensus()
  return processes
    .filter(({ uid }) => uid >= firstUid && uid < firstUid + 300)
    .map(({ pid }) => pid)
}

/** No process, route, token or client; and the row knows of nothing. */
async function nothingIsLeft(t: Test, { hub }: { hub: Hub }, names: readonly string[]) {
  const { store, routes } = hub.context
  t.ok(await eventually(async () => (await running()).length === 0))
  t.same(routes.list(), [])
  for (const name of names) {
    const row = serverOf(hub, name)
    t.match(row, { url: undefined, spawnState: undefined, startedAt: undefined })
    t.same(store.tokens.listOf(row.userId, new Date(0)), [])
    t.equal(store.oauthProvider.findClient(serverClientId(name, '')), undefined)
  }
}

const zygotes = (): number[] =>
  readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number)
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('zygote.py'))

t.test('whoever cancels at any moment of a start leaves nothing behind', rootOnly, async (t) => {
  const setting = await warmHub(t)
  for (const afterMs of [0, 1, 3, 6, 10, 15, 25, 40, 80, 150]) {
    const starting = start(setting, 'ana')
    await sleep(afterMs)
    await eventually(() => serverOf(setting.hub, 'ana').state !== 'stopped')
    t.match(await stop(setting, 'ana'), 204, `${afterMs} ms`)
    await starting
    t.equal(stateOf(setting, 'ana'), 'stopped')
    await nothingIsLeft(t, setting, ['ana'])
  }
  t.equal(await start(setting, 'ana'), 201, 'and starts it again')
  t.equal(setting.hub.context.warmth()?.cold, 0)
})

t.test('whoever cancels while they wait for their turn is asked nothing more', async (t) => {
  const setting = await warmHub(t, { settings: { 'spawner.starts_at_once': '1' } })
  const all = ['ana', 'ben', 'cem']
  const starting = all.map((name) => start(setting, name))
  await eventually(() => all.every((name) => stateOf(setting, name) !== 'stopped'))
  const cancelled = ['cem', 'ben', 'ana'].map((name) => stop(setting, name))
  t.same(await Promise.all(cancelled), [204, 204, 204])
  await Promise.all(starting)
  for (const name of all) t.equal(stateOf(setting, name), 'stopped', name)
  if (isRoot) await nothingIsLeft(t, setting, all)
  t.equal(await start(setting, 'cem'), 201, 'and the queue goes on')
})

t.test('a hub that ends in the middle of starts takes all of it with it', rootOnly, async (t) => {
  const environment = tinyEnvironment(t)
  for (const afterMs of [0, 5, 20, 60]) {
    const setting = await warmHub(t, { environment })
    for (const name of ['ana', 'ben', 'cem']) void start(setting, name).catch(() => 0)
    await eventually(() => stateOf(setting, 'ana') !== 'stopped')
    await sleep(afterMs)
    await setting.hub.stop({ servers: true })
    t.ok(await eventually(async () => (await running()).length === 0), `${afterMs} ms`)
    t.ok(await eventually(() => zygotes().length === 0))
  }
})

t.test('what a hub began that ends, the next one finishes', rootOnly, async (t) => {
  const environment = tinyEnvironment(t)
  const dataDir = path.join(temporaryFolder(t), 'data')
  for (const afterMs of [0, 5, 20, 60]) {
    const first = await warmHub(t, { environment, dataDir })
    const all = ['ana', 'ben', 'cem']
    for (const name of all) void start(first, name).catch(() => 0)
    await eventually(() => all.every((name) => stateOf(first, name) !== 'stopped'))
    await sleep(afterMs)
    await first.hub.stop()
    const second = await warmHub(t, { environment, dataDir })
    t.ok(await eventually(() => all.every((name) => stateOf(second, name) === 'ready'), 60_000))
    t.equal((await running()).length, 3, 'one of each')
    for (const name of all) {
      t.equal((await call(second, 'GET', `/user/${name}/`)).status, 200)
      t.equal(await stop(second, name), 204)
    }
    await nothingIsLeft(t, second, all)
    await second.hub.stop()
  }
})

t.test('a zygote that is killed ends no server, and costs nobody their start', async (t) => {
  const setting = await warmHub(t)
  t.equal(await start(setting, 'ana'), 201)
  const [zygote = 0] = zygotes()
  const starting = ['ben', 'cem'].map((name) => start(setting, name))
  await eventually(() => stateOf(setting, 'cem') !== 'stopped')
  process.kill(zygote, 'SIGKILL')
  t.same(await Promise.all(starting), [201, 201])
  for (const name of ['ana', 'ben', 'cem']) {
    t.equal((await call(setting, 'GET', `/user/${name}/`)).status, 200, name)
    t.equal(await stop(setting, name), 204)
  }
  if (isRoot) await nothingIsLeft(t, setting, ['ana', 'ben', 'cem'])
  t.equal(await start(setting, 'ana'), 201)
  t.match(setting.hub.context.warmth(), { lastReason: 'the process that is forked has ended' })
})

t.test('a process table that is full is told, and nothing is left', rootOnly, async (t) => {
  const setting = await warmHub(t, { settings: { 'spawner.warm_start': 'false' } })
  const limit = (soft: string): Buffer =>
    execFileSync('prlimit', [`--pid=${process.pid}`, `--nproc=${soft}:`])
  const uid = firstUid + serverOf(setting.hub, 'ana').userId
  const other = spawn('/bin/sleep', ['600'], { uid, gid: uid, stdio: 'ignore' })
  await once(other, 'spawn')
  limit('0')
  t.teardown(() => limit('50000'))
  t.equal(await start(setting, 'ana'), 500)
  const sentence =
    'The program jupyterhub-singleuser could not be started: there are too many processes. Try again later.'
  t.match(serverOf(setting.hub, 'ana'), { state: 'failed', failure: { message: sentence } })
  t.same(await running(), [other.pid])
  other.kill('SIGKILL')
  await nothingIsLeft(t, setting, ['ana'])
  limit('50000')
  t.equal(await start(setting, 'ana'), 201)
})

t.test('a home of somebody else is told, and nothing is left', rootOnly, async (t) => {
  const setting = await warmHub(t)
  t.equal(await start(setting, 'ana'), 201)
  await stop(setting, 'ana')
  const home = path.join(setting.dataDir, 'homes/ana')
  chownSync(home, 1, 1)
  t.equal(await start(setting, 'ana'), 500)
  t.match(serverOf(setting.hub, 'ana').failure?.message, /belongs to another uid; give it to/)
  await nothingIsLeft(t, setting, ['ana'])
  chownSync(home, firstUid + serverOf(setting.hub, 'ana').userId, 0)
  t.equal(await start(setting, 'ana'), 201)
})

t.test('two hundred who start in one second all get in, a few at a time', rootOnly, async (t) => {
  const users = Array.from({ length: 200 }, (_, index) => `user-${index}`)
  const atOnce = 4
  const setting = await warmHub(t, {
    users,
    settings: { 'spawner.starts_at_once': String(atOnce), 'spawner.slow_spawn_timeout': '1s' },
  })
  const { hub } = setting
  const begun = users.map((name) => start(setting, name))
  const began = (): number =>
    users.filter((name) => {
      const { state, startedAt } = serverOf(hub, name)
      return state === 'starting' && startedAt !== undefined
    }).length
  let most = 0
  const isOver = (): boolean => {
    most = Math.max(most, began())
    return users.every((name) => isSettled(setting, name) && stateOf(setting, name) !== 'stopped')
  }
  // Looked at from the beginning: a machine may let them in no faster than they start, and then nobody waits.
  const over = eventually(isOver, 200_000)
  const statuses = await Promise.all(begun)
  t.same(new Set(statuses).difference(new Set([201, 202])), new Set())
  t.ok(await over)
  t.ok(most > 0 && most <= atOnce, `${most} at a time`)
  t.same(new Set(users.map((name) => stateOf(setting, name))), new Set(['ready']))
  t.match(hub.context.warmth(), { warm: 200, cold: 0 })
  t.equal((await running()).length, 200)
  t.equal((await call(setting, 'GET', '/user/user-199/')).status, 200)
  const before = process.cpuUsage()
  await hub.stop({ servers: true })
  // Looking at the whole machine for each of them took half a minute.
  t.ok(process.cpuUsage(before).user < 8_000_000, 'and all are stopped at once, too')
  t.ok(await eventually(async () => (await running()).length === 0, 60_000))
})
