/** One request to an identity provider: with a time limit, a size limit, and no redirects. */

export type ProviderRequest = {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export type ProviderAnswer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A person is waiting in front of a blank page. */
const timeoutMs = 10_000

/** A hundred organisations of GitHub are some 100 KB. */
const largestBytes = 4 * 1024 ** 2

/**
 * Redirects are answers like any other: following one could carry a credential elsewhere.
 * Rejects when the provider cannot be reached, is too slow or says too much.
 */
export async function askProvider(url: string, request: ProviderRequest): Promise<ProviderAnswer> {
  const response = await fetch(url, {
    ...request,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  return {
    status: response.status,
    headers: response.headers,
    text: await readText(response),
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    // Leaving the loop cancels the body.
    if (bytes > largestBytes) throw new Error(`the answer has more than ${largestBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
