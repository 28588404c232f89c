/** The configuration: its four sources, and every problem at once with its place and its remedy (issue: bad input). */
import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { Type } from 'typebox'
import { loadConfig, type LoadedConfig } from '../../src/config/load.ts'
import { flag, section } from '../../src/config/schema.ts'
import { ConfigError, type ConfigProblem } from '../../src/lib/errors.ts'

const plugins = {
  auth: {
    native: section({}, 'Native.'),
    dummy: section(
      {
        password: Type.String({ default: '', description: 'P.' }),
        allow_network: flag(false, 'A.'),
      },
      'Dummy.',
    ),
    github: section({ client_secret: Type.String({ minLength: 8, description: 'S.' }) }, 'GitHub.'),
  },
  spawner: {
    process: section(
      { home: Type.String({ format: 'path', default: './homes', description: 'H.' }) },
      'Process.',
    ),
  },
}

type Given = {
  readonly yaml?: string
  readonly env?: Record<string, string>
  readonly flags?: Record<string, string>
}

function write(t: Test, yaml: string): string {
  const file = path.join(t.testdir(), 'hub.yaml')
  writeFileSync(file, yaml, { mode: 0o600 })
  return file
}

function load(t: Test, { yaml, env = {}, flags = {} }: Given): LoadedConfig {
  return loadConfig({ file: yaml === undefined ? undefined : write(t, yaml), env, flags }, plugins)
}

function problemsOf(t: Test, given: Given): readonly ConfigProblem[] {
  try {
    load(t, given)
    return []
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems
    throw thrown
  }
}

/** `line key: sentence` of each problem. */
const told = (problems: readonly ConfigProblem[]): string[] =>
  problems.map(({ line, key, sentence }) => `${line ?? '-'} ${key}: ${sentence}`)

t.test('without anything written all has its default, in units of the program', async (t) => {
  const config = load(t, {})
  t.match(config, { port: 8000, host: '127.0.0.1', base_url: '/', body_limit: 1024 ** 2 })
  t.equal(config.session.idle_timeout, 7 * 24 * 3600_000)
  t.equal(config.data_dir, path.resolve('data'))
  t.same(config.pluginOptions.auth, {})
  t.same(config.warnings, [])
  for (const yaml of ['', '# nothing\n', '---\n', 'null\n'])
    t.equal(load(t, { yaml }).port, 8000, yaml)
})

t.test('flags beat the environment, that beats the file, that beats the defaults', async (t) => {
  const yaml = 'port: 1\nhost: file\nbase_url: /file/\n'
  const env = { LITTLEHUB_PORT: '2', LITTLEHUB_HOST: 'env', LITTLEHUB_SESSION__IDLE_TIMEOUT: '5m' }
  const config = load(t, { yaml, env, flags: { port: '3' } })
  t.match(config, { port: 3, host: 'env', base_url: '/file/' })
  t.equal(config.session.idle_timeout, 5 * 60_000)
})

t.test('every problem is told at once, with its line and what was meant', async (t) => {
  const yaml = `port: eight thousand
prot: 8000
session:
  idle_timout: 5m
  max_age: 10 bananas
log_level: loud
data_dir: ~/data
auth:
  type: githbu
spawner:
  cmd: []
  args: none
trusted_proxies:
  - 10.0.0.1
  - 5
base_url: hub
cull: yes please
idle_timeout: 5m
`
  const lines = told(problemsOf(t, { yaml }))
  const expected = [
    /^1 port: expected a whole number from 0 to 65535, found 'eight thousand'/,
    /^2 prot: unknown setting; did you mean `port`\?/,
    /^4 session\.idle_timout: unknown setting; did you mean `idle_timeout`\?/,
    /^5 session\.max_age: '10 bananas' is not a duration; .*90s, 10m or 1h/,
    /^6 log_level: expected one of debug, info, warn, error, found 'loud'/,
    /^7 data_dir: '~' is not understood/,
    /^9 auth\.type: there is no 'githbu'; known are native, dummy, github\. Did you mean `github`\?/,
    /^11 spawner\.cmd: expected at least 1 entry/,
    /^12 spawner\.args: expected a list, found 'none'/,
    /^15 trusted_proxies\[1\]: expected text, found 5; put it in quotes/,
    /^16 base_url: expected what fits the sentence/,
    /^17 cull: expected settings, found text/,
    /^18 idle_timeout: unknown setting; did you mean `session\.idle_timeout`\?/,
  ]
  for (const pattern of expected)
    t.ok(
      lines.some((line) => pattern.test(line)),
      String(pattern),
    )
  t.equal(lines.length, expected.length, lines.join('\n'))
})

