/** The table of commands: finds the one that was meant, runs it, turns what it throws into words and an exit code. */
import { asError, ConfigError, HubError } from '../lib/errors.ts'
import { nearest } from '../lib/nearest.ts'
import { backup } from './backup.ts'
import { claim } from './claim.ts'
import { UsageError, type Command } from './command.ts'
import { configCommands } from './config.ts'
import { doctor } from './doctor.ts'
import { importTljh } from './import-tljh.ts'
import { parseCall } from './parse.ts'
import { proxy } from './proxy.ts'
import { restore } from './restore.ts'
import { serve } from './serve.ts'
import { spawner } from './spawner.ts'
import { serverCommands } from './server.ts'
import { type Terminal } from './terminal.ts'
import { tokenCommands } from './token.ts'
import { upgrade } from './upgrade.ts'
import { commandHelp, programHelp } from './usage.ts'
import { userCommands } from './user.ts'
import { version } from './version.ts'

const commands: readonly Command[] = [
  serve,
  doctor,
  claim,
  ...userCommands,
  ...serverCommands,
  ...tokenCommands,
  ...configCommands,
  importTljh,
  backup,
  restore,
  upgrade,
  proxy,
  spawner,
  version,
]

const exitCodes = { done: 0, failed: 1, misused: 2 } as const

/** @returns the exit code: 0 done, 1 failed, 2 wrong use or configuration. */
export async function run(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(words, terminal)
  } catch (thrown) {
    return report(thrown, terminal)
  }
}

async function dispatch(words: readonly string[], terminal: Terminal): Promise<number> {
  const [first = '', second = ''] = words
  if (first === '') {
    terminal.say(programHelp(commands))
    return exitCodes.misused
  }
  if (isHelp(first) || first === 'help') return help(words.slice(1), terminal)
  const command = find(`${first} ${second}`) ?? find(first)
  if (!command) return helpOfGroup(first, words.slice(1), terminal)
  const rest = words.slice(command.name.split(' ').length)
  if (asksForHelp(rest)) return help([command.name], terminal)
  return command.run(parseCall(command, rest, terminal))
}

const find = (name: string): Command | undefined =>
  commands.find((command) => command.name === name)

const isHelp = (word: string): boolean => word === '--help' || word === '-h'

/** Behind `--` there are operands only. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  return (end === -1 ? words : words.slice(0, end)).some(isHelp)
}

function help(words: readonly string[], terminal: Terminal): number {
  const name = words.join(' ')
  const command = find(name)
  if (command) terminal.print(commandHelp(command))
  else if (name === '') terminal.print(programHelp(commands))
  else return helpOfGroup(words[0] ?? '', ['--help'], terminal)
  return exitCodes.done
}

/** `littlehub user`, which has several verbs. */
function helpOfGroup(name: string, rest: readonly string[], terminal: Terminal): number {
  const members = commands.filter((command) => command.name.startsWith(`${name} `))
  if (members.length === 0) throw unknownCommand(name)
  const [verb] = rest
  if (verb !== undefined && isHelp(verb)) {
    terminal.print(members.map(commandHelp).join('\n\n'))
    return exitCodes.done
  }
  const verbs = members.map((member) => member.name.slice(name.length + 1))
  const meant = verb === undefined ? undefined : nearest(verb, verbs)
  const wrong =
    verb === undefined ? `littlehub ${name} needs a verb` : `There is no "${name} ${verb}"`
  throw new UsageError(
    `${wrong}: ${verbs.join(', ')}.${meant === undefined ? '' : ` Did you mean "${name} ${meant}"?`}`,
    name,
  )
}

function unknownCommand(name: string): UsageError {
  const words = [...new Set(commands.map((command) => command.name.split(' ')[0] ?? ''))]
  const meant = nearest(name, words)
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`
  return new UsageError(`littlehub has no command "${name}".${hint}`)
}

function report(thrown: unknown, terminal: Terminal): number {
  if (thrown instanceof UsageError) {
    terminal.say(thrown.message)
    terminal.say(`See littlehub ${thrown.command === undefined ? '' : `${thrown.command} `}--help`)
    return exitCodes.misused
  }
  if (thrown instanceof ConfigError) {
    terminal.say(thrown.message)
    return exitCodes.misused
  }
  terminal.say(thrown instanceof HubError ? explain(thrown) : unexpected(asError(thrown)))
  return exitCodes.failed
}

/** At the command line sits an operator, who can use the cause. */
function explain(error: HubError): string {
  return error.status >= 500 && error.cause instanceof Error
    ? `${error.message} (${error.cause.message})`
    : error.message
}

const unexpected = (error: Error): string =>
  `littlehub met a fault of its own. Please report this:\n${error.stack ?? error.message}`
