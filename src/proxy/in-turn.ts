/** Requests of one connection are begun one after the other, and few may wait. */
import { type RequestListener } from 'node:http'
import { type Socket } from 'node:net'

/**
 * More than any client that pipelines at all sends ahead. Each takes about 3 KiB before it is begun, and a packet of
 * 64 KiB can hold 2,000 of them.
 */
const mostWaiting = 32

type Line = {
  isBusy: boolean
  readonly behind: (() => void)[]
}

/**
 * Node hands over all requests that have come, answered or not: one client could have any number of them under way, and
 * the answers that it does not read in memory. Whose connection carries more than may wait is cut off, and has to ask
 * again.
 * @see RFC 9112 §9.3.2
 */
export function inTurn(handle: RequestListener): RequestListener {
  const lines = new WeakMap<Socket, Line>()

  const lineOf = (socket: Socket): Line => {
    const known = lines.get(socket)
    if (known) return known
    const line = { isBusy: false, behind: [] }
    lines.set(socket, line)
    return line
  }

  return (request, response) => {
    const { socket } = request
    const line = lineOf(socket)
    if (socket.destroyed) return

    const begin = (): void => {
      line.isBusy = true
      response.once('close', () => {
        line.isBusy = false
        if (socket.destroyed) line.behind.length = 0
        line.behind.shift()?.()
      })
      handle(request, response)
    }
    if (!line.isBusy) begin()
    else if (line.behind.length < mostWaiting) line.behind.push(begin)
    else cut(socket)
  }
}

/** As behind an upgrade. */
const nothingMore = 2

/**
 * Node's parser would go on with the packet that it was given: thousands of requests, which stay in memory until the
 * socket is closed, and that is after all the other sockets have been read.
 */
function cut(socket: Socket): void {
  socket.destroy()
  const { parser } = socket as { readonly parser?: { onIncoming: unknown } | null }
  if (parser) parser.onIncoming = () => nothingMore
}
