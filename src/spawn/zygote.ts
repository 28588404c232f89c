/** One zygote: a Python process that has imported what a server imports, and is asked to fork. */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type Readable, type Writable } from 'node:stream'
import { execa } from 'execa'
import { programFile } from '../lib/program.ts'
import { isRunning, startTimeOf } from '../lib/process.ts'
import { SECOND, sleep } from '../lib/time.ts'
import { type Child, type Ended } from './launch.ts'

export type ZygoteSettings = {
  /** Of a user environment. */
  readonly python: string
  /** What servers of it are started with. */
  readonly script: string
  /** Nothing that differs from user to user, and no secret: everybody gets a copy. */
  readonly environment: Readonly<Record<string, string>>
  /** Kernels are forked, too, with these modules imported where they are installed. */
  readonly preload?: readonly string[] | undefined
  /** What an earlier one of the same environment has learnt that it needs. */
  readonly modules?: Learnt
  /** Absent: it is a child of the hub. */
  readonly host?: ZygoteHost
  /** One that has not answered by then is stuck. */
  readonly patienceMs?: number
  /** It is of no use any more: the environment changed, or it ended. */
  onStale(reason: string): void
}

/** Something else that runs it, with our pipes. */
export type ZygoteHost = {
  /** @param environment the whole of it */
  words(command: readonly string[], environment: Readonly<Record<string, string>>): string[]
  /** Kills it, with all it has forked and not told of. */
  end(): void
}

/** What a child is told; it reads this itself, so that no other child gets a copy. */
export type ForkRequest = {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly uid: number
  readonly gid: number
  /** Whose supplementary groups it gets; null: none. */
  readonly account: string | null
  readonly home: string
  /** The file its output is added to. */
  readonly log: string
}

/** What a child is told that is to become the main process of a unit of systemd. */
export type PlaceRequest = {
  readonly argv: readonly string[]
  /** The process that systemd has started in its place: its sandbox and its environment become the server's. */
  readonly holder: number
  /** The program of that process. */
  readonly program: string
  /** The control group of the unit. */
  readonly group: string
  /** Whose server it is. */
  readonly uid: number
  /** Where systemd reads who is the main process. */
  readonly pid_file: string
}

/** Forked, or why it has to be started the ordinary way; then nothing of it runs. */
export type Forked = { readonly child: Child } | { readonly cold: string }

export type Placed = { readonly pid: number } | { readonly cold: string }

/** What a server imports, and what a kernel does; null: kernels are not forked. */
export type Learnt = {
  readonly server: readonly string[]
  readonly kernel: readonly string[] | null
  /** What it has imported before its first cell. */
  readonly begun?: readonly string[] | null
  /** Where npm has its packages, as it says. */
  readonly npm?: string | null
}

export type Prepared = {
  readonly modules: Learnt
  /** Those of them that each child imports itself, and why. */
  readonly keptOut: Readonly<Record<string, string>>
  /** Why kernels are not forked, though they were to be. */
  readonly coldKernels?: string
}

export interface Zygote {
  /** Whether it can be used; else why it cannot. Never rejects. */
  readonly ready: Promise<Prepared | { readonly failed: string }>
  fork(request: ForkRequest): Promise<Forked>
  /** Into a unit of systemd, which is told how it ends. */
  place(request: PlaceRequest): Promise<Placed>
  /** No more forks; it goes on for as long as it has children, to tell how they end. */
  retire(): void
  /** At once; its children go on. */
  end(): void
  readonly pid: number | undefined
  readonly ageMs: number
}

/** A machine that is busy takes its time. */
const usualPatienceMs = 20 * SECOND

/** How often it is looked whether a child has ended whose zygote is gone. */
const lookEveryMs = SECOND

const program = programFile('src/spawn/zygote/zygote.py')

