/** The contract of a command: its words, what it takes, what it does. */
import { type Terminal } from './terminal.ts'

export type Option = {
  readonly type: 'string' | 'boolean'
  readonly multiple?: true
  /** One letter that stands for it. */
  readonly short?: string
  /** What stands for the value in the help: `FILE`. */
  readonly value?: string
  readonly help: string
}

export type Command = {
  /** As typed: `user add`. */
  readonly name: string
  /** One line for the table of commands. */
  readonly summary: string
  /** More lines for `--help`. */
  readonly details?: readonly string[]
  /** `NAME`, or `[NAME]` when it may be left out. */
  readonly operands: readonly string[]
  readonly options: Readonly<Record<string, Option>>
  /** @returns the exit code. @throws {UsageError} {ConfigError} {HubError} */
  run(call: Call): Promise<number>
}

/** A command as somebody typed it. */
export type Call = {
  readonly operands: readonly string[]
  readonly isSet: (option: string) => boolean
  readonly text: (option: string) => string | undefined
  readonly texts: (option: string) => readonly string[]
  readonly terminal: Terminal
}

/** What was typed is no use of the program. The command line ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** The command whose help tells more; undefined: the program's. */
  readonly command: string | undefined

  constructor(message: string, command?: string) {
    super(message)
    this.command = command
  }
}

/** Where the hub's settings and data are; every command that touches them takes these. */
export const hubOptions: Command['options'] = {
  config: {
    type: 'string',
    value: 'FILE',
    help: 'The configuration file; else what LITTLEHUB_CONFIG names.',
  },
  data: { type: 'string', value: 'DIR', help: 'The data folder; else what LITTLEHUB_DATA names.' },
}

export const jsonOption: Command['options'] = {
  json: { type: 'boolean', help: 'Print JSON, for scripts.' },
}

/** The first operand, where one is needed. */
export function operandOf(call: Call): string {
  const [operand] = call.operands
  if (operand === undefined) throw new UsageError('Something is missing.')
  return operand
}
