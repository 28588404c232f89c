/** A name server for a test: every name is this machine, but those that are not there. */
import { createSocket } from 'node:dgram'
import { type Test } from 'tap'

const headBytes = 12
const typeA = 1
const noSuchName = 3

/** @param isKnown whether there is such a name @returns `127.0.0.1:PORT` */
export async function startNameServer(
  t: Test,
  isKnown: (name: string) => boolean,
): Promise<string> {
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    socket.send(answerTo(query, isKnown), port, address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  t.teardown(() => socket.close())
  return `127.0.0.1:${socket.address().port}`
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
