/** Other programs, run to their end. */
import { execa } from 'execa'

export type RunOptions = {
  /** Exit codes besides 0 that are no failure. */
  readonly accepted?: readonly number[]
  /** Gets each line of standard output, in the place of the result. */
  readonly onLine?: (line: string) => void
}

/**
 * @returns standard output.
 * @throws {Error} whose message is the first thing that the program said was wrong.
 */
export async function runProgram(
  words: readonly [string, ...string[]],
  { accepted = [], onLine }: RunOptions = {},
): Promise<string> {
  const [program, ...rest] = words
  // Messages are shown to people and looked at: they do not depend on the language of the machine.
  const options = { reject: false, stdin: 'ignore', env: { LC_ALL: 'C.UTF-8' } } as const
  const child = execa(program, rest, { ...options, buffer: { stdout: onLine === undefined } })
  if (onLine !== undefined) for await (const line of child.iterable()) onLine(line)
  const { exitCode, stdout, stderr, shortMessage, failed } = await child
  if (failed && !accepted.includes(exitCode ?? -1))
    throw new Error(saidFirst(stderr) ?? shortMessage)
  return typeof stdout === 'string' ? stdout : ''
}

const saidFirst = (text: string): string | undefined => /\S.*/.exec(text)?.[0]
