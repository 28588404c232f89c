/** Managed services: programs that the hub starts, starts again when they end, and stops (contract §7.1). */
import { isDeepStrictEqual } from 'node:util'
import { asError, HubError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { MINUTE, SECOND, sleep } from '../lib/time.ts'
import { type ServiceDeclaration } from '../config/declarations.ts'
import { type Service } from '../model/service.ts'
import { type Run } from '../spawn/family.ts'
import { type ServiceProcesses, type ServiceRun } from '../spawn/service-process.ts'
import { type Store } from '../store/store.ts'
import { type Schedule } from './schedule.ts'
import { type ServiceVerbs } from './services.ts'

export interface ManagedServices {
  /**
   * Runs every service that has a command, and no other: one that is new is started, one that is gone is stopped, one
   * that has changed is started anew, and the others run on. What a hub that was killed left running is ended first.
   * @throws {HubError} Unavailable when a program cannot be run at all; the others are run all the same.
   */
  declare(declared: readonly ServiceDeclaration[]): Promise<void>
  /** All of them, at the same time, and for good: a reload that is under way starts none any more. */
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

/** A service that is to run, until `ending` is aborted. */
type Kept = {
  readonly declared: ServiceDeclaration
  readonly secret: string
  readonly ending: AbortController
  /** While it runs. */
  run: Run | undefined
}

export function createManagedServices(needs: ManagedServiceNeeds): ManagedServices {
  const { store, processes, log, firstPauseMs = SECOND } = needs
  const kept = new Map<string, Kept>()
  let isOver = false

  const writeDown = (): void => {
    const runs = [...kept].flatMap(([name, { run }]) => (run ? [[name, run] as const] : []))
    store.facts.set(runsFact, JSON.stringify(Object.fromEntries(runs)))
  }

  const begin = async (service: Kept): Promise<ServiceRun> => {
    const { name, command, cwd, user, environment: more } = service.declared
    const given = { more, secret: service.secret }
    const environment = needs.environment(store.services.getByName(name), given)
    const started = await processes.start({ name, command, cwd, user, environment })
    service.run = started.run
    writeDown()
    if (service.ending.signal.aborted) await processes.stop(started.run)
    log.info({ service: name, pid: started.run.pid }, 'service started')
    return started
  }

  /** Waits for its end and starts it again, until it is to stop. */
  const keep = async (service: Kept, first: ServiceRun): Promise<void> => {
    const { signal } = service.ending
    const { name } = service.declared
    const isOver = (): boolean => signal.aborted
    let current: ServiceRun | undefined = first
    for (let pauseMs = firstPauseMs; !isOver();) {
      const sinceMs = performance.now()
      const exit = await current?.ended
      service.run = undefined
      if (isOver()) return
      writeDown()
      if (performance.now() - sinceMs > settledMs) pauseMs = firstPauseMs
      log.warn({ service: name, exitCode: exit?.exitCode, pauseMs }, 'service ended, starts again')
      if (!(await pause(pauseMs, signal))) return
      pauseMs = Math.min(longestPauseMs, pauseMs * 2)
      current = await begin(service).catch((thrown: unknown) => {
        log.error({ service: name, error: asError(thrown) }, 'service cannot be started')
        return undefined
      })
    }
  }

  const startOne = async (declared: ServiceDeclaration): Promise<void> => {
    if (isOver) return
    const row = store.services.getByName(declared.name)
    const secret = declared.api_token === '' ? needs.services.renewToken(row) : declared.api_token
    const service: Kept = { declared, secret, ending: new AbortController(), run: undefined }
    kept.set(declared.name, service)
    try {
      const first = await begin(service)
      needs.schedule.soon(`keep service ${row.name}`, () => keep(service, first))
    } catch (thrown) {
      kept.delete(declared.name)
      const sentence = `The service ${row.name} cannot be started. ${asError(thrown).message}`
      throw new HubError('Unavailable', sentence, { cause: thrown })
    }
  }

  const stopMany = async (services: readonly Kept[]): Promise<void> => {
    for (const { ending } of services) ending.abort()
    const runs = services.flatMap(({ run }) => (run ? [run] : []))
    await Promise.all(runs.map((run) => processes.stop(run)))
    for (const { declared } of services) kept.delete(declared.name)
    writeDown()
  }

  const stopLeftOver = async (): Promise<void> => {
    const ours = new Set([...kept.values()].map(({ run }) => run?.run))
    const left = readRuns(store.facts.find(runsFact)).filter(({ run }) => !ours.has(run))
    await Promise.all(left.map((run) => processes.stop(run)))
  }

  return {
    async declare(declared) {
      await stopLeftOver()
      const wanted = declared.filter(({ command }) => command.length > 0)
      const isWanted = (service: Kept): boolean =>
        wanted.some((one) => isDeepStrictEqual(one, service.declared))
      await stopMany([...kept.values()].filter((service) => !isWanted(service)))
      const outcomes = await Promise.allSettled(
        wanted.filter(({ name }) => !kept.has(name)).map(startOne),
      )
      const failure = outcomes.find((outcome) => outcome.status === 'rejected')
      if (failure) throw asError(failure.reason)
    },
    stopAll() {
      isOver = true
      return stopMany([...kept.values()])
    },
    pidOf: (name) => kept.get(name)?.run?.pid,
  }
}

/** @returns false when it is to stop meanwhile. */
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
