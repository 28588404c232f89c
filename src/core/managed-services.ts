/** Managed services: programs that the hub starts, starts again when they end, and stops (contract §7.1). */
import { asError, HubError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { MINUTE, SECOND, sleep } from '../lib/time.ts'
import { type ServiceDeclaration } from '../config/declarations.ts'
import { type Service } from '../model/service.ts'
import { type Run } from '../spawn/family.ts'
import { type ServiceProcesses } from '../spawn/service-process.ts'
import { type Store } from '../store/store.ts'
import { type Schedule } from './schedule.ts'
import { type ServiceVerbs } from './services.ts'

export interface ManagedServices {
  /**
   * Ends what a hub that was killed left running, then starts every service that has a command.
   * @throws {HubError} Unavailable when a program cannot be run at all; those that were started go on.
   */
  startAll(): Promise<void>
  /** All of them, at the same time. */
  stopAll(): Promise<void>
  /** While it runs. */
  pidOf(name: string): number | undefined
}

export type ManagedServiceNeeds = {
  readonly store: Store
  readonly services: Pick<ServiceVerbs, 'renewToken'>
  readonly processes: ServiceProcesses
  readonly schedule: Pick<Schedule, 'soon'>
  readonly log: Log
  readonly declared: readonly ServiceDeclaration[]
  environment(
    service: Service,
    options: { more: Readonly<Record<string, string>>; secret: string },
  ): Record<string, string>
  /** The first pause before one is started again; each further one is twice as long, up to a minute. */
  readonly firstPauseMs?: number
}

/** One that ran for so long has settled: when it ends, the pauses begin anew. */
const settledMs = MINUTE
const longestPauseMs = MINUTE

/** Where the store keeps which processes there are, by service. */
const runsFact = 'service_runs'

export function createManagedServices(needs: ManagedServiceNeeds): ManagedServices {
  const { store, processes, log, firstPauseMs = SECOND } = needs
  const running = new Map<string, Run>()
  const ending = new AbortController()
  const isEnding = (): boolean => ending.signal.aborted

  const writeDown = (): void =>
    store.facts.set(runsFact, JSON.stringify(Object.fromEntries(running)))

  const begin = async (declared: ServiceDeclaration, secret: string) => {
    const { name, command, cwd, user, environment: more } = declared
    const environment = needs.environment(store.services.getByName(name), { more, secret })
    const started = await processes.start({ name, command, cwd, user, environment })
    running.set(name, started.run)
    writeDown()
    if (isEnding()) await processes.stop(started.run)
    log.info({ service: name, pid: started.run.pid }, 'service started')
    return started
  }

  /** Waits for its end and starts it again, until the hub stops. */
  const keep = async (
    declared: ServiceDeclaration,
    secret: string,
    first: Awaited<ReturnType<typeof begin>>,
  ): Promise<void> => {
    const { name } = declared
    let current: typeof first | undefined = first
    for (let pauseMs = firstPauseMs; !isEnding();) {
      const sinceMs = performance.now()
      const exit = await current?.ended
      running.delete(name)
      if (isEnding()) return
      writeDown()
      if (performance.now() - sinceMs > settledMs) pauseMs = firstPauseMs
      log.warn({ service: name, exitCode: exit?.exitCode, pauseMs }, 'service ended, starts again')
      if (!(await pause(pauseMs, ending.signal))) return
      pauseMs = Math.min(longestPauseMs, pauseMs * 2)
      current = await begin(declared, secret).catch((thrown: unknown) => {
        log.error({ service: name, error: asError(thrown) }, 'service cannot be started')
        return undefined
      })
    }
  }

  const startOne = async (declared: ServiceDeclaration): Promise<void> => {
    const service = store.services.getByName(declared.name)
    const secret =
      declared.api_token === '' ? needs.services.renewToken(service) : declared.api_token
    try {
      const first = await begin(declared, secret)
      needs.schedule.soon(`keep service ${service.name}`, () => keep(declared, secret, first))
    } catch (thrown) {
      const sentence = `The service ${service.name} cannot be started. ${asError(thrown).message}`
      throw new HubError('Unavailable', sentence, { cause: thrown })
    }
  }

  return {
    async startAll() {
      await Promise.all(readRuns(store.facts.find(runsFact)).map((run) => processes.stop(run)))
      for (const declared of needs.declared)
        if (declared.command.length > 0) await startOne(declared)
    },
    async stopAll() {
      ending.abort()
      const runs = [...running.values()]
      await Promise.all(runs.map((run) => processes.stop(run)))
      running.clear()
      writeDown()
    },
    pidOf: (name) => running.get(name)?.pid,
  }
}

/** @returns false when the hub stops meanwhile. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, signal)
    return true
  } catch {
    return false
  }
}

/** As this file wrote them. */
function readRuns(text: string | undefined): Run[] {
  return text === undefined ? [] : Object.values(JSON.parse(text) as Record<string, Run>)
}
