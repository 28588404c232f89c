import t, { type Test } from 'tap'
import { loadConfig, type LoadedConfig } from '../../src/config/load.ts'
import { pluginSchemas } from '../../src/context.ts'
import { createReload } from '../../src/core/reload.ts'
import { ConfigError, HubError } from '../../src/lib/errors.ts'
import { findScope } from '../../src/model/scope-table.ts'
import { listScopes } from '../../src/model/scope.ts'
import { createCore } from '../support/core.ts'

function setUp(t: Test, settings: Record<string, string> = {}) {
  const core = createCore(t, { settings })
  const { context, loaded } = core
  const declared: (readonly { readonly name: string }[])[] = []
  const watched: string[] = []
  const state = {
    written: settings,
    fails: false,
    refused: false,
    secure: [] as boolean[],
    portTaken: false,
  }
  const reload = createReload({
    ...{ ...context, baseUrl: '/', plugins: pluginSchemas, initial: loaded },
    managedServices: {
      async declare(services) {
        declared.push(services)
        if (services.some(({ name }) => name === 'broken'))
          throw new HubError('Unavailable', 'The service broken cannot be started.')
      },
    },
    async listenSecurely() {
      const { enabled, port } = context.config.https
      state.secure.push(enabled)
      if (enabled && state.portTaken)
        throw new ConfigError([{ source: 'listening', key: 'port', sentence: `${port} is in use` }])
    },
    serviceWatch: {
      declare: (services) => void watched.push(services.map(({ name }) => name).join()),
    },
    read: (): LoadedConfig =>
      loadConfig({ env: {}, flags: { data_dir: core.dataDir, ...state.written } }, pluginSchemas),
    check: () => {
      if (state.refused)
        throw new ConfigError([{ source: 'x', key: 'views_dir', sentence: 'is no folder.' }])
    },
  })
  const write = (written: Record<string, unknown>): void => {
    const texts = Object.entries(written).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ])
    state.written = { 'password.bcrypt_cost': '4', ...Object.fromEntries(texts) }
  }
  write(settings)
  return { ...core, reload, write, declared, watched, state }
}

t.test('what can be applied holds at once, the rest is named and kept', async (t) => {
  const { context, reload, write, watched, lines } = setUp(t)
  const { config, store } = context
  write({
    'announcement.text': 'Exam at noon',
    'cull.timeout': '2h',
    port: '9999',
    admin_users: ['root'],
    groups: { staff: { users: ['ana'] } },
    custom_scopes: { 'custom:grade': { description: 'Grade' } },
    roles: [{ name: 'teacher', scopes: ['list:users', 'custom:grade'], groups: ['staff'] }],
    services: [{ name: 'grader', url: 'http://127.0.0.1:9' }],
  })
  t.same(await reload(), {
    applied: [
      'announcement.text',
      'cull.timeout',
      'admin_users',
      'groups',
      'custom_scopes',
      'roles',
      'services',
    ],
    needsRestart: ['port'],
    file: undefined,
  })
  t.equal(config.announcement.text, 'Exam at noon')
  t.equal(config.port, 8000)
  t.equal(store.users.getByName('root').admin, true)
  t.ok(
    listScopes(context.rights.ofUser(store.users.getByName('ana')).scopes).includes('list:users'),
  )
  t.ok(findScope('custom:grade'))
  t.same(
    context.routes.list().map(({ prefix }) => prefix),
    ['/services/grader/'],
  )
  t.same(watched, ['grader'])
  t.match(lines.at(-1), /"needsRestart":\["port"\].*configuration read again/)
  t.same(await reload(), { applied: [], needsRestart: ['port'], file: undefined })
})

t.test('a role that is no longer declared is taken from whoever has it, at once', async (t) => {
  const core = setUp(t)
  const ana = core.addUser('ana')
  const session = core.logIn(ana)
  const can = (): boolean => core.context.access.can(core.asSession(session), 'list:users')
  core.write({ roles: [{ name: 'teacher', scopes: ['list:users'], users: ['ana'] }] })
  await core.reload()
  t.ok(can())
  core.write({})
  await core.reload()
  t.notOk(can())
})

t.test('a configuration with a mistake changes nothing, whichever kind it is', async (t) => {
  const { context, reload, write, declared, lines, state } = setUp(t)
  const text = { 'announcement.text': 'new', admin_users: ['root'] }
  const isUntouched = (): void => {
    t.equal(context.config.announcement.text, '')
    t.equal(context.store.users.findByName('root'), undefined)
    t.same(declared, [])
  }
  write({ ...text, 'cull.timeout': 'soon', port: 'many' })
  await t.rejects(reload(), {
    name: 'ConfigError',
    message: /cull\.timeout.*[^]*port|port[^]*cull/,
  })
  isUntouched()
  state.refused = true
  write(text)
  await t.rejects(reload(), { message: /views_dir/ })
  isUntouched()
  t.match(lines.at(-1), 'configuration refused, nothing changed')
})

