/** A machine of its own for a test: a fresh Debian under systemd with limits that act, thrown away afterwards. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import path from 'node:path'
import { type Test } from 'tap'
import { startTimeOf } from '../../src/lib/process.ts'
import { newId } from '../../src/lib/secret.ts'

const source = path.resolve(import.meta.dirname, '../..')

/** For tests that boot one. */
export const machineOnly =
  process.getuid?.() === 0 &&
  existsSync('/usr/bin/systemd-nspawn') &&
  existsSync('/usr/sbin/debootstrap')
    ? {}
    : { skip: 'only root can boot a machine, with systemd-container and debootstrap' }

/** Where a machine finds this checkout, its Node and the user environment; it can read them only. */
export const inMachine = {
  checkout: '/srv/littlehub',
  node: '/srv/littlehub/node_modules/.bin/node',
  environment: '/srv/environment',
} as const

export type MachineOptions = {
  /** More folders of this side that it can read, by their path inside. */
  readonly folders?: Readonly<Record<string, string>>
  /** `host`: the network of this side, with its sources of packages. Ports are then shared as well. Absent: none but its own. */
  readonly network?: 'host'
  /** Without the filters of system calls that a container is given: there the filters of a unit cannot be read. */
  readonly filters?: 'none'
}

export type RunOptions = {
  /** Absent: root. */
  readonly user?: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** Properties of the unit it runs in, such as `MemoryMax=100M`. */
  readonly properties?: readonly string[]
  readonly timeoutMs?: number
}