export function createZygote(settings: ZygoteSettings): Zygote {
  const beganMs = performance.now()
  const { patienceMs = usualPatienceMs } = settings
  const process = begin(settings)
  const waiting = new Map<number, (answer: Answer) => void>()
  const children = new Map<number, (ended: Ended) => void>()
  const gone = new AbortController()
  let last = 0
  let isRetired = false
  let told: (answer: Answer) => void = () => undefined
  const first = new Promise<Answer>((resolve) => (told = resolve))

  const kill = (): void => {
    if (settings.host === undefined) {
      process.kill('SIGKILL')
      return
    }
    // One that has not begun yet ends as soon as it reads.
    process.stdin.destroy()
    settings.host.end()
  }

  const endWhenUnused = (): void => {
    if (isRetired && children.size === 0 && waiting.size === 0) kill()
  }

  const hear = (answer: Answer): void => {
    const { id, exit, stale } = answer
    if (id !== undefined) {
      waiting.get(id)?.(answer)
      waiting.delete(id)
    } else if (exit !== undefined) {
      children.get(exit)?.(endedWith(answer.status ?? 0))
      children.delete(exit)
    } else if (stale !== undefined) {
      if (!isRetired) settings.onStale(stale)
    } else told(answer)
    endWhenUnused()
  }

  createInterface({ input: process.stdout }).on('line', (line) => hear(JSON.parse(line) as Answer))
  // What it had said before it ended has been heard by then.
  void Promise.all([process, once(process.stdout, 'close')]).then(() => {
    gone.abort()
    const cold = 'the process that is forked has ended'
    told({ failed: cold })
    for (const answer of waiting.values()) answer({ cold })
    waiting.clear()
    if (!isRetired) settings.onStale(cold)
  })
  const { script, preload: kernels = null, modules = null } = settings
  send(process.stdin, { script, kernels, modules })

  /** As its zygote tells it; after that is gone, as the kernel does, which does not say how. */
  const endOf = async (pid: number, startTime: string): Promise<Ended> => {
    const said = new Promise<Ended>((resolve) => children.set(pid, resolve))
    const isGone = new Promise<undefined>((resolve) =>
      gone.signal.addEventListener('abort', () => resolve(undefined), { once: true }),
    )
    const ended = gone.signal.aborted ? undefined : await Promise.race([said, isGone])
    if (ended !== undefined) return ended
    while (isRunning(pid, startTime)) await sleep(lookEveryMs)
    return {}
  }

  const ask = async (request: ForkRequest | PlaceRequest): Promise<Placed> => {
    if (gone.signal.aborted || isRetired) return { cold: 'the process that is forked has ended' }
    const id = ++last
    const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve))
    send(process.stdin, { id, ...request })
    // Its death takes with it whatever it has forked and not told of.
    const timer = setTimeout(kill, patienceMs)
    const { pid, cold = 'the process that is forked did not say why' } = await answered
    clearTimeout(timer)
    return pid === undefined ? { cold } : { pid }
  }

  const toChild = (pid: number): Forked => {
    const startTime = startTimeOf(pid)
    if (startTime === undefined) return { cold: 'the forked process ended at once' }
    return { child: { pid, startTime, isWarm: true, ended: endOf(pid, startTime) } }
  }

  return {
    ready: first.then(toPrepared),
    async fork(request) {
      const answer = await ask(request)
      const forked = 'cold' in answer ? answer : toChild(answer.pid)
      endWhenUnused()
      return forked
    },
    async place(request) {
      const answer = await ask(request)
      endWhenUnused()
      return answer
    },
    retire() {
      isRetired = true
      endWhenUnused()
    },
    end() {
      isRetired = true
      kill()
    },
    pid: process.pid,
    get ageMs() {
      return performance.now() - beganMs
    },
  }
}

/** What it says; see zygote.py. */
type Answer = {
  readonly id?: number
  readonly pid?: number
  readonly cold?: string
  readonly exit?: number
  readonly status?: number
  readonly stale?: string
  readonly failed?: string
  readonly modules?: Learnt
  readonly kept_out?: Readonly<Record<string, string>>
  readonly kernels?: string | null
}

function toPrepared(answer: Answer): Prepared | { failed: string } {
  const { failed, modules = { server: [], kernel: null }, kept_out: keptOut = {}, kernels } = answer
  if (failed !== undefined) return { failed }
  return { modules, keptOut, ...(kernels ? { coldKernels: kernels } : {}) }
}

/** In a session of its own: an interrupt at the terminal is for the hub. It ends when the hub does, as its input ends. */
function begin({ python, environment, host }: ZygoteSettings) {
  const command = [python, program]
  const [file = '', ...words] = host?.words(command, environment) ?? command
  const child = execa(file, words, {
    cwd: '/',
    ...(host === undefined ? { env: environment, extendEnv: false } : {}),
    detached: true,
    cleanup: false,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'ignore',
    buffer: false,
    reject: false,
  })
  // The hub may end before it does.
  child.unref()
  for (const stream of [child.stdin, child.stdout]) letGo(stream)
  return child
}

/** A pipe to a process keeps this one alive otherwise. */
function letGo(stream: (Readable | Writable) & { unref?: () => unknown }): void {
  // It may have ended already: that is told by its end, not by what could not be written.
  stream.on('error', () => undefined)
  stream.unref?.()
}

/** 8 hexadecimal digits, the length, and then JSON. */
function send(stream: Writable, message: object): void {
  const text = Buffer.from(JSON.stringify(message))
  stream.write(Buffer.concat([Buffer.from(text.length.toString(16).padStart(8, '0')), text]))
}

/** Python says a signal with a minus sign. */
const endedWith = (status: number): Ended => ({ exitCode: status < 0 ? 128 - status : status })
