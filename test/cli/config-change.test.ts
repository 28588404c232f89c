/** A change beside a running hub: applied, or taken back. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { type LoadedConfig } from '../../src/config/load.ts'
import { loadConfig } from '../../src/config/load.ts'
import { pluginSchemas } from '../../src/context.ts'
import { createLog } from '../../src/lib/log.ts'
import { noteUrl } from '../../src/cli/hub-url.ts'
import { littlehub } from '../support/command-line.ts'
import { startHub, temporaryFolder } from '../support/hub.ts'

async function setUp(t: Test, users: readonly string[] = ['admin']) {
  const dir = temporaryFolder(t)
  const file = path.join(dir, 'hub.yaml')
  const dataDir = path.join(dir, 'data')
  const text = `data_dir: ${dataDir}\nannouncement:\n  text: old # why\n`
  writeFileSync(file, text)
  const state = { file }
  const readAgain = (): LoadedConfig =>
    loadConfig(
      {
        file: state.file,
        env: {},
        flags: { port: '0', log_level: 'error', 'password.bcrypt_cost': '4' },
      },
      pluginSchemas,
    )
  const { hub } = await startHub(t, {
    dataDir,
    readAgain,
    users,
    log: createLog({ level: 'silent' }),
    settings: { 'announcement.text': 'old' },
  })
  const environment = { LITTLEHUB_CONFIG: file }
  const config = (...words: readonly string[]) => littlehub(['config', ...words], { environment })
  return { ...hub, hub, file, text, config, state, now: () => readFileSync(file, 'utf8') }
}

t.test('a running hub applies it at once', async (t) => {
  const { hub, config } = await setUp(t)
  const done = await config('set', 'announcement.text', 'Exam at noon')
  t.match(done, {
    code: 0,
    out: 'announcement.text: old → Exam at noon (applied at once)',
    err: /Applied: announcement\.text\./,
  })
  t.equal(hub.context.config.announcement.text, 'Exam at noon')
  t.match(await config('set', 'host', '127.0.0.2'), { err: /Needs a restart of the hub: host\./ })
  const { store } = hub.context
  const admin = store.users.getByName('admin')
  t.same(store.tokens.listOf(admin.id, new Date()), [], 'and no key is left')
})

t.test('what the running hub refuses is taken back', async (t) => {
  const { hub, config, now, text } = await setUp(t)
  const services = JSON.stringify([{ name: 'broken', command: ['/no/such/program'] }])
  const refused = await config('set', 'services', services)
  t.match(refused, { code: 1, err: /service broken cannot be started[^]*as it was before/ })
  t.equal(now(), text)
  t.equal(hub.context.store.services.findByName('broken'), undefined)
})

t.test('a hub that reads another file is told apart', async (t) => {
  const { config, state, file } = await setUp(t)
  state.file = `${file}.other`
  writeFileSync(state.file, `data_dir: ${path.dirname(file)}/data\n`)
  t.match(await config('set', 'cull.timeout', '2h'), { code: 0, err: /running hub reads .*other/ })
  rmSync(state.file)
})

t.test('a hub without an administrator is told by a signal', async (t) => {
  const { config } = await setUp(t, [])
  let heard = 0
  const listener = (): void => void (heard += 1)
  process.on('SIGHUP', listener)
  t.teardown(() => process.off('SIGHUP', listener))
  t.match(await config('reload'), { code: 0, err: /Its log says what came of it/ })
  while (heard === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  t.equal(heard, 1)
})

t.test('what leaves the hub unwell is taken back by itself', async (t) => {
  const { hub, config, now, text } = await setUp(t)
  noteUrl(hub.context, hub.url)
  const status = async (): Promise<number> => (await fetch(`${hub.url}hub/login`)).status
  const views = t.testdir({ 'login.eta': '<% throw new Error("no such thing") %>' })
  const refused = await config('set', 'views_dir', views)
  t.match(refused, { code: 1, err: /as it should: .*hub\/login answers 500[^]*as it was before/ })
  t.equal(now(), text)
  t.equal(hub.context.config.views_dir, '')
  t.equal(await status(), 200)

  await t.test('and one that was unwell before can be mended in steps', async (t) => {
    writeFileSync(path.join(views, 'login.eta'), 'fine')
    t.match(await config('set', 'views_dir', views), { code: 0 })
    writeFileSync(path.join(views, 'login.eta'), '<% throw new Error("no such thing") %>')
    t.match(await config('reload'), { code: 1, err: /login answers 500/ })
    t.equal(await status(), 500)
    t.match(await config('set', 'announcement.text', 'Sorry'), { code: 0 })
    t.match(await config('unset', 'views_dir'), { code: 0 })
    t.equal(await status(), 200)
  })
})
