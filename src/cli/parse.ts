/** From words on the command line to a call of one command. */
import { parseArgs } from 'node:util'
import { asError, errorCode } from '../lib/errors.ts'
import { nearest } from '../lib/nearest.ts'
import { UsageError, type Call, type Command } from './command.ts'
import { type Terminal } from './terminal.ts'

/** @throws {UsageError} an option it has not, a value missing, an operand too many or too few. */
export function parseCall(command: Command, words: readonly string[], terminal: Terminal): Call {
  const { values, positionals } = parse(command, words)
  checkOperands(command, positionals)
  const valueOf = (option: string): unknown => {
    if (!Object.hasOwn(command.options, option))
      throw new Error(`${command.name} declares no --${option}`)
    return values[option]
  }
  const texts = (option: string): readonly string[] => {
    const value = valueOf(option)
    if (Array.isArray(value)) return value.map(String)
    return typeof value === 'string' ? [value] : []
  }
  return {
    operands: positionals,
    isSet: (option) => valueOf(option) === true,
    text: (option) => texts(option)[0],
    texts,
    terminal,
  }
}

type Parsed = {
  readonly values: Readonly<Record<string, unknown>>
  readonly positionals: readonly string[]
}

function parse(command: Command, words: readonly string[]): Parsed {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, short, multiple = false }]) => [
      name,
      short === undefined ? { type, multiple } : { type, short, multiple },
    ]),
  )
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
  } catch (thrown) {
    throw new UsageError(explain(thrown, command, words), command.name)
  }
}

function explain(thrown: unknown, command: Command, words: readonly string[]): string {
  if (errorCode(thrown) === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return unknownOption(command, words)
  // Node's first sentence says which option and what is wrong; the rest explains Node's own rules.
  return asError(thrown).message.split('\n', 1)[0] ?? ''
}

function unknownOption(command: Command, words: readonly string[]): string {
  const known = [...Object.keys(command.options), 'help']
  const names = words
    .filter((word) => word.startsWith('-') && word !== '-' && word !== '--')
    .map((word) => word.replace(/^--?/, '').replace(/=.*/s, ''))
  const unknown = names.find((name) => !known.includes(name)) ?? ''
  const meant = nearest(unknown, known)
  const hint = meant === undefined ? '' : ` Did you mean --${meant}?`
  return `littlehub ${command.name} has no option --${unknown}.${hint}`
}

function checkOperands(command: Command, given: readonly string[]): void {
  const needed = command.operands.filter((operand) => !operand.startsWith('['))
  const missing = needed[given.length]
  if (missing !== undefined)
    throw new UsageError(`littlehub ${command.name} needs ${missing}.`, command.name)
  const extra = given[command.operands.length]
  if (extra !== undefined)
    throw new UsageError(
      `littlehub ${command.name} does not know what to do with "${extra}".`,
      command.name,
    )
}