t.test('what only fails when it is applied is undone as a whole', async (t) => {
  const { context, reload, write, declared } = setUp(t)
  const custom = { custom_scopes: { 'custom:old': { description: 'Old' } } }
  write(custom)
  await reload()
  write({
    ...{ services: [{ name: 'broken', command: ['x'] }], 'announcement.text': 'new' },
    ...{ custom_scopes: { 'custom:new': { description: 'New' } } },
  })
  await t.rejects(reload(), { code: 'Unavailable' })
  t.equal(context.config.announcement.text, '')
  t.equal(context.store.services.findByName('broken'), undefined)
  t.equal(findScope('custom:new'), undefined)
  t.ok(findScope('custom:old'))
  t.same(
    declared.map((services) => services.length),
    [0, 1, 0],
    'and its services are those of before',
  )
  write({ roles: [{ name: 'teacher', services: ['none'] }] })
  await t.rejects(reload(), { name: 'ConfigError' })
  write({ ...custom, 'announcement.text': 'at last' })
  t.same((await reload()).applied, ['announcement.text'])
})

t.test('a hub that was told no place has none to read', async (t) => {
  const { context, loaded } = createCore(t)
  const needs = { ...context, baseUrl: '/', plugins: pluginSchemas, initial: loaded }
  const reload = createReload({
    ...needs,
    listenSecurely: () => Promise.resolve(),
    read: undefined,
    check: () => undefined,
  })
  await t.rejects(reload(), { code: 'Conflict' })
})

t.test('two at the same time come one after the other', async (t) => {
  const { reload, write } = setUp(t)
  write({ 'announcement.text': 'a' })
  const outcomes = await Promise.all([reload(), reload()])
  t.same(
    outcomes.map(({ applied }) => applied),
    [['announcement.text'], []],
  )
})

t.test(
  'twenty starts under way go on through a reload, and later ones are by the new settings',
  async (t) => {
    const profiles = (name: string) => [
      { slug: name, display_name: name, environment: { FROM: name } },
    ]
    const core = setUp(t, { profiles: JSON.stringify(profiles('old')) })
    const { servers } = core.context
    const people = Array.from({ length: 20 }, (_, index) => core.addUser(`user-${index}`))
    const starts = people.map((user) => servers.start(core.serverOf(user), { profile: 'old' }))
    core.write({ profiles: profiles('new') })
    t.match(await core.reload(), { applied: ['profiles'] })
    for (const { state } of await Promise.all(starts)) t.equal(state, 'ready')
    const late = core.serverOf(core.addUser('late'))
    t.match(await servers.start(late, { profile: 'old' }).catch((e: unknown) => e), {
      code: 'InvalidInput',
    })
    await servers.start(late, {})
    const variables = core.spawner.programs().map(({ environment }) => environment['FROM'])
    t.same([variables.filter((one) => one === 'old').length, variables.at(-1)], [20, 'new'])
    await servers.stopAll()
  },
)

const github = {
  'auth.type': 'github',
  'auth.github.client_id': 'id',
  'auth.github.client_secret': 'a secret',
  'auth.github.allowed_users': ['ana'],
}

t.test('who may log in with GitHub changes at once, the rest of it with a start', async (t) => {
  const { context, reload, write } = setUp(t, { ...github, 'auth.github.allowed_users': 'ana' })
  const { authenticator } = context
  const scopes = async (): Promise<string | null> => {
    if (authenticator.kind !== 'redirect') return 'none'
    const { redirectTo } = await authenticator.begin('http://127.0.0.1/hub/oauth_callback')
    t.equal(new URL(redirectTo).searchParams.get('client_id'), 'id')
    return new URL(redirectTo).searchParams.get('scope')
  }
  t.equal(await scopes(), '')
  const teams = { 'auth.github.allowed_teams': ['school/staff'], 'auth.github.client_id': 'other' }
  write({ ...github, ...teams })
  t.match(await reload(), {
    applied: ['auth.github.allowed_teams'],
    needsRestart: ['auth.github.client_id'],
  })
  t.equal(await scopes(), 'read:org', 'memberships are asked for')
  write({ ...github, 'auth.github.allowed_users': [], 'announcement.text': 'new' })
  await t.rejects(reload(), { name: 'ConfigError', message: /nobody could log in/ })
  t.equal(context.config.announcement.text, '')
  t.equal(await scopes(), 'read:org', 'it goes on as before')
  write({ 'auth.type': 'native' })
  const { applied, needsRestart } = await reload()
  t.same(applied, [])
  t.ok(needsRestart.includes('auth.type'))
  t.equal(await scopes(), 'read:org', 'another way of logging in waits for a start')
})

t.test(
  'HTTPS is switched on and off, and a port that cannot be had undoes everything',
  async (t) => {
    const { context, reload, write, state } = setUp(t)
    const on = {
      'https.enabled': 'true',
      'https.letsencrypt.domains': '["hub.example.org"]',
      'announcement.text': 'New',
    }
    state.portTaken = true
    write(on)
    t.match(await reload().catch((e: unknown) => e), {
      name: 'ConfigError',
      message: /443 is in use/,
    })
    t.match(context.config, { https: { enabled: false }, announcement: { text: '' } })
    state.portTaken = false
    t.match(await reload(), { applied: ['https.enabled', 'https.letsencrypt.domains', 'announcement.text'], needsRestart: [] }) // prettier-ignore
    write({})
    await reload()
    t.same(state.secure, [true, false, true, false])
  },
)
