/** A spawner whose servers are small HTTP servers in this process, told by the test how to behave. */
import http, { type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { type Limits } from '../../src/model/limits.ts'
import { type SpawnState } from '../../src/model/server.ts'
import { type Spawner, type SpawnRequest } from '../../src/spawn/spawner.ts'

export type FakeSpawner = Spawner & {
  /** Every start that was asked for, in order. */
  readonly requests: readonly SpawnRequest[]
  /** From now on starts throw this. */
  failWith(error: Error | undefined): void
  /** From now on servers are started but do not answer until `answer()`. */
  hold(): void
  answer(): void
  /** The program of this slug ends by itself. */
  end(slug: string, exitCode: number): void
  /** What the program of every server is said to have written. */
  say(...lines: string[]): void
  readonly running: readonly string[]
}

type Run = { readonly slug: string; readonly server: Server; exited: ((code: number) => void)[] }

export function createFakeSpawner(): FakeSpawner {
  const runs = new Map<number, Run>()
  const requests: SpawnRequest[] = []
  let failure: Error | undefined
  let isHeld = false
  let lines: string[] = []
  let nextId = 1
  const exitCodes = new Map<number, number>()
  let answered = 0

  const runOf = (state: SpawnState): Run | undefined => runs.get(Number(state['run']))
  const finish = (id: number): void => {
    const run = runs.get(id)
    runs.delete(id)
    run?.server.closeAllConnections()
    run?.server.close()
  }

  return {
    requests,
    answered() {
      answered += 1
    },
    warmth: () => ({ warm: answered, cold: 1, warmMs: 250, lastReason: 'the fake is cold' }),
    failWith: (error) => void (failure = error),
    hold: () => void (isHeld = true),
    answer: () => void (isHeld = false),
    say: (...said) => void (lines = said),
    end(slug, exitCode) {
      for (const [id, run] of runs)
        if (run.slug === slug) {
          exitCodes.set(id, exitCode)
          finish(id)
          for (const tell of run.exited) tell(exitCode)
        }
    },
    get running() {
      return [...runs.values()].map(({ slug }) => slug)
    },

    async start(request) {
      requests.push(request)
      if (failure) throw failure
      const server = http.createServer((_request, response) => {
        if (isHeld) response.writeHead(503).end()
        else response.writeHead(200, { 'content-type': 'text/plain' }).end('a fake server')
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const id = nextId++
      runs.set(id, { slug: request.slug, server, exited: [] })
      return { url: `http://127.0.0.1:${port}`, state: { run: id } }
    },
    poll(state) {
      const exitCode = exitCodes.get(Number(state['run']))
      if (runOf(state)) return Promise.resolve({ alive: true })
      return Promise.resolve({ alive: false, ...(exitCode === undefined ? {} : { exitCode }) })
    },
    stop(state) {
      finish(Number(state['run']))
      return Promise.resolve()
    },
    exited(state, signal) {
      return new Promise((resolve, reject) => {
        const run = runOf(state)
        if (!run) {
          resolve({})
          return
        }
        run.exited.push((exitCode) => resolve({ exitCode }))
        signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
      })
    },
    logTail: () => Promise.resolve(lines),
    usage: (state) =>
      Promise.resolve(runOf(state) ? { memoryBytes: 224_395_264, processes: 2 } : undefined),
    forget: () => Promise.resolve(),
  }
}

/** From now on this spawner holds limits, and keeps them in the state of a server as the real one does. */
export function holdLimits(spawner: Spawner, initial: Limits = {}): void {
  const keys = ['memoryBytes', 'cpuCores', 'tasks'] as const
  const without = (state: SpawnState): SpawnState =>
    Object.fromEntries(Object.entries(state).filter(([key]) => !keys.some((one) => one === key)))
  Object.assign(spawner, {
    limits: (state: SpawnState): Limits => {
      const known = keys.flatMap((key) => (key in state ? [[key, state[key]]] : []))
      return known.length === 0 ? initial : (Object.fromEntries(known) as Limits)
    },
    setLimits: (state: SpawnState, limits: Limits): Promise<SpawnState> =>
      Promise.resolve({ ...without(state), ...limits }),
  })
}
