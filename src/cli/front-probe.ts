/** Asks the hub by its public address, through whatever stands in front, how that arrives: a WebSocket, and an upload. */
import { randomBytes } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import { type Duplex } from 'node:stream'
import { asError } from '../lib/errors.ts'
import { SECOND } from '../lib/time.ts'

/** What the hub saw of the request; empty: there was no such header. */
export type Seen = {
  readonly peer: string
  readonly trusted: boolean
  readonly host: string
  readonly forwarded_host: string
  readonly forwarded_proto: string
  readonly forwarded_for: string
}

export type Answer = {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
}

/** `seen`: the WebSocket opened, and the hub told. */
export type Probed =
  { readonly seen: Seen } | { readonly answer: Answer } | { readonly why: string }

const timeoutMs = 15 * SECOND

/** @param url of the hub's health @param secret a token that may read facts about the hub */
export function probeWebSocket(url: URL, secret: string): Promise<Probed> {
  return new Promise((resolve) => {
    const request = ask(url, {
      method: 'GET',
      headers: {
        authorization: `token ${secret}`,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      },
    })
    request.on('upgrade', (_, socket, head) => resolve(readMessage(socket, head)))
    request.on('response', (response) => {
      response.resume()
      resolve({ answer: answerOf(response) })
    })
    request.on('error', (thrown) => resolve({ why: asError(thrown).message }))
    request.end()
  })
}

/** Some web servers refuse what is larger than a megabyte, so that notebooks cannot be saved. */
export const uploadBytes = 2 * 2 ** 20

/** Sends so many bytes to where nobody wants them: only who refuses them is asked. */
export function probeUpload(url: URL, secret: string): Promise<Answer | { readonly why: string }> {
  return new Promise((resolve) => {
    const request = ask(url, {
      method: 'POST',
      headers: { authorization: `token ${secret}`, 'content-length': String(uploadBytes) },
    })
    request.on('response', (response) => {
      response.resume()
      resolve(answerOf(response))
      // Who answers before the end may read no further.
      request.on('error', () => undefined)
    })
    request.on('error', (thrown) => resolve({ why: asError(thrown).message }))
    request.end(Buffer.alloc(uploadBytes))
  })
}

function ask(url: URL, options: http.RequestOptions): http.ClientRequest {
  const make = url.protocol === 'https:' ? https.request : http.request
  const signal = AbortSignal.timeout(timeoutMs)
  return make(url, { ...options, agent: false, signal })
}

const answerOf = ({ statusCode = 0, headers }: http.IncomingMessage): Answer => ({
  status: statusCode,
  headers,
})

/** One frame of text, as the hub sends it. */
function readMessage(socket: Duplex, head: Buffer): Promise<Probed> {
  return new Promise((resolve) => {
    let bytes = head
    const end = (probed: Probed): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(probed)
    }
    const look = (): void => {
      const text = messageIn(bytes)
      if (text !== undefined) end({ seen: JSON.parse(text) as Seen })
    }
    const timer = setTimeout(() => end({ why: silent }), timeoutMs)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      look()
    })
    socket.on('error', (thrown) => end({ why: asError(thrown).message }))
    socket.on('close', () => end({ why: silent }))
    look()
  })
}

const silent = 'the WebSocket opened, and nothing came through it'

/** @see RFC 6455 §5.2 */
function messageIn(bytes: Buffer): string | undefined {
  if (bytes.length < 4) return undefined
  const short = bytes.readUInt8(1)
  const start = short === 126 ? 4 : 2
  const end = start + (short === 126 ? bytes.readUInt16BE(2) : short)
  return bytes.length < end ? undefined : bytes.toString('utf8', start, end)
}
