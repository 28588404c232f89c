/** The command line, in this process or as a program of its own. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import path from 'node:path'
import { type Test } from 'tap'
import { run } from '../../src/cli/run.ts'
import { type Terminal } from '../../src/cli/terminal.ts'

export type Typed = {
  readonly environment?: Readonly<Record<string, string>>
  /** What is on standard input. */
  readonly input?: string
  /** What the person answers when asked; absent: there is nobody. */
  readonly answer?: string
}

export type Printed = {
  readonly code: number
  /** Standard output. */
  readonly out: string
  /** Standard error. */
  readonly err: string
}

/** Runs a command in this process. */
export async function littlehub(words: readonly string[], typed: Typed = {}): Promise<Printed> {
  const out: string[] = []
  const err: string[] = []
  const terminal: Terminal = {
    print: (line) => void out.push(line),
    unreadBytes: () => 0,
    say: (line) => void err.push(line),
    readInput: () => Promise.resolve(typed.input ?? ''),
    ask: () => Promise.resolve(typed.answer),
    onEnd: () => undefined,
    onReload: () => undefined,
    onStepAside: () => undefined,
    exit: () => undefined,
    environment: typed.environment ?? {},
    isWatched: false,
  }
  const code = await run(words, terminal)
  return { code, out: out.join('\n'), err: err.join('\n') }
}

export type Program = {
  readonly pid: number
  /** Both streams, as they came. */
  output(): string
  /** Resolves with what the pattern finds. Rejects when the program ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>
  send(signal: NodeJS.Signals): void
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

const main = path.resolve(import.meta.dirname, '../../src/main.ts')

/** Starts the real program; it is killed with the test, if it still runs then. */
export function startProgram(
  t: Test,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Program {
  const env = { PATH: process.env['PATH'], ...environment } as NodeJS.ProcessEnv
  return watchProgram(t, spawn(process.execPath, [main, ...words], { env, stdio: 'pipe' }))
}

/** The same for a program that was started otherwise, with pipes. */
export function watchProgram(t: Test, child: ChildProcessWithoutNullStreams): Program {
  let text = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8')
      for (const listener of listeners) listener()
    })
  const ended = new Promise<number | NodeJS.Signals>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 0)),
  )
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    pid: child.pid ?? 0,
    output: () => text,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(text)
          if (!found) return
          listeners.delete(look)
          resolve(found)
        }
        listeners.add(look)
        look()
        void ended.then((how) =>
          reject(new Error(`the program ended (${how}) without ${String(pattern)}:\n${text}`)),
        )
      }),
    send: (signal) => void child.kill(signal),
    ended,
  }
}
