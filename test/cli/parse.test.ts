import t from 'tap'
import { UsageError, type Command } from '../../src/cli/command.ts'
import { parseCall } from '../../src/cli/parse.ts'
import { type Terminal } from '../../src/cli/terminal.ts'

const command: Command = {
  name: 'cake bake',
  summary: 'Bakes.',
  operands: ['KIND', '[SIZE]'],
  options: {
    oven: { type: 'string', value: 'NAME', help: 'Where.' },
    nut: { type: 'string', multiple: true, help: 'Which.' },
    hot: { type: 'boolean', short: 'h', help: 'How.' },
  },
  run: () => Promise.resolve(0),
}
const terminal = {} as Terminal
const parse = (...words: string[]) => parseCall(command, words, terminal)

t.test('options and operands come in any order', (t) => {
  const call = parse('--hot', 'apple', '--nut', 'pecan', '--oven=big', 'large', '--nut=hazel')
  t.same(call.operands, ['apple', 'large'])
  t.equal(call.isSet('hot'), true)
  t.equal(call.text('oven'), 'big')
  t.same(call.texts('nut'), ['pecan', 'hazel'])
  t.end()
})

t.test('one letter stands for an option that has one', (t) => {
  t.equal(parse('apple', '-h').isSet('hot'), true)
  t.end()
})

t.test('what was not typed is not set', (t) => {
  const call = parse('apple')
  t.equal(call.isSet('hot'), false)
  t.equal(call.text('oven'), undefined)
  t.same(call.texts('nut'), [])
  t.end()
})

t.test('behind -- everything is an operand', (t) => {
  t.same(parse('--', '--hot').operands, ['--hot'])
  t.end()
})

const wrong: readonly (readonly [string, string[], RegExp])[] = [
  ['an operand too few', [], /needs KIND/],
  ['an operand too many', ['apple', 'large', 'more'], /"more"/],
  [
    'an option it has not, with the one that was meant',
    ['apple', '--oben', 'x'],
    /--oben.*--oven\?/,
  ],
  ['a value missing', ['apple', '--oven'], /--oven/],
  ['a value too many', ['apple', '--hot=yes'], /--hot/],
]
for (const [what, words, message] of wrong)
  t.test(`${what} is wrong use`, (t) => {
    t.throws(() => parse(...words), { message })
    t.throws(() => parse(...words), UsageError)
    t.end()
  })

t.test('a command that reads an option it does not declare is a fault of the program', (t) => {
  t.throws(() => parse('apple').isSet('cold'), /declares no --cold/)
  t.end()
})
