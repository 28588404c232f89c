/** Starts a kernel of a Jupyter server, asks it what it is over a WebSocket, and ends it. */
import { randomUUID } from 'node:crypto'
import { notFound } from '../lib/errors.ts'
import { MINUTE } from '../lib/time.ts'

/** A Jupyter server behind the front door. */
export type Peer = {
  /** Ends with a slash. */
  readonly url: string
  /** An API token of the server's owner. */
  readonly secret: string
}

const timeoutMs = MINUTE

/** Resolves when the kernel has answered. @throws {HubError} NotFound when this is no Jupyter server. */
export async function roundTripToKernel(peer: Peer): Promise<void> {
  const id = await startKernel(peer)
  try {
    await ask(peer, id)
  } finally {
    await request(peer, `api/kernels/${id}`, 'DELETE')
  }
}

async function startKernel(peer: Peer): Promise<string> {
  const response = await request(peer, 'api/kernels', 'POST')
  if (response.status === 404) throw notFound('Nothing needs to be done.')
  const answer: unknown = await response.json().catch(() => undefined)
  if (typeof answer === 'object' && answer !== null && 'id' in answer) return String(answer.id)
  throw new Error(`starting a kernel was answered with ${response.status}`)
}

function request({ url, secret }: Peer, path: string, method: string): Promise<Response> {
  return fetch(url + path, {
    method,
    headers: { authorization: `token ${secret}`, 'content-type': 'application/json' },
    ...(method === 'POST' ? { body: '{}' } : {}),
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
}

/** @see Jupyter's messaging protocol: `kernel_info_request` on the shell channel */
function ask({ url, secret }: Peer, kernel: string): Promise<void> {
  const question = kernelInfoRequest()
  return new Promise((resolve, reject) => {
    const address = `${url.replace(/^http/, 'ws')}api/kernels/${kernel}/channels`
    // Headers are an extension that Node's own WebSocket has over the browsers'.
    const options = { headers: { authorization: `token ${secret}` } } as unknown as string[]
    const socket = new WebSocket(address, options)
    const end = (why?: string): void => {
      clearTimeout(timer)
      socket.close()
      if (why === undefined) resolve()
      else reject(new Error(why))
    }
    const timer = setTimeout(() => end('it was silent for a minute'), timeoutMs)
    socket.addEventListener('open', () => socket.send(JSON.stringify(question)))
    socket.addEventListener('error', () => end('the connection was refused or broke'))
    socket.addEventListener('close', () => end('the connection was closed'))
    socket.addEventListener('message', ({ data }) => {
      if (isAnswerTo(question.header.msg_id, data)) end()
    })
  })
}

function kernelInfoRequest() {
  const header = {
    msg_id: randomUUID(),
    msg_type: 'kernel_info_request',
    session: randomUUID(),
    username: 'doctor',
    date: new Date().toISOString(),
    version: '5.3',
  }
  return { header, parent_header: {}, metadata: {}, content: {}, channel: 'shell', buffers: [] }
}

function isAnswerTo(id: string, data: unknown): boolean {
  return typeof data === 'string' && data.includes('"kernel_info_reply"') && data.includes(id)
}