export type Outcome = {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export type Machine = {
  /** Runs a program inside, in a unit of its own. */
  run(command: readonly string[], options?: RunOptions): Promise<Outcome>
  /** A script for its shell. @returns what it printed. @throws when it fails */
  sh(script: string, options?: RunOptions): Promise<string>
  /** What runs a program inside, for whoever starts it by themselves. */
  words(command: readonly string[], options?: RunOptions): string[]
  /** Where a file of the machine is for us. Links in it that begin with a slash lead elsewhere. */
  file(name: string): string
  /** In order, as an administrator would. Resolves when it is off. */
  powerOff(): Promise<void>
  /** Pulls the plug. Resolves when it is off. */
  cutPower(): Promise<void>
  /** After it went off: boots it again, with everything that was written. */
  boot(): Promise<void>
  /** Its console. */
  output(): string
}

/** Boots one, which takes a second; it is gone with the test, even when the test is killed. */
export async function startMachine(t: Test, options: MachineOptions = {}): Promise<Machine> {
  const root = machineRoot()
  const runs = path.join(realpathSync(path.join(source, '.littlehub')), 'machine', 'run')
  mkdirSync(runs, { recursive: true, mode: 0o700 })
  removeLeftovers(runs)
  const name = `littlehub-${process.pid}-${ticksOf(process.pid)}-${newId().slice(0, 6).toLowerCase()}`
  const folder = path.join(runs, name)
  mkdirSync(folder)
  let current: Running | undefined

  const running = (): Running => {
    if (!current) throw new Error('the machine is off')
    return current
  }
  const off = async (): Promise<void> => {
    await current?.ended
    current = undefined
  }
  const cutPower = async (): Promise<void> => {
    current?.child.stdin?.end()
    await off()
  }
  t.teardown(async () => {
    await cutPower()
    rmSync(folder, { recursive: true, force: true })
  })

  const machine: Machine = {
    words: (command, how = {}) => wordsOf(running().leader, command, how),
    run: (command, how = {}) => run(machine.words(command, how), how),
    async sh(script, how) {
      const { exitCode, stdout, stderr } = await machine.run(['/bin/sh', '-ec', script], how)
      if (exitCode !== 0) throw new Error(`exit code ${exitCode} of ${script}\n${stdout}${stderr}`)
      return stdout
    },
    file: (inside) => path.join(`/proc/${running().leader}/root`, inside),
    async powerOff() {
      await run(enter(running().leader, ['systemctl', '--no-block', 'poweroff']), {})
      await off()
    },
    cutPower,
    async boot() {
      current = await bootMachine([name, root, folder, ...nspawnOptions(options)], options)
    },
    output: () => running().output(),
  }
  await machine.boot()
  return machine
}

/** Made by `scripts/test` already, as a rule. */
const machineRoot = (): string =>
  execFileSync(path.join(source, 'scripts/machine-root.sh'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()

type Running = {
  readonly child: ChildProcess
  /** The pid of its first program. */
  readonly leader: number
  readonly ended: Promise<unknown>
  output(): string
}

const bootMs = 30_000
const script = path.join(source, 'scripts/machine.sh')

async function bootMachine(
  words: readonly string[],
  { filters }: MachineOptions,
): Promise<Running> {
  const env = { ...process.env, ...(filters === 'none' && { SYSTEMD_SECCOMP: '0' }) }
  const child = spawn('unshare', ['--mount', script, 'boot', ...words], { env })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = new Promise((resolve) => child.once('close', resolve))
  const output = (): string => Buffer.concat(chunks).toString('utf8')
  for (const end = Date.now() + bootMs; Date.now() < end && child.exitCode === null;) {
    const leader = leaderOf(child.pid ?? 0)
    if (leader !== undefined && (await isUp(leader))) return { child, leader, ended, output }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  child.stdin.end()
  await ended
  throw new Error(`the machine did not boot:\n${output()}`)
}

/** Degraded would be a machine on which something already failed. */
const isUp = async (leader: number): Promise<boolean> =>
  (await run(enter(leader, ['systemctl', 'is-system-running']), {})).stdout.trim() === 'running'

/** The first program, once it is systemd. */
function leaderOf(script: number): number | undefined {
  const nspawn = childrenOf(script).find((pid) => nameOf(pid) === 'systemd-nspawn')
  return nspawn && childrenOf(nspawn).find((pid) => nameOf(pid) === 'systemd')
}

const childrenOf = (pid: number): number[] =>
  read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)

const nameOf = (pid: number): string => read(`/proc/${pid}/comm`).trim()

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const enter = (leader: number, command: readonly string[]): string[] => [
  'nsenter',
  `--target=${leader}`,
  '--all',
  ...command,
]

/** In a unit: what `nsenter` alone brings in is in none of the machine's groups. */
const wordsOf = (leader: number, command: readonly string[], how: RunOptions): string[] =>
  enter(leader, [
    ...['systemd-run', '--quiet', '--wait', '--pipe', '--collect'],
    ...(how.user === undefined ? [] : [`--uid=${how.user}`]),
    ...Object.entries(how.env ?? {}).map(([key, value]) => `--setenv=${key}=${value}`),
    ...(how.properties ?? []).map((property) => `--property=${property}`),
    ...['--', ...command],
  ])

function run(words: readonly string[], how: RunOptions): Promise<Outcome> {
  const [program = '', ...rest] = words
  const { timeoutMs = 60_000, input = '' } = how
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, maxBuffer: 1024 ** 3 }
    const child = execFile(program, rest, options, (error, stdout, stderr) => {
      const exitCode = error ? error.code : 0
      if (typeof exitCode === 'number') resolve({ exitCode, stdout, stderr })
      else reject(error ?? new Error('no exit code'))
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

function nspawnOptions({ folders = {}, network, filters }: MachineOptions): string[] {
  const environment = path.join(source, '.littlehub/env')
  const fixed = {
    [inMachine.checkout]: source,
    ...(existsSync(environment) ? { [inMachine.environment]: environment } : {}),
  }
  const all = { ...fixed, ...folders, ...(network === 'host' ? packageSources() : {}) }
  const binds = Object.entries(all).map(
    ([inside, ours]) => `--bind-ro=${realpathSync(ours)}:${inside}`,
  )
  return [
    ...binds,
    ...(network === 'host' ? [] : ['--private-network']),
    // To take sync for done is such a filter.
    ...(filters === 'none' ? ['--suppress-sync=no'] : []),
  ]
}

/** What this side gets its packages with, so that the machine can as well. */
const packageSources = (): Record<string, string> =>
  Object.fromEntries(
    [
      '/etc/apt/sources.list',
      '/etc/apt/sources.list.d',
      '/etc/apt/apt.conf.d',
      '/etc/pip.conf',
      '/etc/ssl/certs',
      '/usr/share/keyrings',
      '/usr/local/share/ca-certificates',
    ]
      .filter((name) => existsSync(name))
      .map((name) => [name, name]),
  )

const ticksOf = (pid: number): string => startTimeOf(pid)?.split(' ').at(-1) ?? ''

/** Of tests that were killed so suddenly that nothing of them could clean up. */
function removeLeftovers(runs: string): void {
  for (const name of readdirSync(runs)) {
    const [, pid = '', ticks] = name.split('-')
    if (ticksOf(Number(pid)) === ticks) continue
    execFileSync(script, ['end', name])
    rmSync(path.join(runs, name), { recursive: true, force: true })
  }
}
