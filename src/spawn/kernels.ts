/** Asks a Jupyter server whether one of its kernels is at work. */

/** Longest wait for the answer. */
const timeoutMs = 5000

/**
 * Whether a kernel of the server at `url` + `prefix` is executing something (Jupyter Server REST API: `GET api/kernels`).
 * False for a program that is no Jupyter server, and when it does not answer.
 */
export async function hasBusyKernel(url: string, prefix: string, token: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}${prefix}api/kernels`, {
      headers: { authorization: `token ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    return response.ok && isBusyList(await response.json())
  } catch {
    return false
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
