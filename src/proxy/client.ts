/** Writes a server's response to the client, with as few copies as are safe. */
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { responseFields, trailerFields, type ResponseScope } from './headers.ts'
import { type ResponseHead } from './response-head.ts'

/** Whoever makes one for each exchange does without getters, with which V8 makes every object a dictionary. */
export interface Client {
  head(head: ResponseHead): void
  /** @param last no more follows, because a length was announced. */
  readonly body: (bytes: Buffer, last: boolean) => void
  readonly end: (trailers: readonly string[]) => void
  /** What has been written goes out now, the head even without a body: an event stream begins with silence. */
  flush(): void
  /** Cuts the connection, so that nobody takes a broken body for a whole one. */
  abort(): void
  /** The head has been decided; nothing else can be answered any more. */
  readonly begun: boolean
  /** Bytes given to `body` may still be read from their buffer. */
  holdsBytes(): boolean
  /** The client takes no more at the moment; `onDrain` is called when it does. */
  isFull(): boolean
}

export type ClientNeeds = {
  readonly scope: ResponseScope
  readonly onDrain: () => void
}

/** Through Node's response. */
export function createClient(
  request: IncomingMessage,
  response: ServerResponse,
  needs: ClientNeeds,
): Client {
  let flushed = false
  let ended = false
  /** A length was announced: Node adds no framing, so bytes may go straight to the socket. */
  let plain = false
  let lent = false
  let listening = false
  /** Of this read: they leave as one, and are not kept beyond `flush`. */
  let chunks: Buffer[] = []

  const writeChunks = (): void => {
    if (chunks.length > 0) response.write(Buffer.concat(chunks))
    chunks = []
  }

  const flush = (): void => {
    writeChunks()
    if (flushed) return
    flushed = true
    response.flushHeaders()
  }

  /** Straight to the socket, which then is done with them at once more often than not (a response is corked until later). */
  const writePlain = (bytes: Buffer): void => {
    flush()
    // Without a socket it waits behind the answer to an earlier request of the same client.
    if (!response.socket) {
      response.write(Buffer.from(bytes))
      return
    }
    lent = true
    response.socket.write(bytes)
  }

  const listenForDrain = (): void => {
    if (listening) return
    listening = true
    response.on('drain', needs.onDrain)
    request.socket.on('drain', needs.onDrain)
    response.once('close', () => request.socket.off('drain', needs.onDrain))
  }

  // Written to after the client has gone, a response reports an error that nobody else listens for.
  response.on('error', () => response.destroy())

  const client = {
    begun: false,

    head(head: ResponseHead) {
      const fields = responseFields(head.fields, needs.scope)
      // RFC 9110 §8.6: none with 204.
      if (head.contentLength !== undefined && head.status !== 204)
        fields.push('Content-Length', String(head.contentLength))
      response.writeHead(head.status, head.reason, fields)
      plain = typeof head.framing === 'number'
      client.begun = true
    },

    body(bytes: Buffer, last: boolean) {
      if (!plain) return void chunks.push(bytes)
      if (!last || flushed) {
        writePlain(bytes)
        return
      }
      ended = true
      lent = true
      response.end(bytes)
    },

    end(trailers: readonly string[]) {
      if (ended) return
      ended = true
      writeChunks()
      const travelling = trailerFields(trailers)
      if (travelling.length > 0 && response.chunkedEncoding)
        response.addTrailers(pairsOf(travelling))
      response.end()
    },

    flush,
    abort() {
      writeChunks()
      // For HTTP/1.0 the end of the connection is the end of the body, unless it is a reset.
      const { socket } = request
      if (request.httpVersion === '1.0' && !('encrypted' in socket)) socket.resetAndDestroy()
      response.destroy()
    },

    holdsBytes() {
      return lent && (!response.socket || response.socket.writableLength > 0)
    },
    isFull() {
      const full = response.writableNeedDrain || (response.socket?.writableNeedDrain ?? false)
      if (full) listenForDrain()
      return full
    },
  }
  return client
}

function pairsOf(fields: readonly string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < fields.length; index += 2)
    pairs.push([fields[index] ?? '', fields[index + 1] ?? ''])
  return pairs
}
