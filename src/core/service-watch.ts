/** Service watch: whether the services that have an address answer there, asked at the start and again and again. */
import { isDeepStrictEqual } from 'node:util'
import { type ServiceDeclaration } from '../config/declarations.ts'
import { type Log } from '../lib/log.ts'
import { pollUntil } from '../lib/poll.ts'
import { MINUTE, SECOND, sleep } from '../lib/time.ts'
import { servicePath } from '../model/service.ts'
import { askServer, type ServerRequest } from '../spawn/server-request.ts'
import { type Schedule } from './schedule.ts'

export interface ServiceWatch {
  /** Watches those of these that have a `url`, and no other. One that has not changed is watched on. */
  declare(declared: readonly ServiceDeclaration[]): void
  /** It has not answered within its `timeout`, or did not when it was asked the last time. */
  isSilent(name: string): boolean
  /** For good: a reload that is under way begins nothing any more. */
  stop(): void
}

export type ServiceWatchNeeds = {
  readonly schedule: Pick<Schedule, 'soon'>
  readonly log: Log
  readonly baseUrl: string
  /** From one look at a service that has come up to the next (JupyterHub: `service_check_interval`). */
  readonly everyMs?: number
}

/** Longest wait for one answer. */
const longestAnswerMs = 5 * SECOND

const firstPauseMs = 250
const longestPauseMs = 2 * SECOND

type Watched = {
  readonly declared: ServiceDeclaration
  readonly ending: AbortController
  isSilent: boolean
}

export function createServiceWatch(needs: ServiceWatchNeeds): ServiceWatch {
  const { log, everyMs = MINUTE } = needs
  const watched = new Map<string, Watched>()
  let isOver = false

  const answers = async (
    { name, url, timeout: timeoutMs }: ServiceDeclaration,
    ended: AbortSignal,
  ): Promise<boolean> => {
    const late = AbortSignal.timeout(Math.min(timeoutMs, longestAnswerMs))
    const signal = AbortSignal.any([ended, late])
    const isAnswered = await hasAnswer({ url, path: servicePath(needs.baseUrl, name), signal })
    ended.throwIfAborted()
    return isAnswered
  }

  /** Says so once, when it falls silent and when it is back. */
  const note = (service: Watched, isSilent: boolean): void => {
    const { name, url } = service.declared
    if (isSilent && !service.isSilent) log.warn({ service: name, url }, 'service does not answer')
    if (!isSilent && service.isSilent) log.info({ service: name, url }, 'service answers again')
    service.isSilent = isSilent
  }

  const watch = async (service: Watched): Promise<void> => {
    const { declared, ending } = service
    const { signal } = ending
    const patience = { timeoutMs: declared.timeout, firstMs: firstPauseMs, maxMs: longestPauseMs }
    try {
      note(service, !(await pollUntil(() => answers(declared, signal), { ...patience, signal })))
      for (;;) {
        await sleep(service.isSilent ? Math.min(longestPauseMs, everyMs) : everyMs, signal)
        note(service, !(await answers(declared, signal)))
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown
    }
  }

  const end = (name: string, { ending }: Watched): void => {
    ending.abort()
    watched.delete(name)
  }

  return {
    declare(declared) {
      if (isOver) return
      const wanted = declared.filter(({ url }) => url !== '')
      for (const [name, service] of watched)
        if (!wanted.some((one) => isDeepStrictEqual(one, service.declared))) end(name, service)
      for (const one of wanted.filter(({ name }) => !watched.has(name))) {
        const service = { declared: one, ending: new AbortController(), isSilent: false }
        watched.set(one.name, service)
        needs.schedule.soon(`watch service ${one.name}`, () => watch(service))
      }
    },
    isSilent: (name) => watched.get(name)?.isSilent ?? false,
    stop() {
      isOver = true
      for (const [name, service] of watched) end(name, service)
    },
  }
}

/** Whatever it answers: what is wrong with it else is its own affair. */
async function hasAnswer(request: ServerRequest): Promise<boolean> {
  try {
    const response = await askServer(request)
    response.destroy()
    return true
  } catch {
    return false
  }
}
