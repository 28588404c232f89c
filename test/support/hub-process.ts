/** A hub as a process of its own, that can be killed and started again on the same data. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { type Test } from 'tap'
import { freePort } from './free-port.ts'
import { temporaryFolder } from './hub.ts'

export type HubProcess = {
  readonly url: string
  readonly dataDir: string
  readonly pid: () => number
  /** Runs a command of `littlehub` beside it. @returns its standard output. @throws when it fails. */
  command(...words: readonly string[]): Promise<string>
  /** SIGKILL: no clean-up of any kind. Resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGTERM, which stops the servers as well. @returns the exit code. */
  stop(): Promise<number | null>
  /** Another one on the same data and port. Resolves when it answers. */
  restart(): Promise<void>
  /** SIGUSR2, and another one as soon as there is room for it. @returns the end of the one before: its exit code */
  replace(): Promise<{ readonly pid: number; readonly ended: Promise<number | null> }>
  /** Everything it has printed. */
  output(): string
}

const main = path.resolve(import.meta.dirname, '../../src/main.ts')
const startingMs = 30_000

/** @param settings by dotted key, given as environment variables */
export async function startHubProcess(
  t: Test,
  settings: Readonly<Record<string, string>> = {},
): Promise<HubProcess> {
  const folder = temporaryFolder(t)
  const dataDir = path.join(folder, 'data')
  const logFile = path.join(folder, 'hub.log')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const fixed = { data_dir: dataDir, port: String(port), 'password.bcrypt_cost': '4' }
  const env = variables({ ...fixed, ...settings })
  let hub: ChildProcess | undefined

  const start = async (): Promise<void> => {
    const words = [main, 'serve', '--stop-servers']
    hub = spawn(process.execPath, words, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [hub.stdout, hub.stderr])
      stream?.on('data', (chunk: Buffer) => appendFileSync(logFile, chunk))
    await untilHealthy(url, hub)
  }
  const isRunning = (): boolean => hub?.exitCode === null && hub.signalCode === null
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (!isRunning()) return hub?.exitCode ?? null
    const ended = new Promise<number | null>((resolve) => hub?.once('exit', resolve))
    hub?.kill(signal)
    return ended
  }

  t.teardown(async () => {
    if (!isRunning()) await start()
    await end('SIGTERM')
  })
  await start()
  return {
    url,
    dataDir,
    pid: () => hub?.pid ?? 0,
    command: async (...words) =>
      (await promisify(execFile)(process.execPath, [main, ...words], { cwd: folder, env })).stdout,
    kill: async () => {
      await end('SIGKILL')
    },
    stop: () => end('SIGTERM'),
    restart: start,
    async replace() {
      const before = hub
      if (!before?.pid) throw new Error('no hub runs')
      const ended = new Promise<number | null>((resolve) => before.once('exit', resolve))
      t.teardown(async () => {
        before.kill('SIGKILL')
        await ended
      })
      before.kill('SIGUSR2')
      while (existsSync(path.join(dataDir, 'hub.pid'))) await new Promise((r) => setTimeout(r, 10))
      await start()
      return { pid: before.pid, ended }
    },
    output: () => readFileSync(logFile, 'utf8'),
  }
}

async function untilHealthy(url: string, hub: ChildProcess): Promise<void> {
  for (const end = Date.now() + startingMs; Date.now() < end;) {
    if (hub.exitCode !== null) throw new Error(`the hub ended with ${hub.exitCode}`)
    const answer = await fetch(`${url}/hub/health`).catch(() => undefined)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the hub does not answer')
}

function variables(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const entries = Object.entries(settings).map(([key, value]) => [
    `LITTLEHUB_${key.replaceAll('.', '__').toUpperCase()}`,
    value,
  ])
  return { PATH: process.env['PATH'], ...Object.fromEntries(entries) } as NodeJS.ProcessEnv
}
