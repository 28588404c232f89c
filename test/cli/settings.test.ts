import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { hubOptions, type Command } from '../../src/cli/command.ts'
import { parseCall } from '../../src/cli/parse.ts'
import { settingsOf } from '../../src/cli/settings.ts'
import { type Terminal } from '../../src/cli/terminal.ts'

const command: Command = {
  name: 'look',
  summary: '',
  operands: [],
  options: hubOptions,
  run: () => Promise.resolve(0),
}
const settings = (words: readonly string[], environment: Record<string, string> = {}) =>
  settingsOf(parseCall(command, words, { environment } as Terminal))

t.test('the options win over the environment', async (t) => {
  const dir = t.testdir({ one: 'port: 1111\n', two: 'port: 2222\n' })
  const environment = { LITTLEHUB_CONFIG: path.join(dir, 'one'), LITTLEHUB_DATA: '/env' }
  t.match(settings([], environment), { port: 1111, data_dir: '/env' })
  const words = ['--config', path.join(dir, 'two'), '--data', '/flag']
  t.match(settings(words, environment), { port: 2222, data_dir: '/flag' })
})

t.test('the data folder of the environment wins over the file’s', async (t) => {
  const file = path.join(t.testdir(), 'config.yaml')
  writeFileSync(file, 'data_dir: ./here\n')
  t.equal(settings(['--config', file]).data_dir, path.join(path.dirname(file), 'here'))
  t.equal(settings(['--config', file], { LITTLEHUB_DATA: '/there' }).data_dir, '/there')
})

t.test('a variable set to nothing is as good as unset', async (t) => {
  t.equal(settings([], { LITTLEHUB_CONFIG: '', LITTLEHUB_DATA: '' }).port, 8000)
})

t.test('a file that somebody named has to be there', async (t) => {
  const missing = path.join(t.testdir(), 'missing.yaml')
  for (const ask of [
    () => settings(['--config', missing]),
    () => settings([], { LITTLEHUB_CONFIG: missing }),
  ])
    t.throws(ask, { message: /no such file/ })
})

t.test('options of a command’s own are settings, too', async (t) => {
  const call = parseCall(command, [], { environment: {} } as Terminal)
  t.equal(settingsOf(call, { port: '1234' }).port, 1234)
  t.throws(() => settingsOf(call, { port: 'x' }), { message: /command line: port/ })
})
