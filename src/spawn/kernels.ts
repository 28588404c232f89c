/** Asks a Jupyter server whether one of its kernels is at work. */
import { text } from 'node:stream/consumers'
import { askServer } from './server-request.ts'

/** Longest wait for the answer. */
const timeoutMs = 5000

/** `silent`: it could not be asked, which says nothing about its kernels. */
export type KernelWork = 'busy' | 'idle' | 'silent'

/**
 * Whether a kernel of the server at `url` + `prefix` is executing something (Jupyter Server REST API: `GET api/kernels`).
 * The question itself is no use of the server. A program that is no Jupyter server is idle.
 */
export async function askKernels(url: string, prefix: string, token: string): Promise<KernelWork> {
  try {
    const response = await askServer({
      url,
      path: `${prefix}api/kernels?no_track_activity=1`,
      headers: { authorization: `token ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    })
    const { statusCode = 500 } = response
    const body = await text(response)
    if (statusCode >= 500) return 'silent'
    return statusCode === 200 && isBusyList(parsed(body)) ? 'busy' : 'idle'
  } catch {
    return 'silent'
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isBusyList(answer: unknown): boolean {
  return (
    Array.isArray(answer) &&
    answer.some(
      (kernel: unknown) =>
        typeof kernel === 'object' &&
        kernel !== null &&
        'execution_state' in kernel &&
        kernel.execution_state === 'busy',
    )
  )
}
