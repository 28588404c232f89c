/** Starts under way, and how the last one of each server went: its progress, its outcome, and what its row says of it. */
import { asError, conflict, HubError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { transition, type Server, type ServerFailure } from '../model/server.ts'
import { type User } from '../model/user.ts'
import { type Store } from '../store/store.ts'
import { nothingRuns } from './endings.ts'
import { type Events } from './events.ts'
import { createProgressLog, failedEvent, readyEvent, type ProgressLog } from './progress.ts'
import { failureOf, hubEnds, label, StartFailed, type Attempt } from './start.ts'

/** A start under way, or the last one, for whoever asks how it went. */
export type Start = {
  readonly progress: ProgressLog
  readonly controller: AbortController
  readonly outcome: Promise<Server>
  /** Until now. */
  readonly tookMs: () => number
  /** Undefined while it is under way. */
  ending: 'ready' | 'failed' | undefined
}

export interface Starts {
  /** Undefined when its last start is over, or there was none. */
  readonly underWay: (server: Server) => Start | undefined
  allUnderWay(): Start[]
  /** Under way or over. */
  last(server: Server): Start | undefined
  /** Does the work as a start of this server, and writes down what comes of it. */
  track(
    of: { readonly server: Server; readonly user: User },
    work: (attempt: Attempt) => Promise<Server>,
  ): Start
  forget(server: Server): void
}

export type StartsNeeds = {
  readonly store: Store
  readonly events: Events
  readonly log: Log
  readonly pathOf: (server: Server) => string
  /** It answers, before anybody is told. */
  readonly onReady: (server: Server) => void
}

export function createStarts(needs: StartsNeeds): Starts {
  const { store, events } = needs
  const starts = new Map<number, Start>()

  const track: Starts['track'] = ({ server, user }, work) => {
    const controller = new AbortController()
    const progress = createProgressLog()
    progress.add({ progress: 0, message: 'Server requested' })
    const beganMs = performance.now()
    const outcome = work({ server, user, progress, signal: controller.signal }).then(
      (ready) => succeeded(entry, ready),
      (thrown: unknown) => failed(entry, server, thrown),
    )
    const tookMs = (): number => Math.round(performance.now() - beganMs)
    const entry: Start = { progress, controller, outcome, tookMs, ending: undefined }
    starts.set(server.id, entry)
    // Whoever waits for it is told; when nobody does, the row tells.
    outcome.catch(() => undefined)
    return entry
  }

  const succeeded = (entry: Start, ready: Server): Server => {
    entry.ending = 'ready'
    needs.onReady(ready)
    entry.progress.finish(readyEvent(needs.pathOf(ready)))
    events.serverStarted(ready, entry.tookMs())
    return ready
  }

  /** The row tells why; nothing else is left of the start. */
  const failed = (entry: Start, server: Server, thrown: unknown): never => {
    const { signal } = entry.controller
    entry.ending = 'failed'
    if (signal.reason === hubEnds)
      throw new HubError('Unavailable', 'The hub is restarting. Try again in a moment.')
    const failure = signal.aborted ? undefined : failureOf(thrown)
    writeFailure(server, failure)
    entry.progress.finish(
      failedEvent(failure ? `Spawn failed: ${failure.message}` : 'Spawn cancelled'),
    )
    if (!failure) throw conflict('Spawn cancelled')
    const { message: why, exitCode } = failure
    events.startFailed(server, { why, ...(exitCode !== undefined && { exitCode }) }, entry.tookMs())
    if (!(thrown instanceof StartFailed))
      needs.log.error({ error: asError(thrown), server: label(server) }, 'starting a server')
    throw new HubError('Unavailable', `Spawn failed: ${failure.message}`, { cause: thrown })
  }

  /** On a full disk the row goes on saying `starting`; the next start or stop finds that nothing is under way. */
  const writeFailure = (server: Server, failure: ServerFailure | undefined): void => {
    try {
      if (!store.servers.find(server.id)) return
      const state = transition('starting', failure ? 'fail' : 'stopped')
      store.servers.update(server.id, { ...nothingRuns, state, failure })
    } catch (error) {
      needs.log.error({ error, server: label(server) }, 'writing down that a server failed')
    }
  }

  return {
    underWay({ id }) {
      const start = starts.get(id)
      return start?.ending ? undefined : start
    },
    allUnderWay: () => [...starts.values()].filter((start) => !start.ending),
    last: ({ id }) => starts.get(id),
    track,
    forget: ({ id }) => void starts.delete(id),
  }
}
