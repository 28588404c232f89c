/** What every spawner promises; the test of each begins with this. */
import { Type } from 'typebox'
import { type Test } from 'tap'
import { HubError } from '../../src/lib/errors.ts'
import { type SpawnState } from '../../src/model/server.ts'
import { spawners } from '../../src/spawn/registry.ts'
import { type Spawner, type SpawnerPlugin } from '../../src/spawn/spawner.ts'
import {
  dataFolder,
  eventually,
  never,
  quietLog,
  requestFor,
  running,
  sh,
  webServer,
} from '../spawn/support.ts'

/** As JSON in the database has it. */
const stored = (state: SpawnState): SpawnState => JSON.parse(JSON.stringify(state)) as SpawnState

const answer = (url: string): Promise<{ environment: Record<string, string> }> =>
  fetch(`${url}/user/ana/api`).then((response) => response.json()) as Promise<{
    environment: Record<string, string>
  }>

const answers = (url: string): Promise<boolean> =>
  answer(url).then(
    () => true,
    () => false,
  )

/** @param make in the place of the plug-in's own way */
export function spawnerContract(
  t: Test,
  plugin: SpawnerPlugin,
  options: unknown,
  make: SpawnerPlugin['create'] = (...given) => plugin.create(...given),
): void {
  const create = (t: Test, command: readonly string[], dataDir = dataFolder(t)): Spawner =>
    running(make(options, { log: quietLog(), dataDir }), command)

  t.test('it is registered under its name', async (t) => {
    t.equal(spawners[plugin.name], plugin)
  })

  t.test('each of its options has a sentence', async (t) => {
    if (!Type.IsObject(plugin.options)) throw new Error('options are no object')
    for (const [key, schema] of Object.entries(plugin.options.properties))
      t.match(Reflect.get(schema, 'description'), /^[A-Z].*\.$/, key)
  })

  t.test('a server answers at its URL with the environment it was given', async (t) => {
    const spawner = create(t, webServer)
    const environment = {
      PATH: '/usr/bin:/bin',
      JUPYTERHUB_API_TOKEN: 'a b"c',
      JUPYTERHUB_HOST: '',
    }
    const { url, state } = await spawner.start(requestFor('ana', { environment }))
    t.teardown(() => spawner.stop(state, { now: true }))
    t.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
    t.ok(await eventually(() => answers(url)))
    t.match((await answer(url)).environment, {
      ...environment,
      JUPYTERHUB_SERVICE_URL: `${url}/user/ana/`,
    })
    t.same(await spawner.poll(stored(state)), { alive: true })
    t.match(await spawner.usage(stored(state)), { memoryBytes: Number, processes: 1 })
  })

  t.test('a stopped server is gone, and may be stopped again', async (t) => {
    const spawner = create(t, webServer)
    const { url, state } = await spawner.start(requestFor('ana'))
    await eventually(() => answers(url))
    await spawner.stop(stored(state))
    t.match(await spawner.poll(stored(state)), { alive: false })
    t.notOk(await answers(url))
    t.equal(await spawner.usage(stored(state)), undefined)
    await spawner.stop(stored(state))
    await spawner.stop(stored(state), { now: true })
  })

  t.test('many servers at once get addresses of their own', async (t) => {
    const spawner = create(t, sh('exec sleep 600'))
    const slugs = Array.from({ length: 8 }, (_, index) => `ana.s${index}`)
    const started = await Promise.all(slugs.map((slug) => spawner.start(requestFor(slug))))
    t.equal(new Set(started.map(({ url }) => url)).size, slugs.length)
    await Promise.all(started.map(({ state }) => spawner.stop(state, { now: true })))
  })

  t.test('how a server ended is told to whoever waits and to whoever asks', async (t) => {
    for (const [script, exitCode] of [
      ['exit 3', 3],
      ['kill -KILL $$', 137],
    ] as const) {
      const spawner = create(t, sh(script))
      const { state } = await spawner.start(requestFor('ana'))
      t.same(await spawner.exited(stored(state), never), { exitCode })
      t.same(await spawner.poll(stored(state)), { alive: false, exitCode })
      await spawner.stop(state, { now: true })
    }
  })

  t.test('waiting for the end stops with its signal', async (t) => {
    const spawner = create(t, sh('exec sleep 600'))
    const { state } = await spawner.start(requestFor('ana'))
    t.teardown(() => spawner.stop(state, { now: true }))
    const controller = new AbortController()
    const exited = spawner.exited(state, controller.signal)
    controller.abort(new Error('nobody waits any more'))
    await t.rejects(exited, { message: 'nobody waits any more' })
    await t.rejects(spawner.exited(state, controller.signal))
    t.same(await spawner.poll(state), { alive: true })
  })

  t.test('a program that is not there fails at once, with a sentence', async (t) => {
    const spawner = create(t, ['no-such-program'])
    await t.rejects(
      spawner.start(requestFor('ana')),
      new HubError(
        'Unavailable',
        'The program no-such-program was not found. Look at the settings spawner.cmd and spawner.path.',
      ),
    )
  })

  t.test('a cancelled start starts nothing', async (t) => {
    const spawner = create(t, sh('touch began; exec sleep 600'))
    const before = AbortSignal.abort(new Error('cancelled'))
    await t.rejects(spawner.start(requestFor('ana', { signal: before })), { message: 'cancelled' })
    const controller = new AbortController()
    const starting = spawner.start(requestFor('ana', { signal: controller.signal }))
    controller.abort(new Error('cancelled'))
    await t.rejects(starting, { message: 'cancelled' })
    t.same(await spawner.logTail('ana', 5), [])
  })

  t.test('the last lines of a server are kept until it is forgotten', async (t) => {
    const spawner = create(t, sh('for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done'))
    const { state } = await spawner.start(requestFor('ana'))
    await spawner.exited(state, never)
    t.same(await spawner.logTail('ana', 3), ['err 4', 'out 5', 'err 5'])
    await spawner.stop(state, { now: true })
    t.same(await spawner.logTail('ana', 1), ['err 5'])
    await spawner.forget('ana')
    t.same(await spawner.logTail('ana', 3), [])
    await spawner.forget('ana')
  })

  t.test('a hub that comes later finds the servers of the one before', async (t) => {
    const dataDir = dataFolder(t)
    const { url, state } = await create(t, webServer, dataDir).start(requestFor('ana'))
    await eventually(() => answers(url))
    const later = create(t, webServer, dataDir)
    t.same(await later.poll(stored(state)), { alive: true })
    const exited = later.exited(stored(state), never)
    await later.stop(stored(state))
    t.same(await exited, {})
    t.same(await later.poll(stored(state)), { alive: false })
    t.notOk(await answers(url))
  })

  t.test('what another spawner left is taken for dead, and left alone', async (t) => {
    const spawner = create(t, sh('exit'))
    for (const state of [{}, { unit: 'jupyter-ana' }, { pid: 1 }]) {
      t.same(await spawner.poll(state), { alive: false })
      t.same(await spawner.exited(state, never), {})
      t.equal(await spawner.usage(state), undefined)
      await spawner.stop(state, { now: true })
    }
  })
}
