/** A name server for a test: every name is this machine, but those that are not there. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { type Test } from 'tap'
import { freePort } from './free-port.ts'

const headBytes = 12
/** Before each message over TCP (RFC 1035 §4.2.2). */
const lengthBytes = 2
const typeA = 1
const noSuchName = 3

/**
 * Over UDP and TCP: which of them is asked depends on the version of whoever asks.
 * @param isKnown whether there is such a name
 * @returns `127.0.0.1:PORT`
 */
export async function startNameServer(
  t: Test,
  isKnown: (name: string) => boolean,
): Promise<string> {
  const streams = createServer((connection) => {
    connection.on('error', () => undefined)
    connection.on('data', (message: Buffer) => {
      const answer = answerTo(message.subarray(lengthBytes), isKnown)
      const length = Buffer.alloc(lengthBytes)
      length.writeUInt16BE(answer.length)
      connection.write(Buffer.concat([length, answer]))
    })
  })
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    socket.send(answerTo(query, isKnown), port, address)
  })
  const ownPort = await bind(socket)
  await new Promise<void>((resolve) => streams.listen(ownPort, '127.0.0.1', resolve))
  t.teardown(() => {
    socket.close()
    streams.close()
  })
  return `127.0.0.1:${ownPort}`
}

/** To a port that is free for TCP, too. @returns it */
async function bind(socket: Socket): Promise<number> {
  const port = await freePort()
  socket.bind(port, '127.0.0.1')
  const isBound = await once(socket, 'listening').then(
    () => true,
    () => false,
  )
  return isBound ? port : bind(socket)
}

/** @see RFC 1035 §4.1 */
function answerTo(query: Buffer, isKnown: (name: string) => boolean): Buffer {
  const { name, endAt } = nameIn(query)
  const question = query.subarray(headBytes, endAt + 4)
  const isThere = isKnown(name)
  const hasAddress = isThere && query.readUInt16BE(endAt) === typeA
  const head = Buffer.alloc(headBytes)
  query.copy(head, 0, 0, 2)
  head.writeUInt16BE(0x8180 | (isThere ? 0 : noSuchName), 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(hasAddress ? 1 : 0, 6)
  // The name again by a pointer, an address of the internet, for a second, in four bytes.
  const address = Buffer.from([0xc0, headBytes, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1])
  return Buffer.concat([head, question, ...(hasAddress ? [address] : [])])
}

function nameIn(query: Buffer): { readonly name: string; readonly endAt: number } {
  const labels: string[] = []
  let at = headBytes
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('ascii', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), endAt: at + 1 }
}
