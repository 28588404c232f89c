/** Servers and what starts them, as the configuration says. */
import t from 'tap'
import { createStarting } from '../../src/core/starting.ts'
import { type Spawner } from '../../src/spawn/spawner.ts'
import { createCore } from '../support/core.ts'

t.test('the hook of a hub runs with every start, and its variables reach the server', async (t) => {
  const core = createCore(t, { settings: { 'spawner.environment': '{"A": "1"}' } })
  const told: unknown[] = []
  const { servers } = createStarting({
    ...core.context,
    groupsOf: () => [],
    authStateOf: () => undefined,
    internalPort: () => 1,
    hookModule: {
      preSpawn: ({ environment }) => ({ environment: { B: `${environment['A'] ?? ''}2` } }),
      postStop: ({ server }) => void told.push(server.name),
    },
  })
  const server = await servers.start(core.serverOf(core.addUser('ana')))
  t.match(core.spawner.programs()[0], { environment: { A: '1', B: '12' } })
  await servers.stop(server)
  t.same(told, [''])
})

t.test('a hook knows the profile, chosen or not, and what the login left', async (t) => {
  const seen: unknown[] = []
  const profiles = [
    { slug: 'small', display_name: 'Small' },
    { slug: 'big', display_name: 'Big', default: true },
  ]
  const core = createCore(t, {
    settings: { profiles: JSON.stringify(profiles), 'auth.enable_auth_state': 'true' },
    hooks: { preSpawn: ({ profile, authState }) => void seen.push([profile, authState]) },
  })
  const { servers, authStates } = core.context
  const ana = core.addUser('ana')
  const start = async (options: Record<string, unknown>): Promise<void> =>
    servers.stop(await servers.start(core.serverOf(ana), options))
  await start({})
  authStates.keep(ana.id, { access_token: 'gho_1' })
  await start({ profile: 'small' })
  t.same(seen, [
    ['big', undefined],
    ['small', { access_token: 'gho_1' }],
  ])
})

t.test('a hook cannot make a server of somebody else of it', async (t) => {
  const core = createCore(t)
  const environment = { JUPYTERHUB_USER: 'ben', JUPYTERHUB_API_TOKEN: 'x', PATH: '/opt' }
  const { servers } = createStarting({
    ...core.context,
    groupsOf: () => [],
    authStateOf: () => undefined,
    internalPort: () => 1,
    hookModule: { preSpawn: () => ({ environment }) },
  })
  await servers.start(core.serverOf(core.addUser('ana')))
  const [program] = core.spawner.programs()
  t.match(program?.environment, { JUPYTERHUB_USER: 'ana', PATH: '/opt' })
  t.not(program?.environment['JUPYTERHUB_API_TOKEN'], 'x')
  await servers.stopAll()
})

t.test(
  'after a start that failed the second hook is told, and not where the first refused',
  async (t) => {
    const core = createCore(t)
    const told: string[] = []
    let isRefused = false
    const { servers } = createStarting({
      ...core.context,
      groupsOf: () => [],
      authStateOf: () => undefined,
      internalPort: () => 1,
      hookModule: {
        preSpawn() {
          told.push('before')
          if (isRefused) throw new Error('Not today.')
        },
        postStop: () => void told.push('after'),
      },
    })
    const server = core.serverOf(core.addUser('ana'))
    core.spawner.behaviour = 'dies'
    await servers.start(server).catch(() => undefined)
    t.same(told.splice(0), ['before', 'after'])
    isRefused = true
    t.match(await servers.start(server).catch((e: unknown) => e), {
      message: 'Spawn failed: Not today.',
    })
    t.same(told, ['before'])
    t.match(core.again(server), { state: 'failed', failure: { message: 'Not today.' } })
    t.same(core.context.store.tokens.listOf(server.userId, new Date(0)), [])
  },
)

t.test('a start says at which ports programs are expected, as it is then', async (t) => {
  const core = createCore(t)
  const { spawner, addedRoutes } = core.context
  const seen: (readonly number[])[] = []
  const noting: Spawner = {
    ...spawner,
    start(request) {
      seen.push(request.routedPorts)
      return spawner.start(request)
    },
  }
  const { servers } = createStarting({
    ...core.context,
    spawner: noting,
    groupsOf: () => [],
    authStateOf: () => undefined,
    internalPort: () => 1,
    hookModule: {},
  })
  const server = core.serverOf(core.addUser('ana'))
  await servers.stop(await servers.start(server))
  addedRoutes.add('/wiki', { target: 'http://localhost:40001' })
  await servers.stop(await servers.start(server))
  t.same(seen, [[], [40001]])
})
