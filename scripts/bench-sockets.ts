/** The WebSocket client of `bench-proxy.ts`: so many sockets, each sending its next message when the last has come back. */
import net, { type Socket } from 'node:net'

export type SocketsOrder = {
  readonly port: number
  /** The head of the request that opens one. */
  readonly head: string
  readonly sockets: number
  readonly messageBytes: number
  /** 0: they stay open and silent until the parent lets go. */
  readonly seconds: number
}

export type SocketsReport = {
  readonly messages: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** A whole binary message, masked as a client's are (RFC 6455 §5.2). */
function frameOf(bytes: number): Buffer {
  const length =
    bytes < 126 ? Buffer.from([0x80 | bytes]) : Buffer.from([0x80 | 126, bytes >> 8, bytes & 255])
  const first = bytes > 65535 ? undefined : Buffer.from([0x82])
  if (!first) throw new Error('a message has at most 65535 bytes')
  return Buffer.concat([first, length, Buffer.alloc(4), Buffer.alloc(bytes, 'x')])
}

const open = ({ port, head }: SocketsOrder): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    let text = ''
    const read = (bytes: Buffer): void => {
      text += bytes.toString('latin1')
      if (!text.includes('\r\n\r\n')) return
      socket.off('data', read)
      if (text.startsWith('HTTP/1.1 101')) resolve(socket)
      else reject(new Error(`no WebSocket: ${text.slice(0, 60)}`))
    }
    socket.on('data', read)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('closed')))
    socket.write(head)
  })

function run(sockets: readonly Socket[], { messageBytes, seconds }: SocketsOrder): void {
  const frame = frameOf(messageBytes)
  const tookMs: number[] = []
  const endMs = performance.now() + seconds * 1000
  for (const socket of sockets) {
    let left = frame.length
    let sentMs = performance.now()
    socket.on('data', (bytes) => {
      left -= bytes.length
      if (left > 0) return
      const nowMs = performance.now()
      tookMs.push(nowMs - sentMs)
      if (nowMs >= endMs) return
      left = frame.length
      sentMs = nowMs
      socket.write(frame)
    })
    socket.write(frame)
  }
  setTimeout(() => {
    tookMs.sort((one, other) => one - other)
    const at = (part: number): number => tookMs[Math.floor(tookMs.length * part)] ?? 0
    const report: SocketsReport = { messages: tookMs.length, p50Ms: at(0.5), p99Ms: at(0.99) }
    process.send?.(report, () => process.exit())
  }, seconds * 1000)
}

process.on('disconnect', () => process.exit())
process.once('message', (order: SocketsOrder) => {
  void (async () => {
    const sockets: Socket[] = []
    for (let count = 0; count < order.sockets; count++) sockets.push(await open(order))
    process.send?.('open')
    if (order.seconds > 0) run(sockets, order)
  })()
})
