/** The world a command sees: where it prints, what it reads, which signals it gets. */
import { fstatSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { isatty } from 'node:tty'
import { processEnvironment } from '../config/load.ts'
import { type Texts } from '../config/overrides.ts'
import { errorCode } from '../lib/errors.ts'

export interface Terminal {
  /** A line of the result, on standard output. @throws {Error} when that is a file on a full disk */
  readonly print: (line: string) => void
  /** So much of what was printed waits in memory until somebody reads it. */
  readonly unreadBytes: () => number
  /** A line for the person, on standard error. */
  say(line: string): void
  /** Everything on standard input. */
  readInput(): Promise<string>
  /** The answer to a question; undefined where there is nobody to ask. */
  ask(question: string): Promise<string | undefined>
  /** Calls `listener` for each request to end. */
  onEnd(listener: (signal: NodeJS.Signals) => void): void
  /** Calls `listener` for each SIGHUP, unless a terminal may send it: then that is a request to end. */
  onReload(listener: () => void): void
  /** Calls `listener` for each SIGUSR2: another hub wants to take over. */
  onStepAside(listener: () => void): void
  /** Ends the process at once. */
  exit(code: number): void
  readonly environment: Texts
  /** Whether a person reads standard output. */
  readonly isWatched: boolean
}

const endSignals = ['SIGINT', 'SIGTERM'] as const

/** The terminal of this process. A reader that went away (`| head`) is no error. */
export function createTerminal(needs: { exit(code: number): void }): Terminal {
  const { stdin, stdout, stderr } = process
  for (const stream of [stdout, stderr]) stream.on('error', ignoreClosed)
  const isAtTerminal = [stdin, stdout, stderr].some(({ isTTY }) => isTTY)
  return {
    print: writerTo(1, stdout),
    unreadBytes: () => stdout.writableLength,
    say: orNowhere(writerTo(2, stderr)),
    readInput,
    async ask(question) {
      if (!stdin.isTTY) return undefined
      const lines = createInterface({ input: stdin, output: stderr })
      try {
        return await lines.question(question)
      } finally {
        lines.close()
      }
    },
    onEnd(listener) {
      for (const signal of endSignals) process.on(signal, listener)
      if (isAtTerminal) process.on('SIGHUP', listener)
    },
    onReload(listener) {
      if (!isAtTerminal) process.on('SIGHUP', listener)
    },
    onStepAside(listener) {
      process.on('SIGUSR2', listener)
    },
    exit: (code) => {
      needs.exit(code)
    },
    environment: processEnvironment(),
    isWatched: stdout.isTTY,
  }
}

type Write = (line: string) => void

/** A file is written to directly: Node gives up a stream for good when its disk was full once. */
function writerTo(fd: number, stream: NodeJS.WriteStream): Write {
  return isFile(fd)
    ? (line) => void writeSync(fd, `${line}\n`)
    : (line) => void stream.write(`${line}\n`)
}

function isFile(fd: number): boolean {
  try {
    const stat = fstatSync(fd)
    return !stat.isFIFO() && !stat.isSocket() && !isatty(fd)
  } catch {
    return false
  }
}

/** There is nobody left to tell. */
const orNowhere =
  (write: Write): Write =>
  (line) => {
    try {
      write(line)
    } catch {
      return
    }
  }

async function readInput(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}

/** A pipe whose reader ended, or a terminal window that was closed. */
function ignoreClosed(error: unknown): void {
  const code = errorCode(error)
  if (code !== 'EPIPE' && code !== 'EIO') throw error
}
