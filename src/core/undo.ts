/** Undoing: what has been done of a start that fails is taken back, last first. */
import { type Log } from '../lib/log.ts'

/** Why a start is given up without being undone: the hub ends, and the next one goes on with it. */
export const hubEnds = new Error('the hub ends')

type Undo = () => unknown

/** Runs `work`; when it throws, what it had pushed is undone, last first; but not when the hub ends. */
export async function undoOnFailure<Result>(
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
  work: (undo: (step: Undo) => void) => Promise<Result>,
): Promise<Result> {
  const steps: Undo[] = []
  try {
    return await work((step) => steps.unshift(step))
  } catch (thrown) {
    if (signal.reason === hubEnds) throw thrown
    for (const step of steps) {
      try {
        await step()
      } catch (error) {
        log.error({ error }, 'undoing a failed start')
      }
    }
    throw thrown
  }
}
