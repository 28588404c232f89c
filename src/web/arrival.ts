/** Tells a program over a WebSocket how its request arrived here, so that it can judge what stands in front. */
import { createHash } from 'node:crypto'
import { type IncomingMessage } from 'node:http'
import { type Duplex } from 'node:stream'
import { turnAway } from '../proxy/listener.ts'

/** Where it is asked for, below the base URL; without `Upgrade` this is the hub's health. */
export const arrivalPath = 'hub/health'

/** @see RFC 6455 §1.3 */
const handshakeId = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Opens the WebSocket, sends one message of JSON, and closes it. @param trusted the peer is a trusted proxy */
export function tellArrival(request: IncomingMessage, socket: Duplex, trusted: boolean): void {
  const key = request.headers['sec-websocket-key']
  if (key === undefined) {
    turnAway(socket, '400 Bad Request')
    return
  }
  const accept = createHash('sha1')
    .update(key + handshakeId)
    .digest('base64')
  socket.on('error', () => socket.destroy())
  socket.resume()
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  socket.end(Buffer.concat([textFrame(JSON.stringify(seen(request, trusted))), closeFrame]))
}

const seen = ({ socket, headers }: IncomingMessage, trusted: boolean) => ({
  peer: socket.remoteAddress ?? '',
  trusted,
  host: start(headers.host),
  forwarded_host: start(headers['x-forwarded-host']),
  forwarded_proto: start(headers['x-forwarded-proto']),
  forwarded_for: start(headers['x-forwarded-for']),
})

/** A message is shorter than the 64 KiB that two bytes of length can say. */
const longest = 1000

const start = (header: string | string[] | undefined): string =>
  String(header ?? '').slice(0, longest)

/** One whole text, not masked. @see RFC 6455 §5.2 */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  if (payload.length < 126) return Buffer.concat([Buffer.from([0x81, payload.length]), payload])
  const head = Buffer.from([0x81, 126, 0, 0])
  head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, payload])
}

/** Status 1000: all is said. */
const closeFrame = Buffer.from([0x88, 2, 0x03, 0xe8])
