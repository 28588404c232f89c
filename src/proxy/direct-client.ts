/** Both directions of a direct exchange, straight on the client's socket. */
import { type Socket } from 'node:net'
import { type Client, type ClientNeeds } from './client.ts'
import { chunkOf } from './chunk.ts'
import { responseFields, trailerFields } from './headers.ts'
import { type ResponseHead } from './response-head.ts'
import { type Upload, type UploadNeeds } from './upload.ts'

/** Up to here a copy into the packet of the head is cheaper than a second write. */
const smallBytes = 16 * 1024

export type DirectClientNeeds = Pick<ClientNeeds, 'scope'> & {
  /** The connection carries another request behind this one. */
  readonly keepAlive: () => boolean
  /** Of idle connections: what clients are told; 0: nothing. */
  readonly keepAliveSeconds: () => number
  /** The answer is whole. */
  readonly onEnd: () => void
}

export function createDirectClient(socket: Socket, needs: DirectClientNeeds): Client {
  /** The head waits for the first bytes of the body, so that both leave in one packet. */
  let waiting = ''
  let chunked = false
  let lent = false
  /** Of this read: they leave as one, and are not kept beyond `flush`. */
  let chunks: Buffer[] = []

  const flush = (): void => {
    if (chunks.length > 0) writeChunk()
    if (waiting === '') return
    socket.write(waiting, 'latin1')
    waiting = ''
  }

  const write = (bytes: Buffer): void => {
    if (waiting !== '' && bytes.length <= smallBytes) {
      const both = Buffer.allocUnsafe(waiting.length + bytes.length)
      both.write(waiting, 0, 'latin1')
      bytes.copy(both, waiting.length)
      waiting = ''
      socket.write(both)
      return
    }
    flush()
    lent = true
    socket.write(bytes)
  }

  const addChunk = (bytes: Buffer): void => {
    if (bytes.length > 0) chunks.push(bytes)
  }

  const writeChunk = (): void => {
    socket.write(chunkOf(chunks, waiting))
    waiting = ''
    chunks = []
  }

  const client = {
    begun: false,
    head(head: ResponseHead) {
      chunked = head.framing === 'chunked' || head.framing === 'close'
      waiting = headText(head, needs)
      client.begun = true
    },
    body: (bytes: Buffer) => (chunked ? addChunk(bytes) : write(bytes)),
    end(trailers: readonly string[]) {
      if (chunks.length > 0) writeChunk()
      if (chunked) waiting += `0\r\n${trailerLines(trailers)}\r\n`
      flush()
      needs.onEnd()
    },
    flush,
    abort() {
      if (chunks.length > 0) writeChunk()
      socket.destroy()
    },
    holdsBytes: () => lent && socket.writableLength > 0,
    isFull: () => socket.writableNeedDrain,
  }
  return client
}

function headText(head: ResponseHead, needs: DirectClientNeeds): string {
  const { framing, status, reason, contentLength } = head
  const fields = responseFields(head.fields, needs.scope)
  let text = `HTTP/1.1 ${status} ${reason}\r\n`
  let dateLine = `Date: ${currentDate()}\r\n`
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'date') dateLine = ''
    text += `${name}: ${fields[index + 1] ?? ''}\r\n`
  }
  // RFC 9110 §8.6: no length with 204.
  if (contentLength !== undefined && status !== 204) text += `Content-Length: ${contentLength}\r\n`
  const coding =
    framing === 'chunked' || framing === 'close' ? 'Transfer-Encoding: chunked\r\n' : ''
  return `${text}${dateLine}${connectionLines(needs)}${coding}\r\n`
}

function connectionLines({ keepAlive, keepAliveSeconds }: DirectClientNeeds): string {
  if (!keepAlive()) return 'Connection: close\r\n'
  const seconds = keepAliveSeconds()
  return `Connection: keep-alive\r\n${seconds > 0 ? `Keep-Alive: timeout=${seconds}\r\n` : ''}`
}

let date = ''
let dateOfSecond = 0

/** Written anew once a second (RFC 9110 §6.6.1). */
function currentDate(): string {
  const second = Math.floor(Date.now() / 1000)
  if (second !== dateOfSecond) {
    dateOfSecond = second
    date = new Date(second * 1000).toUTCString()
  }
  return date
}

function trailerLines(trailers: readonly string[]): string {
  const fields = trailerFields(trailers)
  let lines = ''
  for (let index = 0; index + 1 < fields.length; index += 2)
    lines += `${fields[index] ?? ''}: ${fields[index + 1] ?? ''}\r\n`
  return lines
}

export type DirectUpload = Upload & {
  /** The next bytes of the body; no more than are left of it. */
  take(bytes: Buffer): void
  /** Bytes that are still to come from the client, wanted or not. */
  readonly left: number
}

/** No body, and nothing says so. */
export const noUpload: Upload = {
  framing: '',
  hasBegun: false,
  isDone: true,
  start: () => undefined,
  resume: () => undefined,
  stop: () => undefined,
}

/** @param length as announced */
export function createDirectUpload(
  socket: Socket,
  length: number,
  needs: UploadNeeds,
): DirectUpload {
  let stopped = false
  const upload = {
    left: length,
    hasBegun: false,
    isDone: length === 0,
    framing: `Content-Length: ${length}\r\n`,
    start: () => undefined,
    take(bytes: Buffer) {
      upload.left -= bytes.length
      upload.isDone = upload.left === 0
      if (stopped) return
      upload.hasBegun = true
      needs.onProgress()
      if (!needs.pass(bytes)) socket.pause()
    },
    resume() {
      if (!stopped) socket.resume()
    },
    stop() {
      if (stopped || upload.isDone) return
      stopped = true
      socket.resume()
    },
  }
  return upload
}
