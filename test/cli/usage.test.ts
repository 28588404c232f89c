import t from 'tap'
import { type Command } from '../../src/cli/command.ts'
import { commandHelp, programHelp } from '../../src/cli/usage.ts'

const command: Command = {
  name: 'cake bake',
  summary: 'Bakes.',
  details: ['Slowly.'],
  operands: ['KIND'],
  options: { oven: { type: 'string', value: 'NAME', help: 'Where.' } },
  run: () => Promise.resolve(0),
}

t.test('the help of a command shows how it is typed, what it does and every option', (t) => {
  const help = commandHelp(command)
  t.match(help, /^Usage: littlehub cake bake KIND \[OPTION…\]\n/)
  t.match(help, 'Bakes.\nSlowly.')
  t.match(help, /^ {2}--oven NAME {2}Where\.$/m)
  t.match(help, /^ {2}--help {7}This text\.$/m)
  t.end()
})

t.test('the help of the program shows every command', (t) => {
  t.match(programHelp([command]), /^ {2}cake bake KIND {2}Bakes\.$/m)
  t.end()
})
