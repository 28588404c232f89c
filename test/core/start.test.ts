/** One start: its steps, in order, and what its program is given. */
import t from 'tap'
import {
  failureOf,
  hubEnds,
  label,
  serverSlug,
  StartFailed,
  createStarter,
} from '../../src/core/start.ts'
import { createProgressLog } from '../../src/core/progress.ts'
import { HubError } from '../../src/lib/errors.ts'
import { type Server } from '../../src/model/server.ts'
import { createCore, eventually, type Core } from '../support/core.ts'

/** A start of ana's server by hand, without the verbs around it. */
function attemptOf(core: Core) {
  const { store, spawner, routes, tokens, log, spawnOptions, hooks } = core.context
  const starter = createStarter({
    store,
    spawner,
    routes,
    tokens,
    log,
    baseUrl: '/',
    hooks,
    startTimeoutMs: 5000,
    httpTimeoutMs: 5000,
    routedPorts: () => [],
    environment: (_server, secret) => ({ JUPYTERHUB_API_TOKEN: secret }),
  })
  const user = core.addUser('ana')
  const server = store.servers.update(core.serverOf(user).id, { state: 'starting' })
  const controller = new AbortController()
  const progress = createProgressLog()
  const settings = spawnOptions.settingsFor(user, {})
  return {
    starter,
    controller,
    settings,
    attempt: { server, user, progress, signal: controller.signal },
  }
}

t.test(
  'the program gets a key and is asked whether it answers before its route opens',
  async (t) => {
    const core = createCore(t)
    const { starter, attempt, settings } = attemptOf(core)
    core.spawner.behaviour = 'stays silent'
    const starting = starter.start(attempt, settings)
    t.ok(await eventually(() => core.spawner.programs().length === 1))
    t.same(core.context.routes.list(), [])
    const [program] = core.spawner.programs()
    t.equal(core.asToken(program?.environment['JUPYTERHUB_API_TOKEN'] ?? '')?.user.name, 'ana')
    if (program) program.behaviour = 'answers'
    t.equal((await starting).state, 'ready')
    t.equal(core.context.routes.list().length, 1)
  },
)

t.test('only the end of the hub leaves the program running', async (t) => {
  const dir = t.testdir()
  for (const reason of [hubEnds, new Error('cancelled')]) {
    const core = createCore(t, { dataDir: `${dir}/${reason.message}` })
    const { starter, attempt, settings, controller } = attemptOf(core)
    core.spawner.behaviour = 'stays silent'
    const starting = starter.start(attempt, settings).catch((error: unknown) => error)
    t.ok(await eventually(() => core.again(attempt.server).url !== undefined))
    controller.abort(reason)
    t.equal(await starting, reason)
    const left = reason === hubEnds ? 1 : 0
    t.equal(core.spawner.programs().length, left)
    t.equal(core.context.store.tokens.listOf(attempt.user.id, new Date(0)).length, left)
  }
})

// §9.53
t.test('undoing goes on when a step of it fails', async (t) => {
  const core = createCore(t)
  const { starter, attempt, settings } = attemptOf(core)
  core.spawner.behaviour = 'dies'
  core.spawner.stop = () => Promise.reject(new Error('it resists'))
  await t.rejects(starter.start(attempt, settings), { name: 'StartFailed' })
  t.same(core.context.store.tokens.listOf(attempt.user.id, new Date(0)), [])
  t.match(core.lines.join(''), /undoing a failed start/)
})

t.test('names of a server, for people and for the machine', async (t) => {
  const named = { userName: 'ana', name: 'lab2' } as Server
  t.equal(label({ ...named, name: '' }), 'ana')
  t.equal(label(named), 'ana:lab2')
  const core = createCore(t)
  const user = core.addUser('Ana@Example.org')
  t.equal(serverSlug(user, { name: '' }), user.slug)
  t.equal(serverSlug(user, named), `${user.slug}.lab2`)
})

t.test('the owner is told what a failure says for people, and nothing of the others', async (t) => {
  t.same(failureOf(new StartFailed({ message: 'It ended.', exitCode: 1 })), {
    message: 'It ended.',
    exitCode: 1,
  })
  t.same(failureOf(new HubError('Unavailable', 'No room.')), { message: 'No room.' })
  t.notMatch(failureOf(new Error('/etc/secret: EACCES')).message, /secret/)
})

t.test('a log that repeats the key of its server is shown without it', async (t) => {
  const core = createCore(t)
  const { starter, attempt, settings } = attemptOf(core)
  core.spawner.behaviour = 'stays silent'
  const starting = starter.start(attempt, settings).catch((thrown: unknown) => failureOf(thrown))
  t.ok(await eventually(() => core.spawner.programs().length === 1))
  const [program] = core.spawner.programs()
  const secret = program?.environment['JUPYTERHUB_API_TOKEN'] ?? ''
  // In a place where nothing else tells that it is one.
  core.spawner.logLines = [`x${secret}x`]
  await program?.end(3)
  t.same(await starting, {
    message: 'The server ended by itself with exit code 3.',
    exitCode: 3,
    logTail: ['x[redacted]x'],
  })
})
