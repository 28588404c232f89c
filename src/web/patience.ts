/** Waiting a moment for work that may take long, and owning its failure when nobody waits any more. */
import { asError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { SECOND } from '../lib/time.ts'

/** JupyterHub waits as long for a start that fails fast. */
const momentMs = SECOND

/**
 * @returns whether it was done within a moment. Goes on by itself otherwise; a failure then is logged only.
 * @throws whatever the work throws within that moment.
 */
export async function isSoonDone(work: Promise<unknown>, log: Log): Promise<boolean> {
  const over = new AbortController()
  const moment = new Promise<false>((resolve) => {
    const timer = setTimeout(() => resolve(false), momentMs)
    over.signal.addEventListener('abort', () => clearTimeout(timer))
  })
  try {
    const isDone = await Promise.race([work.then(() => true), moment])
    if (!isDone)
      work.catch((thrown: unknown) =>
        log.info({ reason: asError(thrown).message }, 'work that a page had begun came to nothing'),
      )
    return isDone
  } finally {
    over.abort()
  }
}
