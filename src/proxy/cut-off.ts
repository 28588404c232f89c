/** Ends a connection in the middle of what it sends. */
import { type Socket } from 'node:net'

/** What Node's parser keeps what it calls with each piece of a body under (`kOnBody` of its `lib/_http_common.js`). */
const onBody = 3

/** As behind an upgrade. */
const nothingMore = 2

type Parser = { onIncoming: unknown; [onBody]: unknown }

/**
 * Node's parser would go on with the packet that it was given: thousands of requests, which stay in memory until the
 * socket is closed, and that is after all the other sockets have been read; or thousands of pieces of a body, of which
 * each takes 2 µs even when nobody wants it.
 */
export function cutOff(socket: Socket): void {
  socket.destroy()
  const { parser } = socket as { readonly parser?: Parser | null }
  if (!parser) return
  parser.onIncoming = () => nothingMore
  const usual = parser[onBody]
  parser[onBody] = undefined
  // Another connection gets it when this one has closed, and that is after this.
  setImmediate(() => (parser[onBody] = usual))
}
