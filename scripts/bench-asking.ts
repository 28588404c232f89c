/** Starts `bench-steady.ts` on the core of the load, and asks it how long requests took. */
import { type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { loadCore } from './bench-machine.ts'
// With `type` inside the braces it would run, and wait for orders in this process as well.
import type { SteadyOrder, SteadyReport } from './bench-steady.ts'
import { alone, pin, type Running } from './bench-subjects.ts'

export type Asking = Pick<Running, 'process'> & { report(): Promise<SteadyReport> }

/** @param before words that start it, such as `chrt` */
export async function askSteadily(order: SteadyOrder, ...before: string[]): Promise<Asking> {
  const program = path.join(import.meta.dirname, 'bench-steady.ts')
  const child = pin(loadCore, [...before, process.execPath, ...alone, program])
  child.send(order)
  if ((await answerOf(child)) !== 'open') throw new Error('the steady requests did not begin')
  return {
    process: child,
    async report() {
      child.send('?')
      return (await answerOf(child)) as SteadyReport
    },
  }
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const over = new AbortController()
  const { signal } = over
  try {
    const ended = once(child, 'exit', { signal }).then(() => {
      throw new Error('a steady request failed')
    })
    const [answer] = (await Promise.race([once(child, 'message', { signal }), ended])) as [unknown]
    return answer
  } finally {
    over.abort()
  }
}
