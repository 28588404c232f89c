/** Starts take turns, so that each is short: as many at once as the machine bears, the others wait and know their place. */
import { asError } from '../lib/errors.ts'
import { SECOND } from '../lib/time.ts'
import { type ProgressLog } from './progress.ts'
import { estimates, usualOf } from './start-estimate.ts'

/** Somebody who watches goes before what was asked for ahead of time. */
export type Urgency = 'now' | 'background'

export type Turn = {
  readonly id: number
  readonly urgency: Urgency
  readonly progress: ProgressLog
  /** Aborted with the reason when the start is cancelled. */
  readonly signal: AbortSignal
}

/** Where in the queue somebody is: 1 is next. `readyMs` is an estimate, undefined when nobody can know. */
export type Place = { readonly place: number; readonly readyMs: number | undefined }

export interface StartQueue {
  /** Does the work when it is its turn. @throws the signal's reason when it ends while waiting; what the work throws. */
  run<Result>(turn: Turn, work: () => Promise<Result>): Promise<Result>
  /** Somebody came to watch what was to start in the background. */
  hurry(id: number): void
  /** Undefined when it does not wait. */
  placeOf(id: number): Place | undefined
  waiting(): number
  running(): number
}

type Waiting = Turn & { readonly admit: () => void; told: string }

type Running = { readonly beganMs: number }

/** A start that hangs lets others go ahead after this long, or after several times the usual. */
const usualPatienceMs = 15 * SECOND
const patience = 3

/** How many starts before this one tell how long one takes. */
const remembered = 9

/** How often those who wait are told, at most. */
const tellEveryMs = SECOND

/** @param atOnce how many may start at the same time, read whenever there is a decision. */
export function createStartQueue(atOnce: () => number, patienceMs = usualPatienceMs): StartQueue {
  let queue: Waiting[] = []
  const running = new Set<Running>()
  const tookMs: number[] = []
  let telling: NodeJS.Timeout | undefined

  const view = () => ({
    atOnce: atOnce(),
    usualMs: usualOf(tookMs),
    runningMs: [...running].map(({ beganMs }) => performance.now() - beganMs),
  })

  const tellAll = (): void => {
    const readyMs = estimates(queue.length, view())
    for (const [index, waiting] of queue.entries())
      tell(waiting, { place: index + 1, readyMs: readyMs[index] })
    if (queue.length > 0) tellSoon()
  }

  const tellSoon = (): void => {
    telling ??= setTimeout(() => {
      telling = undefined
      admitNext()
      tellAll()
    }, tellEveryMs).unref()
  }

  /** Those who watch come first; among them whoever came first. */
  const enqueue = (waiting: Waiting): void => {
    const isBehind = (other: Waiting): boolean =>
      waiting.urgency === 'now' && other.urgency === 'background'
    const at = queue.findIndex(isBehind)
    queue.splice(at === -1 ? queue.length : at, 0, waiting)
    tellAll()
  }

  const admitNext = (): void => {
    while (running.size < atOnce() && queue.length > 0) queue.shift()?.admit()
  }

  const ownTurn = (turn: Turn): Promise<Running> => {
    turn.signal.throwIfAborted()
    if (running.size < atOnce() && queue.length === 0) return Promise.resolve(begin())
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        queue = queue.filter(({ id }) => id !== turn.id)
        reject(asError(turn.signal.reason))
      }
      turn.signal.addEventListener('abort', leave, { once: true })
      const admit = (): void => {
        turn.signal.removeEventListener('abort', leave)
        resolve(begin())
      }
      enqueue({ ...turn, told: '', admit })
    })
  }

  const begin = (): Running => {
    const mine = { beganMs: performance.now() }
    running.add(mine)
    return mine
  }

  const end = (mine: Running): void => {
    if (!running.delete(mine)) return
    admitNext()
    tellSoon()
  }

  return {
    async run(turn, work) {
      const mine = await ownTurn(turn)
      const usualMs = usualOf(tookMs) ?? 0
      const tooLong = setTimeout(() => end(mine), Math.max(patienceMs, patience * usualMs))
      tooLong.unref()
      try {
        const result = await work()
        tookMs.push(performance.now() - mine.beganMs)
        if (tookMs.length > remembered) tookMs.shift()
        return result
      } finally {
        clearTimeout(tooLong)
        end(mine)
      }
    },
    hurry(id) {
      const waiting = queue.find((other) => other.id === id && other.urgency === 'background')
      if (!waiting) return
      queue = queue.filter((other) => other !== waiting)
      enqueue({ ...waiting, urgency: 'now' })
    },
    placeOf(id) {
      const at = queue.findIndex((waiting) => waiting.id === id)
      if (at === -1) return undefined
      return { place: at + 1, readyMs: estimates(at + 1, view())[at] }
    },
    waiting: () => queue.length,
    running: () => running.size,
  }
}

function tell(waiting: Waiting, place: Place): void {
  const message = placeWords(place)
  if (message === waiting.told) return
  waiting.told = message
  waiting.progress.add({ progress: waitingPercent, message, place: place.place })
}

const waitingPercent = 5

/** "Number 4 in the queue: ready in about 20 seconds." */
export function placeWords({ place, readyMs }: Place): string {
  const where = place === 1 ? 'Next in the queue' : `Number ${place} in the queue`
  return readyMs === undefined ? `${where}.` : `${where}: ready in about ${roughly(readyMs)}.`
}

/** Rounded up to what an estimate can know. */
function roughly(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / SECOND))
  if (seconds <= 10) return seconds === 1 ? '1 second' : `${seconds} seconds`
  if (seconds <= 90) return `${Math.ceil(seconds / 5) * 5} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}
