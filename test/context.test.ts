/** The composition root: every part once, on one database, with what a test puts in the place of a part. */
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../src/config/load.ts'
import { createContext, pluginSchemas, type Overrides, type WholeContext } from '../src/context.ts'
import { createLog } from '../src/lib/log.ts'
import { createClock } from './support/clock.ts'
import { createCore } from './support/core.ts'
import { createFakeSpawner } from './support/fake-spawner.ts'

type Settings = Readonly<Record<string, string>>

function build(t: Test, { settings = {}, overrides = {} }: { settings?: Settings; overrides?: Overrides } = {}): WholeContext {
  const dataDir = settings['data_dir'] ?? path.join(t.testdir(), 'data')
  mkdirSync(dataDir, { recursive: true })
  const flags = { data_dir: dataDir, 'password.bcrypt_cost': '4', ...settings }
  const loaded = loadConfig({ env: {}, flags }, pluginSchemas)
  const context = createContext(loaded, { log: createLog({ level: 'silent' }), ...overrides })
  t.teardown(async () => {
    await context.schedule.stop()
    context.store.close()
  })
  return context
} // prettier-ignore

t.test('it opens one database in the data folder, and its key is the same the next time', async (t) => {
  const dataDir = path.join(t.testdir(), 'data')
  const settings = { data_dir: dataDir }
  const first = build(t, { settings })
  first.users.add('ana', { admin: false })
  const again = build(t, { settings })
  t.equal(again.store.users.getByName('ana').name, 'ana')
  t.ok(again.signingKey.equals(first.signingKey))
  t.equal(first.signingKey.symmetricKeySize, 32)
  t.equal(statSync(path.join(dataDir, 'signing-key')).mode & 0o777, 0o600)
  t.ok(existsSync(path.join(dataDir, 'littlehub.db')))
  t.ok(readFileSync(path.join(dataDir, 'signing-key')).length > 0)
}) // prettier-ignore

t.test('the clock, the log and the spawner of a test take the place of the real ones', async (t) => {
  const clock = createClock()
  const spawner = createFakeSpawner()
  const lines: string[] = []
  const log = createLog({ level: 'info' }, { write: (line) => void lines.push(line) })
  const context = build(t, { overrides: { clock, spawner, log } })
  const ana = context.users.add('ana', { admin: false })
  const { session } = context.sessions.begin(ana, { address: '', userAgent: '' })
  t.same(session.createdAt, clock.now())
  const server = context.store.servers.create(ana.id, 'lab')
  await context.servers.start(server)
  t.same(spawner.running, [`${ana.slug}.lab`])
  t.match(lines.join(''), /lab/)
  await context.servers.stopAll()
}) // prettier-ignore

t.test('the parts are the same ones for everybody: what one ends, another knows at once', async (t) => {
  const context = build(t, { overrides: { spawner: createFakeSpawner() } })
  const ana = context.users.add('ana', { admin: false })
  const { secret, token } = context.tokens.issue({ user: ana, note: '' })
  const headers = { authorization: `token ${secret}` }
  t.equal(context.access.identify(headers)?.user.name, 'ana')
  context.tokens.revoke(token)
  t.equal(context.access.identify(headers), undefined)
}) // prettier-ignore

t.test('the authenticator is the one of the configuration, and only native accounts get links', async (t) => {
  const native = build(t, { settings: { data_dir: path.join(t.testdir(), 'native') } })
  const dummy = build(t, { settings: { 'auth.type': 'dummy', data_dir: `${t.testdirName}/dummy` } })
  t.equal(native.authenticator.kind, 'password')
  t.not(native.authenticator, dummy.authenticator)
  t.match(dummy.authenticator, { notice: String })
  t.throws(() => loadConfig({ env: {}, flags: { 'auth.type': 'nope' } }, pluginSchemas))
}) // prettier-ignore

t.test('a password that is too short or common is refused by the rules of the configuration', async (t) => {
  const context = build(t, { settings: { 'password.min_length': '20' } })
  const ana = context.users.add('ana', { admin: false })
  await t.rejects(context.users.setPassword(ana, 'nineteen characters'), { code: 'InvalidInput' })
  await context.users.setPassword(ana, 'twenty-one characters')
}) // prettier-ignore

t.test('what the configuration warns of is logged once', async (t) => {
  const lines: string[] = []
  const log = createLog({ level: 'warn' }, { write: (line) => void lines.push(line) })
  const dataDir = path.join(t.testdir(), 'data')
  mkdirSync(dataDir)
  const loaded = loadConfig({ env: {}, flags: { data_dir: dataDir } }, pluginSchemas)
  const context = createContext({ ...loaded, warnings: ['this is unwise'] }, { log })
  t.teardown(() => context.store.close())
  t.equal(lines.filter((line) => line.includes('this is unwise')).length, 1)
})

t.test('every plug-in brings the schema of its options', async (t) => {
  t.same(Object.keys(pluginSchemas.auth).sort(), ['dummy', 'github', 'native'])
  t.same(Object.keys(pluginSchemas.spawner), ['process', 'systemd'])
})

t.test('the limits of servers are read when they are needed', async (t) => {
  const { context, addUser, serverOf, spawner } = createCore(t)
  const { settings, config, servers, namedServers } = context
  const ana = addUser('ana')
  t.throws(() => namedServers.requireEnabled(), { code: 'InvalidInput' })
  settings.replace({
    ...config,
    spawner: {
      ...config.spawner,
      named_server_limit_per_user: 1,
      active_server_limit: 1,
      environment: { A: '1' },
    },
  })
  namedServers.requireEnabled()
  await servers.start(serverOf(ana))
  t.match(spawner.programs()[0]?.environment, { A: '1' })
  await t.rejects(servers.start(namedServers.add(ana, 'more')), { code: 'TooMany' })
})

t.test('groups cannot be what logins say where logins say nothing of them', async (t) => {
  const settings = { 'auth.manage_groups': 'true', 'auth.type': 'native' }
  t.throws(() => build(t, { settings }), { name: 'ConfigError', message: /native name no groups/ })
  const github = {
    'auth.type': 'github',
    'auth.manage_groups': 'true',
    'auth.github.client_id': 'x',
    'auth.github.client_secret': 'y',
    'auth.github.allow_all': 'true',
  }
  t.equal(build(t, { settings: github }).authenticator.kind, 'redirect')
})
