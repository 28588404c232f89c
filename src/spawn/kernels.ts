/** Asks a Jupyter server whether one of its kernels is at work. */

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
    const response = await fetch(`${url}${prefix}api/kernels?no_track_activity=1`, {
      headers: { authorization: `token ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (response.status >= 500) return 'silent'
    return response.ok && isBusyList(parsed(await response.text())) ? 'busy' : 'idle'
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