t.test('problems of environment and flags name their source', async (t) => {
  const problems = problemsOf(t, {
    env: { LITTLEHUB_PORT: '99999', LITTLEHUB_PROT: '1', LITTLEHUB_CULL__ENABLED: 'maybe' },
    flags: { 'session.max_age': 'x', hots: 'y' },
  })
  t.same(problems.map(({ source, key }) => `${source} ${key}`).sort(), [
    'LITTLEHUB_CULL__ENABLED cull.enabled',
    'LITTLEHUB_PORT port',
    'LITTLEHUB_PROT prot',
    'command line hots',
    'command line session.max_age',
  ])
})

t.test('a fault in the file stays one although a flag overrides it', async (t) => {
  t.same(told(problemsOf(t, { yaml: 'port: x\n', flags: { port: '5' } })).length, 1)
})

t.test('what is no YAML is told with its line', async (t) => {
  const rows: [string, number][] = [
    ['port: 1\n  host: x\n', 2],
    ['a: [1,\nb: 2\n', 2],
    ['port: 1\nport: 2\n', 2],
    ['\thost: x\n', 1],
  ]
  for (const [yaml, line] of rows) {
    const [problem] = problemsOf(t, { yaml })
    t.ok(problem && (problem.line ?? 0) >= line - 1 && (problem.line ?? 99) <= line + 1, yaml)
  }
  t.match(told(problemsOf(t, { yaml: 'port: 1\nport: 2\n' })), [
    '2 port: is written twice; keep one of them.',
  ])
  for (const yaml of ['- a\n', 'text\n', '5\n'])
    t.match(told(problemsOf(t, { yaml })), [/expected settings/], yaml)
})

t.test('names of JavaScript are unknown settings, and change nothing', async (t) => {
  for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
    t.match(told(problemsOf(t, { yaml: `${key}:\n  port: 1\n` })), [/unknown setting/], key)
  t.equal(Reflect.get({}, 'port'), undefined)
})

t.test('secrets are never quoted', async (t) => {
  const secret = 'hunter2-hunter2'
  const texts = [
    { yaml: `auth:\n  type: dummy\n  dummy:\n    password: [${secret}]\n` },
    { yaml: `auth:\n  type: github\n  github:\n    client_secret: {a: ${secret}}\n` },
    { yaml: `auth:\n  type: github\n  github:\n    client_secret: ${secret.slice(0, 7)}\n` },
    { yaml: 'auth:\n  type: dummy\n  dummy:\n    password: 12345678\n' },
    { yaml: `spawner:\n  environment:\n    API_KEY: [${secret}]\n` },
    { yaml: 'spawner:\n  environment:\n    API_KEY: 12345678\n' },
    { env: { LITTLEHUB_SPAWNER__ENVIRONMENT: `{"API_KEY": ["${secret}"]}` } },
    { env: { LITTLEHUB_SPAWNER__ENVIRONMENT: secret } },
    { yaml: `auth:\n  dummy: ${secret}\n` },
    { yaml: `auth:\n  github: ${secret}\n` },
  ]
  for (const given of texts) {
    const lines = told(problemsOf(t, given)).join('\n')
    t.ok(lines !== '', JSON.stringify(given))
    t.notMatch(lines, /hunter2|12345678/, JSON.stringify(given))
  }
})

