/** Looks after all units of a hub together, so that a hundred servers cost as much as one. */
import { type Log } from '../lib/log.ts'
import { SECOND } from '../lib/time.ts'
import { type UnitFacts } from './systemctl.ts'

export interface UnitWatch {
  /** Resolves with what is known of the unit when the run has ended; undefined when it is gone. @throws the signal's reason */
  ended(run: WatchedRun, signal: AbortSignal): Promise<UnitFacts | undefined>
}

export type WatchedRun = { readonly unit: string; readonly invocation: string }

/** How often all of them are looked at. */
const lookEveryMs = SECOND

type Waiting = WatchedRun & { readonly tell: (facts: UnitFacts | undefined) => void }

export function createUnitWatch(needs: {
  readonly showAll: () => Promise<UnitFacts[]>
  readonly log: Log
}): UnitWatch {
  const waiting = new Set<Waiting>()
  let timer: NodeJS.Timeout | undefined

  const look = async (): Promise<void> => {
    const asked = [...waiting]
    const units = new Map((await needs.showAll()).map((facts) => [facts['Id'], facts]))
    for (const one of asked) {
      const facts = units.get(one.unit)
      if (facts && isAlive(facts, one)) continue
      waiting.delete(one)
      one.tell(facts?.['InvocationID'] === one.invocation ? facts : undefined)
    }
  }

  /** Unreferenced: it keeps no process alive that has nothing else to do. */
  const lookSoon = (ms: number): void => {
    timer ??= setTimeout(() => {
      void look()
        .catch((error: unknown) => needs.log.error({ error }, 'asking systemd for the servers'))
        .then(() => {
          timer = undefined
          if (waiting.size > 0) lookSoon(lookEveryMs)
        })
    }, ms).unref()
  }

  return {
    ended: (run, signal) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          waiting.delete(one)
          reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
        }
        const one: Waiting = {
          ...run,
          tell(facts) {
            signal.removeEventListener('abort', stop)
            resolve(facts)
          },
        }
        if (signal.aborted) {
          stop()
          return
        }
        signal.addEventListener('abort', stop, { once: true })
        waiting.add(one)
        lookSoon(lookEveryMs / 10)
      }),
  }
}

/** Whether exactly this run has a program at work. A unit whose program ended well stays `active`, and `exited`. */
export function isAlive(
  facts: UnitFacts,
  { invocation }: { readonly invocation: string },
): boolean {
  const { ActiveState: state = '', SubState: sub, InvocationID: id } = facts
  if (id !== invocation || sub === 'exited') return false
  return ['active', 'activating', 'deactivating', 'reloading', 'refreshing'].includes(state)
}
