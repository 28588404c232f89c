/** One start of a server: the steps in order, and their undoing when one of them fails. */
import { once } from 'node:events'
import { type Log } from '../lib/log.ts'
import { HubError } from '../lib/errors.ts'
import { pollUntil } from '../lib/poll.ts'
import { SECOND, sleep } from '../lib/time.ts'
import {
  label,
  routePrefix,
  serverPath,
  transition,
  type Server,
  type ServerFailure,
  type SpawnState,
} from '../model/server.ts'
import { limitsOf, type ServerSettings } from '../model/profile.ts'
import { type User } from '../model/user.ts'
import { hintFor } from '../spawn/hints.ts'
import { probe } from '../spawn/readiness.ts'
import { redactLog } from '../spawn/redact.ts'
import { type Spawner, type Started } from '../spawn/spawner.ts'
import { type Routes } from '../proxy/routes.ts'
import { targetOf } from '../proxy/target.ts'
import { type Store } from '../store/store.ts'
import { HookRefusal, type Hooks } from './hooks.ts'
import { type ProgressLog } from './progress.ts'
import { type TokenVerbs } from './tokens.ts'
import { hubEnds, undoOnFailure } from './undo.ts'

export { hubEnds, label }

export type StartNeeds = {
  readonly store: Store
  readonly spawner: Spawner
  readonly routes: Routes
  readonly tokens: TokenVerbs
  readonly log: Log
  readonly baseUrl: string
  readonly startTimeoutMs: number
  readonly httpTimeoutMs: number
  readonly hooks: Hooks
  /** Ports that may be those of other programs, which have ended for a moment. */
  readonly routedPorts: () => readonly number[]
  /** The environment of a server whose token is `secret`. */
  environment(server: Server, secret: string, settings: ServerSettings): Record<string, string>
}

export type Attempt = {
  readonly server: Server
  readonly user: User
  readonly progress: ProgressLog
  /** Aborted with the reason when the start is cancelled. */
  readonly signal: AbortSignal
}

export interface Starter {
  /** Runs the program, waits until it answers, opens its route. @throws {StartFailed} with nothing left behind. */
  start(attempt: Attempt, chosen: ServerSettings): Promise<Server>
  /** The rest of a start that a hub before this one began: waits until it answers, opens its route. */
  resume(attempt: Attempt, url: string, state: SpawnState): Promise<Server>
  openRoute(server: Server, url: string): void
  /** What to tell the owner about a program that ended. */
  explainExit(server: Server, user: User, exitCode: number | undefined): Promise<ServerFailure>
}

/** A start that came to nothing: what the owner is told. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed'
  readonly failure: ServerFailure

  constructor(failure: ServerFailure, cause?: unknown) {
    super(failure.message, { cause })
    this.failure = failure
  }
}

/** What the owner is told about a start that threw. */
export function failureOf(thrown: unknown): ServerFailure {
  if (thrown instanceof StartFailed) return thrown.failure
  if (thrown instanceof HubError) return { message: thrown.message }
  return { message: 'The hub could not start it. Its log says why.' }
}

/** How long apart a starting server is asked whether it answers: it is noticed with little delay, after what it took. */
const probes = { firstMs: 30, growth: 1.15, maxMs: 200 }

/** How often somebody who waits hears that it goes on. */
const encourageMs = 3000

/** How long a spawner that was told to give up may take; most hand over what they had begun, and it is stopped. */
const giveUpMs = 2 * SECOND

/** Lines of its log that a failure shows. */
const logTailLines = 20

/** Names everything of a server on the machine; unique, since a user's slug never contains a dot. */
export const serverSlug = (user: User, server: { readonly name: string }): string =>
  server.name === '' ? user.slug : `${user.slug}.${server.name}`

