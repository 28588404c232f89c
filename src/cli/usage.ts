/** Help texts, made from the commands themselves. */
import { table } from './table.ts'
import { type Command } from './command.ts'

/** The whole program's help. */
export function programHelp(commands: readonly Command[]): string {
  return [
    'Usage: littlehub COMMAND [OPTION…]',
    '',
    'A multi-user hub for Jupyter on one machine.',
    '',
    ...indent(table(commands.map((command) => [synopsis(command), command.summary]))),
    '',
    'littlehub COMMAND --help tells more about one of them.',
    'Commands that change people or tokens work beside a running hub and take effect at once.',
    'Exit codes: 0 done, 1 failed, 2 wrong use or configuration.',
  ].join('\n')
}

/** One command's help. */
export function commandHelp(command: Command): string {
  const options = Object.entries(command.options).map(([name, { value, help }]) => [
    value === undefined ? `--${name}` : `--${name} ${value}`,
    help,
  ])
  return [
    `Usage: littlehub ${synopsis(command)}${options.length > 0 ? ' [OPTION…]' : ''}`,
    '',
    command.summary,
    ...(command.details ?? []),
    '',
    ...indent(table([...options, ['--help', 'This text.']])),
  ].join('\n')
}

const synopsis = (command: Command): string => [command.name, ...command.operands].join(' ')

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`)
