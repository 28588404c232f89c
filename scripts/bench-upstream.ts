/** Stands in for a user's server in `bench-proxy.ts`: raw bytes, so that it costs as little as can be. */
import net, { type AddressInfo, type Socket } from 'node:net'

const body = (bytes: number): Buffer => {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${bytes}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, 'x')])
}
const answers: Readonly<Record<string, Buffer>> = {
  '1k': body(1024),
  '64k': body(64 * 1024),
  '10m': body(10 * 1024 * 1024),
  '2g': body(0),
  up: body(2),
}
/** To the one key that the client always sends (RFC 6455 §1.3). */
const joined =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n'

/** Of uploads, since the start. */
let received = 0
/** Requests that came with the hub's own cookie: there must be none. */
let leaked = 0

const lengthOf = (head: string): number =>
  Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)

type Pouring = { readonly head: string; readonly piece: Buffer; readonly pieces: number }

const ok = 'HTTP/1.1 200 OK\r\n'
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`

/** Much, and what no server sends that means well (`bench-attacks.ts`). */
const pourings: Readonly<Record<string, Pouring>> = {
  '2g': {
    head: `${ok}Content-Length: ${2 * 1024 ** 3}\r\n\r\n`,
    piece: Buffer.alloc(64 * 1024, 'x'),
    pieces: 32 * 1024,
  },
  interim: {
    head: '',
    piece: Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(2000)),
    pieces: Infinity,
  },
  crumbs: { head: chunked, piece: Buffer.from('1\r\nx\r\n'.repeat(10_000)), pieces: Infinity },
  fields: { head: ok, piece: Buffer.from(`${'a:\r\n'.repeat(16_000)}\r\n`), pieces: 1 },
}

/** As fast as it is read, and between two pieces everybody else: each student has a server of their own. */
function pour(socket: Socket, { head, piece, pieces }: Pouring): void {
  let left = pieces
  const more = (): void => {
    if (left === 0 || socket.destroyed) return
    left -= 1
    socket.write(piece, () => setImmediate(more))
  }
  socket.write(head)
  more()
}

function answer(socket: Socket, head: string): 'http' | 'echo' {
  if (head.includes('littlehub-session')) leaked += 1
  if (/\r\nupgrade: *websocket/i.test(head)) {
    socket.write(joined)
    return 'echo'
  }
  const name = /^\S+ \S*\/(\w+)(?:\?\S*)? /.exec(head)?.[1] ?? ''
  const pouring = pourings[name]
  if (pouring) pour(socket, pouring)
  else socket.write(answers[name] ?? answers['1k'] ?? '')
  return 'http'
}

const server = net.createServer({ noDelay: true }, (socket) => {
  let mode: 'http' | 'echo' = 'http'
  let text = ''
  /** What is still to come of a body, and the head that it belongs to. */
  let left = 0
  let head = ''
  const take = (bytes: Buffer): void => {
    if (mode === 'echo') return void socket.write(bytes)
    if (left > 0) {
      const taken = Math.min(left, bytes.length)
      left -= taken
      received += taken
      if (left === 0) mode = answer(socket, head)
      if (taken < bytes.length) take(bytes.subarray(taken))
      return
    }
    text += bytes.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    if (end === -1) return
    head = text.slice(0, end + 2)
    const rest = Buffer.from(text.slice(end + 4), 'latin1')
    text = ''
    left = lengthOf(head)
    if (left === 0) mode = answer(socket, head)
    if (rest.length > 0) take(rest)
  }
  socket.on('data', take)
  socket.on('error', () => undefined)
})

server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: (server.address() as AddressInfo).port }),
)
process.on('message', () => process.send?.({ received, leaked }))
process.on('disconnect', () => process.exit())
