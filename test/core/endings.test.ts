/** How runs end: found dead, or asked to. */
import t from 'tap'
import { createEndings, isSameRun } from '../../src/core/endings.ts'
import { createStarter } from '../../src/core/start.ts'
import { createKeyedLock } from '../../src/lib/lock.ts'
import { createCore, eventually, fillDisk, type Core } from '../support/core.ts'

async function runningOf(core: Core) {
  const server = await core.context.servers.start(core.serverOf(core.addUser('ana')))
  const starter = createStarter({
    ...core.context,
    baseUrl: '/',
    startTimeoutMs: 1000,
    httpTimeoutMs: 1000,
    routedPorts: () => [],
    environment: () => ({}),
  })
  const endings = createEndings({ ...core.context, starter, lock: createKeyedLock(), baseUrl: '/' })
  return { server, endings }
}

t.test('a dead server is cleaned up once, with the reason given', async (t) => {
  const core = createCore(t)
  const { server, endings } = await runningOf(core)
  core.spawner.exited = () => new Promise(() => undefined)
  const [one, two] = await Promise.all([
    endings.bury(server, { exitCode: 2, message: 'It fell over.' }),
    endings.bury(server, { exitCode: 3 }),
  ])
  t.match(one, { state: 'stopped', failure: { message: 'It fell over.', exitCode: 2 } })
  t.same(two, one)
  t.same(core.context.routes.list(), [])
  t.same(core.spawner.programs(), [], 'what it had left running is gone too')
})

t.test('what cannot be cleaned up is logged, and the server is shown as it is', async (t) => {
  const core = createCore(t)
  const { server, endings } = await runningOf(core)
  core.spawner.stop = () => Promise.reject(new Error('it resists'))
  t.equal((await endings.bury(server, {})).state, 'stopped')
  t.match(core.lines.join(''), /cleaning up after a server/)
})

t.test('watching twice is watching once, and stops when asked', async (t) => {
  const core = createCore(t)
  const { server, endings } = await runningOf(core)
  const signals: AbortSignal[] = []
  core.spawner.exited = (_state, signal) => {
    signals.push(signal)
    return new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(new Error('over'))),
    )
  }
  endings.watch(server)
  endings.watch(server)
  t.same(
    signals.map(({ aborted }) => aborted),
    [true, false],
  )
  endings.unwatchAll()
  t.same(
    signals.map(({ aborted }) => aborted),
    [true, true],
  )
})

t.test('a death that a full disk kept from being written down is noticed again', async (t) => {
  const core = createCore(t)
  const { server } = await runningOf(core)
  const free = fillDisk(core)
  await core.spawner.programs()[0]?.end(1)
  t.ok(await eventually(() => core.lines.some((line) => line.includes('background work failed'))))
  free()
  t.equal(core.again(server).state, 'ready')
  t.equal((await core.context.servers.check(server)).state, 'stopped')
})

t.test('a run is known by what its spawner remembers of it', async (t) => {
  const core = createCore(t)
  const { server } = await runningOf(core)
  t.ok(isSameRun(server, core.again(server)))
  t.notOk(isSameRun(server, { ...server, spawnState: { id: 99 } }))
})
