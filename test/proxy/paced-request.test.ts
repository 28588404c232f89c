/** Bodies that come in crumbs, through a real server of Node's. */
import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { PacedRequest } from '../../src/proxy/paced-request.ts'
import { dial, eventually } from '../support/proxy.ts'
import { countTurns } from '../support/turns.ts'

const chunked = 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n'

const chunksOf = (size: number, count: number): string =>
  `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`.repeat(count)

async function start(t: Test) {
  const pieces = countTurns(t)
  let [bytes, ends] = [0, 0]
  const server = http.createServer({ IncomingMessage: PacedRequest }, (request, response) => {
    request.on('error', () => undefined)
    if (request.url === '/early') return void response.end('early')
    request.on('data', (piece: Buffer) => {
      pieces.mark()
      bytes += piece.length
    })
    request.on('end', () => {
      ends += 1
      response.end('whole')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { dial: () => dial(t, port), pieces, bytes: () => bytes, ends: () => ends }
}

t.test('small pieces are read packet by packet, and all of them', async (t) => {
  const { dial, pieces, bytes } = await start(t)
  const client = await dial()
  client.write(`${chunked}${chunksOf(64, 20_000)}0\r\n\r\n`)
  await client.until('whole')
  t.equal(bytes(), 64 * 20_000)
  // 64 KiB hold 936 of them; Node would read up to 32 times as many.
  t.ok(pieces.most() <= 1000, `${pieces.most()} in a turn`)
})

t.test('whoever sends thousands of crumbs at once is cut off, and nobody else is', async (t) => {
  const { dial, pieces, ends } = await start(t)
  const client = await dial()
  client.write(`${chunked}${chunksOf(1, 9000)}0\r\n\r\n`)
  await client.ended()
  t.equal(ends(), 0, 'it is not taken for whole')
  t.ok(pieces.count > 0 && pieces.most() <= 4001, `${pieces.most()} in a turn`)
  // The parser is used again by whoever comes next.
  for (let count = 0; count < 3; count++) {
    const before = pieces.count
    const other = await dial()
    other.write(`${chunked}${chunksOf(1, 100)}0\r\n\r\n`)
    await other.until('whole')
    t.equal(pieces.count - before, 100)
  }
})

t.test('so is whoever divides them among several requests', async (t) => {
  const { dial, pieces } = await start(t)
  const client = await dial()
  client.write(`${chunked}${chunksOf(1, 3000)}0\r\n\r\n`.repeat(3))
  await client.ended()
  t.ok(pieces.count > 0 && pieces.most() <= 4001, `${pieces.most()} in a turn`)
})

t.test('and so is whoever sends them behind an answer that did not wait for them', async (t) => {
  const { dial } = await start(t)
  const client = await dial()
  client.write(chunked.replace('/', '/early'))
  await client.until('early')
  client.write(chunksOf(64, 20_000))
  await eventually(() => client.socket.writableLength === 0)
  t.equal(client.socket.closed, false, 'those of a usual size are thrown away')
  client.write(chunksOf(1, 50_000))
  await client.ended()
})

t.test('big pieces are read as ever', async (t) => {
  const { dial, bytes } = await start(t)
  const client = await dial()
  client.write(`${chunked}${chunksOf(4096, 500)}0\r\n\r\n`)
  await client.until('whole')
  t.equal(bytes(), 4096 * 500)
})
