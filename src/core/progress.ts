/** The progress of one start: every event kept, so that a late subscriber sees it whole. */

/** A frame of the progress stream, as JupyterHub sends it (contract §3.8). */
export type ProgressEvent = {
  readonly progress: number
  readonly message: string
  readonly html_message?: string
  readonly ready?: true
  readonly failed?: true
  readonly url?: string
  /** Our own: the place in the queue of starts. Later ones take the place of earlier ones. */
  readonly place?: number
}

export interface ProgressLog {
  add(event: ProgressEvent): void
  /** The last event: ready or failed. Later ones are dropped. */
  finish(event: ProgressEvent): void
  /** From the first event on, until the last one or the signal's abort. */
  follow(signal: AbortSignal): AsyncIterable<ProgressEvent>
  readonly events: readonly ProgressEvent[]
}

export function createProgressLog(): ProgressLog {
  const events: ProgressEvent[] = []
  const waiting = new Set<() => void>()
  let finished = false

  const publish = (event: ProgressEvent): void => {
    if (finished) return
    events.push(event)
    for (const wake of waiting) wake()
    waiting.clear()
  }

  const nextEvent = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake)
        waiting.delete(wake)
        resolve()
      }
      waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })

  async function* follow(signal: AbortSignal): AsyncGenerator<ProgressEvent> {
    for (let seen = 0; !signal.aborted;) {
      const event = events[seen]
      if (event) {
        seen += 1
        yield event
      } else if (finished) return
      else await nextEvent(signal)
    }
  }

  return {
    events,
    add: publish,
    finish(event) {
      publish(event)
      finished = true
    },
    follow,
  }
}

/** @see contract §3.8 */
export function readyEvent(path: string): ProgressEvent {
  return {
    progress: 100,
    ready: true,
    message: `Server ready at ${path}`,
    html_message: `Server ready at <a href="${path}">${path}</a>`,
    url: path,
  }
}

/** @see contract §3.8 */
export function failedEvent(message: string): ProgressEvent {
  return { progress: 100, failed: true, message }
}
