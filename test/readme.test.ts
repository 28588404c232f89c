import { execFile, execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { loadConfig } from '../src/config/load.ts'
import { pluginSchemas } from '../src/context.ts'
import { littlehub } from './support/command-line.ts'
import { startHub } from './support/hub.ts'
import { routesApiSettings } from './support/routes-api.ts'
import { token } from './support/standalone.ts'

const run = promisify(execFile)
const { PATH } = process.env

const checkout = path.resolve(import.meta.dirname, '..')
const readme = readFileSync(path.join(checkout, 'README.md'), 'utf8')

/** The contents of the blocks of one language. */
const blocksOf = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, block]) => block ?? '',
  )
const shellLines = blocksOf('sh').flatMap((block) => block.trim().split('\n'))

/** The words of a shell line; only plain words and double quotes are used there. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

const command = '.littlehub/bin/littlehub'

t.test('every command of the README does what it says, in its order', async (t) => {
  const dir = t.testdir({ 'config.yaml': '' })
  const environment = {
    LITTLEHUB_DATA: path.join(dir, 'data'),
    LITTLEHUB_CONFIG: path.join(dir, 'config.yaml'),
    LITTLEHUB_PORT: '0',
  }
  const lines = shellLines.filter((line) => line.startsWith(command))
  t.ok(lines.length >= 8, 'they were found')
  for (const line of lines) {
    const { code, err } = await littlehub(wordsOf(line).slice(1), { environment })
    t.equal(code, 0, `${line}\n${err}`)
  }
})

const isCall = (line: string): boolean => line.startsWith('curl ')

t.test('the other commands are programs that exist', async (t) => {
  const others = shellLines.filter((line) => !line.startsWith(command) && !isCall(line))
  t.same(others, ['./install.sh --try', 'sudo ./install.sh', './scripts/test'])
  for (const line of others) {
    // What an installation does is tested on a machine of its own: install/service.test.ts
    const [program = ''] = wordsOf(line.replace('sudo ', ''))
    accessSync(path.join(checkout, program), constants.X_OK)
    const help = execFileSync(path.join(checkout, program), ['--help'], { encoding: 'utf8' })
    t.match(help, program.replace('./scripts', 'scripts'))
  }
})

t.test('a program is added as the README says', async (t) => {
  const at = await routesApiSettings()
  await startHub(t, { settings: at.settings })
  const calls = shellLines.filter(isCall)
  t.equal(calls.length, 1)
  for (const call of calls) {
    const line = call.replace(':8001/', `:${at.port}/`)
    await run('sh', ['-c', `${line} --fail --silent --show-error`], { env: { PATH, TOKEN: token } })
  }
  t.match(await at.list(), { '/wiki': { target: 'http://127.0.0.1:3000' } })
})

t.test('every configuration of the README is one', async (t) => {
  const examples = blocksOf('yaml')
  t.equal(examples.length, 6)
  for (const example of examples) {
    const file = path.join(t.testdir(), 'config.yaml')
    writeFileSync(file, example, { mode: 0o600 })
    t.doesNotThrow(() => loadConfig({ file, env: {}, flags: {} }, pluginSchemas))
  }
})

t.test('every file that a document points to is there', async (t) => {
  for (const document of ['README.md', 'src/README.md', 'docs/settings.md', 'docs/scopes.md']) {
    const file = path.join(checkout, document)
    const links = [...readFileSync(file, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
    for (const [, target = ''] of links)
      t.ok(existsSync(path.join(path.dirname(file), target)), `${document}: ${target}`)
  }
})
