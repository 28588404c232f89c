/** What an operator sees of the settings, without a running hub. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { littlehub, type Typed } from '../support/command-line.ts'

const written = `# Statistics
cull:
  timeout: 2h # a lesson
admin_users: [ana]
`

function setUp(t: Test, text = written) {
  const dir = t.testdir()
  const file = path.join(dir, 'hub.yaml')
  writeFileSync(file, text, { mode: 0o600 })
  const environment = { LITTLEHUB_CONFIG: file, LITTLEHUB_DATA: path.join(dir, 'data') }
  const config = (words: readonly string[], typed: Typed = {}) =>
    littlehub(['config', ...words], { environment, ...typed })
  return { file, config, text: () => readFileSync(file, 'utf8') }
}

t.test('show lists every setting with its source', async (t) => {
  const { config, file } = setUp(t)
  const { code, out } = await config(['show'])
  t.equal(code, 0)
  t.match(out, new RegExp(`^cull\\.timeout +2h +${file}:3 +applies at once$`, 'm'))
  t.match(out, /^port +8000 +default +needs a restart$/m)
  const list = JSON.parse((await config(['show', '--json'])).out) as { key: string }[]
  t.match(
    list.find(({ key }) => key === 'admin_users'),
    { value: ['ana'], from: `${file}:4`, live: true },
  )
})

t.test('get prints one, also an entry of a table', async (t) => {
  const { config } = setUp(t, 'spawner: { environment: { COURSE: r, API_KEY: hidden } }\n')
  t.equal((await config(['get', 'cull.timeout'])).out, '1h')
  t.equal((await config(['get', 'spawner.environment.COURSE'])).out, 'r')
  t.equal((await config(['get', 'spawner.environment.API_KEY'])).out, '********')
  t.equal((await config(['get', 'admin_users', '--json'])).out, '[]')
  t.match(await config(['get', 'cull.timeuot']), { code: 2, err: /Did you mean cull\.timeout\?/ })
})

t.test('set says what changes, keeps comments, and waits for the next start', async (t) => {
  const { config, text } = setUp(t)
  t.match(await config(['set', 'cull.timeout', '3h']), {
    code: 0,
    out: 'cull.timeout: 2h → 3h (applied at once)',
    err: /No hub runs/,
  })
  t.equal(text(), written.replace('2h', '3h'))
  t.match(await config(['set', 'cull.timeout', '3h']), { code: 0, err: 'Nothing changes.' })
  t.match(await config(['set', 'port', '9000']), { out: 'port: 8000 → 9000 (needs a restart)' })
  t.match(await config(['set', 'admin_users', 'ana,ben']), { code: 0 })
  t.match(text(), 'admin_users: [ana, ben]')
  t.match(await config(['unset', 'cull.timeout']), { out: /cull\.timeout: 3h → 1h/ })
})

t.test(
  'what cannot be used is refused before the file is touched, with every reason',
  async (t) => {
    const { config, text } = setUp(t)
    for (const [words, reason] of [
      [['set', 'cull.timeout', 'soon'], /hub\.yaml:3: cull\.timeout: 'soon' is not a duration/],
      [['set', 'views_dir', '/nowhere/at/all'], /views_dir: cannot be read/],
      [['set', 'cul.timeout', '1h'], /no setting cul\.timeout.*Did you mean cull\.timeout/],
      [['add-item', 'port', '1'], /port is no list/],
      [['add-item', 'services', 'x'], /sections; use littlehub config edit/],
      [['remove-item', 'admin_users', 'zoe'], /zoe is not in admin_users/],
    ] as const) {
      t.match(await config(words), { code: 2, err: reason }, words.join(' '))
      t.equal(text(), written)
    }
  },
)

t.test('entries come to a list and go, the default ones as well', async (t) => {
  const { config, text } = setUp(t)
  await config(['add-item', 'admin_users', 'ben'])
  await config(['remove-item', 'admin_users', 'ana'])
  t.match(text(), 'admin_users: [ben]')
  await config(['add-item', 'spawner.cmd', '--', '--debug'])
  t.match(text(), /cmd: \[jupyterhub-singleuser, --debug\]/)
})

t.test('a secret is taken from standard input only, and never printed', async (t) => {
  const { config, text } = setUp(
    t,
    'auth: { type: github, github: { client_id: a, client_secret: first, allow_all: true } }\n',
  )
  const key = 'auth.github.client_secret'
  const refused = await config(['set', key, 'hidden'])
  t.match(refused, { code: 2, err: /standard input/ })
  t.notMatch(JSON.stringify(refused), 'hidden')
  const done = await config(['set', key, '-'], { input: 'hidden\n' })
  t.equal(done.code, 0)
  t.notMatch(JSON.stringify(done), /hidden|first/)
  t.match(text(), 'client_secret: hidden,')
})

t.test('check tells every mistake with its line, or that there is none', async (t) => {
  const { config, file } = setUp(t)
  t.match(await config(['check']), { code: 0, out: `${file} is fine.` })
  writeFileSync(file, 'port: many\n\ncull: { timeout: 1x }\n')
  t.match(await config(['check']), { code: 2, err: /:1: port: .*\n.*:3: cull\.timeout: / })
})

t.test('a file that is wrong can be mended by a command', async (t) => {
  const { config, text } = setUp(t, 'port: many\n')
  t.match(await config(['set', 'port', '80']), { code: 0 })
  t.equal(text(), 'port: 80\n')
})

t.test('without a hub there is nothing to reload, without a file nothing to change', async (t) => {
  const { config } = setUp(t)
  t.match(await config(['reload']), { code: 1, err: /No hub runs on/ })
  t.match(await littlehub(['config', 'set', 'port', '1']), { code: 2, err: /--config FILE/ })
})
