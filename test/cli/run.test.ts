import path from 'node:path'
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { littlehub } from '../support/command-line.ts'

const commands = [
  'serve',
  'doctor',
  'claim',
  'user add',
  'user list',
  'user set-admin',
  'user reset-password',
  'user delete',
  'token add',
  'token list',
  'token revoke',
  'version',
]

for (const command of commands)
  t.test(`${command} --help tells how it is used`, async (t) => {
    const { code, out, err } = await littlehub([...command.split(' '), '--help'])
    t.equal(code, 0)
    t.match(out, `Usage: littlehub ${command}`)
    t.equal(err, '')
    t.same(await littlehub(['help', ...command.split(' ')]), { code, out, err })
  })

t.test('the program’s help lists every command', async (t) => {
  for (const words of [['--help'], ['-h'], ['help']]) {
    const { code, out } = await littlehub(words)
    t.equal(code, 0)
    for (const command of commands) t.match(out, `  ${command} `)
  }
})

t.test('a group of commands has the help of all of them', async (t) => {
  const { code, out } = await littlehub(['user', '--help'])
  t.equal(code, 0)
  t.match(out, 'littlehub user add NAME')
  t.match(out, 'littlehub user delete NAME')
  t.notMatch(out, 'littlehub token')
})

const misused: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['nothing at all', [], /Usage: littlehub/],
  ['an unknown command, with the one that was meant', ['sreve'], /no command "sreve".*"serve"\?/],
  ['an unknown command that is like none', ['xylophone'], /no command "xylophone"\.\n/],
  ['a group without a verb', ['user'], /needs a verb: add, list/],
  ['an unknown verb, with the one that was meant', ['token', 'revok', '1'], /"token revoke"\?/],
  ['an unknown option', ['user', 'list', '--jsno'], /no option --jsno.*--json\?/],
  ['a missing operand', ['user', 'add'], /needs NAME/],
  ['help about nothing that exists', ['help', 'xylophone'], /no command "xylophone"/],
]
for (const [what, words, message] of misused)
  t.test(
    `${what} is wrong use: exit code 2, on standard error, with the way to help`,
    async (t) => {
      const { code, out, err } = await littlehub(words)
      t.equal(code, 2)
      t.equal(out, '')
      t.match(err, message)
      t.match(err, '--help')
    },
  )

t.test(
  'every problem of the configuration has a line of its own, and the exit code is 2',
  async (t) => {
    const file = path.join(t.testdir(), 'config.yaml')
    writeFileSync(file, 'port: many\nhots: x\n')
    const { code, out, err } = await littlehub(['user', 'list', '--config', file])
    t.equal(code, 2)
    t.equal(out, '')
    const lines = err.split('\n')
    t.equal(lines.length, 2)
    t.match(lines[0], /config\.yaml:\d: .*(?:port|hots)/)
    t.match(lines[1], /config\.yaml:\d: .*(?:port|hots)/)
  },
)

t.test('what cannot be done is one sentence, and the exit code is 1', async (t) => {
  const { code, out, err } = await littlehub(['user', 'delete', 'nobody', '--yes'], {
    environment: { LITTLEHUB_DATA: t.testdir() },
  })
  t.equal(code, 1)
  t.equal(out, '')
  t.match(err, /nobody/)
  t.equal(err.split('\n').length, 1)
})