export function createStarter(needs: StartNeeds): Starter {
  const { store, spawner, routes, tokens, hooks } = needs
  /** The keys of the servers that this hub started, so that no log shows them. */
  const secrets = new Map<number, string>()

  const start: Starter['start'] = (attempt, chosen) =>
    undoOnFailure({ log: needs.log, signal: attempt.signal }, async (undo) => {
      const { server, progress, signal } = attempt
      const settings = await settingsOf(attempt, chosen)
      undo(() => hooks.postStop(server))
      const secret = tokens.issueForServer(server)
      secrets.set(server.id, secret)
      undo(() => tokens.revokeForServer(server))
      progress.add({ progress: 20, message: 'Starting the program' })
      const beganMs = performance.now()
      const started = await runProgram(attempt, {
        settings,
        environment: needs.environment(server, secret, settings),
      })
      undo(() => spawner.stop(started.state, { now: true }))
      store.servers.update(server.id, { url: started.url, spawnState: started.state })
      signal.throwIfAborted()
      await untilItAnswers(attempt, started.url, started.state)
      spawner.answered?.(started.state, performance.now() - beganMs)
      undo(() => closeRoute(server))
      return opened(server, started.url)
    })

  const resume: Starter['resume'] = (attempt, url, state) =>
    undoOnFailure({ log: needs.log, signal: attempt.signal }, async (undo) => {
      undo(() => hooks.postStop(attempt.server))
      undo(() => tokens.revokeForServer(attempt.server))
      undo(() => spawner.stop(state, { now: true }))
      await untilItAnswers(attempt, url, state)
      undo(() => closeRoute(attempt.server))
      return opened(attempt.server, url)
    })

  /** What was chosen, and what the hook adds to it. @throws {StartFailed} with the hook's sentence. */
  const settingsOf = async (
    { server, user, signal }: Attempt,
    settings: ServerSettings,
  ): Promise<ServerSettings> => {
    const { environment } = settings
    try {
      const more = await hooks.preSpawn({ server, user, environment, signal })
      signal.throwIfAborted()
      return { ...settings, environment: { ...environment, ...more } }
    } catch (thrown) {
      if (thrown instanceof HookRefusal) throw new StartFailed({ message: thrown.message }, thrown)
      throw thrown
    }
  }

  const runProgram = async (
    { server, user, progress, signal }: Attempt,
    run: { settings: ServerSettings; environment: Record<string, string> },
  ) => {
    const { cmd, args } = run.settings
    const limit = AbortSignal.timeout(needs.startTimeoutMs)
    const ended = AbortSignal.any([signal, limit])
    const starting = spawner.start({
      slug: serverSlug(user, server),
      user,
      serverName: server.name,
      command: [...cmd, ...args],
      limits: limitsOf(run.settings),
      environment: run.environment,
      prefix: serverPath(needs.baseUrl, user.name, server.name),
      routedPorts: needs.routedPorts(),
      signal: ended,
      progress: (message: string) => progress.add({ progress: 30, message }),
    })
    try {
      return await handedOver(starting, ended)
    } catch (thrown) {
      if (limit.aborted && !signal.aborted)
        throw new StartFailed({ message: tooSlow('start', needs.startTimeoutMs) }, thrown)
      throw thrown
    }
  }

  /** A spawner that does not give up when it is told to is not waited for; what it brings later is stopped. */
  const handedOver = async (starting: Promise<Started>, ended: AbortSignal): Promise<Started> => {
    const over = new AbortController()
    try {
      const started = await Promise.race([starting, givenUp(ended, over.signal)])
      if (started !== 'given up') return started
    } finally {
      over.abort()
    }
    starting
      .then(({ state }) => spawner.stop(state, { now: true }))
      .catch((error: unknown) => needs.log.warn({ error }, 'a start that was given up'))
    ended.throwIfAborted()
    throw new Error('given up without a reason')
  }

  /** Until the program answers, dies, is cancelled or runs out of time; whichever comes first. */
  const untilItAnswers = async (
    attempt: Attempt,
    url: string,
    state: SpawnState,
  ): Promise<void> => {
    const { server, user, progress, signal } = attempt
    progress.add({ progress: 50, message: 'Waiting for the server to answer' })
    const over = new AbortController()
    const ending = AbortSignal.any([signal, over.signal])
    const prefix = serverPath(needs.baseUrl, user.name, server.name)
    try {
      const first = await Promise.race([
        answers(url, prefix, ending),
        spawner.exited(state, ending),
        encourage(progress, ending),
      ])
      if (first === 'late')
        throw new StartFailed({
          ...(await explainExit(server, user, undefined)),
          message: tooSlow('answer', needs.httpTimeoutMs),
        })
      if (first !== 'answered')
        throw new StartFailed({ ...(await explainExit(server, user, first.exitCode)), ...first })
    } finally {
      over.abort()
    }
  }

  const answers = async (
    url: string,
    prefix: string,
    signal: AbortSignal,
  ): Promise<'answered' | 'late'> => {
    const answered = await pollUntil(async () => (await probe(url, prefix, signal)).answered, {
      timeoutMs: needs.httpTimeoutMs,
      ...probes,
      signal,
    })
    return answered ? 'answered' : 'late'
  }

  const opened = (server: Server, url: string): Server => {
    openRoute(server, url)
    return store.servers.update(server.id, { state: transition('starting', 'started') })
  }

  const closeRoute = (server: Server): void =>
    routes.remove(routePrefix(needs.baseUrl, server.userName, server.name))

  const openRoute: Starter['openRoute'] = (server, url) => {
    routes.add(routePrefix(needs.baseUrl, server.userName, server.name), targetOf(url), {
      user: server.userName,
      server: server.name,
      serverId: server.id,
      userId: server.userId,
    })
  }

  const explainExit: Starter['explainExit'] = async (server, user, exitCode) => {
    const lines = await lastLines(serverSlug(user, server))
    const hint = hintFor(exitCode, lines)
    const secret = secrets.get(server.id)
    secrets.delete(server.id)
    return {
      message:
        exitCode === undefined
          ? 'The server ended.'
          : `The server ended by itself with exit code ${exitCode}.`,
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(hint === undefined ? {} : { hint }),
      logTail: redactLog(lines, secret === undefined ? [] : [secret]),
    }
  }

  /** Without its log a failure is still told. */
  const lastLines = (slug: string): Promise<string[]> =>
    spawner.logTail(slug, logTailLines).catch((error: unknown) => {
      needs.log.warn({ error, slug }, 'reading the log of a server')
      return []
    })

  return { start, resume, openRoute, explainExit }
}

/** A while after `ended`. */
async function givenUp(ended: AbortSignal, over: AbortSignal): Promise<'given up'> {
  if (!ended.aborted) await once(ended, 'abort', { signal: over })
  await sleep(giveUpMs, over)
  return 'given up'
}

/** Tells a person who waits that it goes on; never wins the race it is in. */
async function encourage(progress: ProgressLog, signal: AbortSignal): Promise<never> {
  for (let percent = 60; percent <= 90; percent += 10) {
    await sleep(encourageMs, signal)
    progress.add({ progress: percent, message: 'Still waiting for the server to answer' })
  }
  return new Promise(() => undefined)
}

const tooSlow = (what: 'start' | 'answer', ms: number): string =>
  `The server did not ${what} within ${Math.round(ms / 1000)} seconds.`