t.test('paths are relative to the file, those of a shell to where one is', async (t) => {
  const dir = t.testdir()
  const yaml =
    'data_dir: ./d\nspawner:\n  cmd: [./bin/x, y]\n  path: ./bin:/usr/bin:bin\n  process:\n    home: ../h\n'
  const config = load(t, { yaml })
  t.equal(config.data_dir, path.join(dir, 'd'))
  t.same(config.spawner.cmd, [path.join(dir, 'bin/x'), 'y'])
  t.equal(config.spawner.path, `${path.join(dir, 'bin')}:/usr/bin:bin`)
  t.same(config.pluginOptions.spawner, { home: path.resolve(dir, '..', 'h') })
  t.equal(load(t, { yaml, flags: { data_dir: 'x' } }).data_dir, path.resolve('x'))
  t.equal(load(t, { yaml, env: { LITTLEHUB_DATA_DIR: './x' } }).data_dir, path.resolve('x'))
})

t.test('only the chosen plug-in has to be complete, every written one correct', async (t) => {
  t.equal(load(t, { yaml: 'auth:\n  type: native\n' }).auth.type, 'native')
  t.match(told(problemsOf(t, { yaml: 'auth:\n  type: github\n' })), [
    /auth\.github\.client_secret: is missing/,
  ])
  t.match(told(problemsOf(t, { yaml: 'auth:\n  dummy:\n    pasword: x\n' })), [
    /did you mean `password`/,
  ])
  const config = load(t, { yaml: 'auth:\n  type: dummy\n  dummy:\n    allow_network: true\n' })
  t.same(config.pluginOptions.auth, { password: '', allow_network: true })
  t.notOk('dummy' in config.auth)
})

t.test('lists, tables and flags can come from the environment', async (t) => {
  const config = load(t, {
    env: {
      LITTLEHUB_TRUSTED_PROXIES: '10.0.0.1, 10.0.0.2',
      LITTLEHUB_SPAWNER__ARGS: '["a,b", "c"]',
      LITTLEHUB_SPAWNER__ENVIRONMENT__My__Var: 'x',
      LITTLEHUB_CULL__ENABLED: 'no',
      LITTLEHUB_BODY_LIMIT: '2M',
      LITTLEHUB_CONFIG: 'not a setting',
      LITTLEHUB: 'not ours',
      PATH: '/bin',
    },
  })
  t.same(config.trusted_proxies, ['10.0.0.1', '10.0.0.2'])
  t.same(config.spawner.args, ['a,b', 'c'])
  t.same(config.spawner.environment, { My__Var: 'x' })
  t.equal(config.cull.enabled, false)
  t.equal(config.body_limit, 2 * 1024 ** 2)
})

t.test(
  'a file that others can read and that holds a secret is warned about, with the remedy',
  async (t) => {
    const yaml = 'auth:\n  type: dummy\n  dummy:\n    password: geheim\n'
    const file = write(t, yaml)
    chmodSync(file, 0o644)
    const { warnings } = loadConfig({ file, env: {}, flags: {} }, plugins)
    t.match(warnings, [/holds auth\.dummy\.password; run: chmod 600/])
    t.notMatch(warnings.join(''), /geheim/)
    chmodSync(file, 0o600)
    t.same(loadConfig({ file, env: {}, flags: {} }, plugins).warnings, [])
  },
)

t.test('a file that cannot be read is told; a missing one only when it was named', async (t) => {
  const dir = t.testdir({ folder: {} })
  const missing = path.join(dir, 'no.yaml')
  t.equal(loadConfig({ file: missing, env: {}, flags: {} }, plugins).port, 8000)
  t.throws(
    () => loadConfig({ file: missing, fileRequired: true, env: {}, flags: {} }, plugins),
    /no such file/,
  )
  t.throws(
    () => loadConfig({ file: path.join(dir, 'folder'), env: {}, flags: {} }, plugins),
    /it is a folder/,
  )
})
