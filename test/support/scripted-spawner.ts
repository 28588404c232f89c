/** A spawner whose programs are small HTTP servers that do what a test wrote down: answer, stay silent, die, hang. */
import { once } from 'node:events'
import http, { type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { HubError } from '../../src/lib/errors.ts'
import { sleep } from '../../src/lib/time.ts'
import { type Spawner, type SpawnRequest } from '../../src/spawn/spawner.ts'

export type Behaviour =
  /** The program answers at once. */
  | 'answers'
  /** The program runs, and every answer is a 503. */
  | 'stays silent'
  /** The program ends by itself with exit code 3, without ever answering. */
  | 'dies'
  /** The start is refused. */
  | 'fails'
  /** The start takes until it is given up. */
  | 'starts slowly'
  /** The start takes until `release`, and does not listen. */
  | 'hangs'

export type Program = {
  readonly slug: string
  readonly environment: Readonly<Record<string, string>>
  readonly prefix: string
  readonly url: string
  /** Ends it as if by itself. */
  end(exitCode?: number): Promise<void>
  behaviour: Behaviour
}

export type ScriptedSpawner = Spawner & {
  /** Of the programs that are started from now on. */
  behaviour: Behaviour
  /** What `GET api/kernels` answers. */
  kernels: readonly { readonly execution_state: string }[]
  /** Runs while a program is asked for its kernels. */
  onKernels: () => void | Promise<void>
  /** What is running now, the oldest first. */
  programs(): Program[]
  /** How many were started. */
  started: number
  /** Lets a start that hangs go on. */
  release(): void
  /** While it is set, `poll` takes for ever. */
  pollHangs: boolean
  /** While it is set, `stop` waits for it. */
  stopWaitsFor: Promise<void> | undefined
  logLines: readonly string[]
  readonly forgotten: string[]
}

type Running = Program & { readonly server: Server; readonly ended: Promise<{ exitCode?: number }> }

export function createScriptedSpawner(): ScriptedSpawner {
  const running = new Map<number, Running>()
  const { promise: released, resolve: release } = Promise.withResolvers<undefined>()

  const obey = async (behaviour: Behaviour, signal: AbortSignal): Promise<void> => {
    if (behaviour === 'fails') throw new HubError('Unavailable', 'There is no room for it.')
    if (behaviour === 'starts slowly') await sleep(60_000, signal)
    if (behaviour === 'hangs') await released
  }

  const answer = (program: Program, asked: string, response: http.ServerResponse): void => {
    const isUp = program.behaviour === 'answers' || program.behaviour === 'hangs'
    if (!isUp) return void response.writeHead(503).end()
    if (!asked.startsWith('api/kernels')) return void response.end('{"version":"2.0"}')
    void Promise.resolve(spawner.onKernels()).then(() =>
      response.end(JSON.stringify(spawner.kernels)),
    )
  }

  const run = async (request: SpawnRequest, behaviour: Behaviour): Promise<Running> => {
    const server = http.createServer((asked, response) =>
      answer(program, asked.url?.slice(request.prefix.length) ?? '', response),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { promise: ended, resolve } = Promise.withResolvers<{ exitCode?: number }>()
    const { slug, environment, prefix } = request
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const end: Program['end'] = async (exitCode) => {
      for (const [id, other] of running) if (other === program) running.delete(id)
      server.closeAllConnections()
      if (server.listening) await new Promise((closed) => server.close(closed))
      resolve(exitCode === undefined ? {} : { exitCode })
    }
    const program: Running = { slug, environment, prefix, url, behaviour, server, ended, end }
    return program
  }

  const spawner: ScriptedSpawner = {
    behaviour: 'answers',
    kernels: [],
    onKernels: () => undefined,
    started: 0,
    pollHangs: false,
    stopWaitsFor: undefined,
    logLines: [],
    forgotten: [],
    programs: () => [...running.values()],
    release: () => release(undefined),

    async start(request) {
      const { behaviour } = spawner
      request.progress('The program is on its way')
      await obey(behaviour, request.signal)
      const program = await run(request, behaviour)
      const id = (spawner.started += 1)
      running.set(id, program)
      if (behaviour === 'dies') setTimeout(() => void program.end(3), 20)
      return { url: program.url, state: { id } }
    },
    async poll({ id }) {
      if (spawner.pollHangs) await new Promise(() => undefined)
      return { alive: running.has(Number(id)) }
    },
    async stop({ id }) {
      await spawner.stopWaitsFor
      await running.get(Number(id))?.end()
    },
    async exited({ id }, signal) {
      const program = running.get(Number(id))
      if (!program) return {}
      signal.throwIfAborted()
      const aborted = once(signal, 'abort').then(() => signal.throwIfAborted())
      return (await Promise.race([program.ended, aborted])) ?? {}
    },
    logTail: (_slug, lines) => Promise.resolve(spawner.logLines.slice(-lines)),
    usage: ({ id }) =>
      Promise.resolve(running.has(Number(id)) ? { memoryBytes: 1, processes: 1 } : undefined),
    forget: (slug) => Promise.resolve(void spawner.forgotten.push(slug)),
  }
  return spawner
}
