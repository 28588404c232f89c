/** What a direct exchange writes to its client, and what it reads of a body. */
import { PassThrough } from 'node:stream'
import { type Socket } from 'node:net'
import t from 'tap'
import { createDirectClient, createDirectUpload } from '../../src/proxy/direct-client.ts'
import { parseHead } from '../../src/proxy/response-head.ts'
import { createResponseParser } from '../../src/proxy/response-parser.ts'
import { isDictionary } from '../support/heap.ts'

function clientOf(method = 'GET', keepAlive = true) {
  const socket = new PassThrough()
  const packets: string[] = []
  socket.on('data', (bytes: Buffer) => packets.push(bytes.toString('latin1')))
  let ends = 0
  const client = createDirectClient(socket as unknown as Socket, {
    scope: { prefix: '/user/ana/', hubCookieNames: new Set(['flow']) },
    keepAlive: () => keepAlive,
    keepAliveSeconds: () => 75,
    onEnd: () => (ends += 1),
  })
  const head = (text: string) => client.head(parseHead(`HTTP/1.1 ${text}`, method))
  return { client, head, packets, ends: () => ends }
}

t.test('a small answer leaves in one packet', async (t) => {
  const { client, head, packets, ends } = clientOf()
  head('200 OK\r\nContent-Length: 2\r\nSet-Cookie: flow=1\r\nDate: today')
  t.same(packets, [])
  client.body(Buffer.from('hi'), true)
  client.end([])
  t.same(packets, [
    'HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 2\r\nConnection: keep-alive\r\nKeep-Alive: timeout=75\r\n\r\nhi',
  ])
  t.equal(ends(), 1)
  t.equal(client.holdsBytes(), false)
})

t.test('an answer without a date gets one', async (t) => {
  const { client, head, packets } = clientOf()
  head('204 No Content\r\nContent-Length: 5')
  client.end([])
  t.match(
    packets.join(''),
    /^HTTP\/1\.1 204 No Content\r\nDate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=75\r\n\r\n$/,
  )
})

t.test('chunks and trailers are framed anew', async (t) => {
  const { client, head, packets } = clientOf('GET', false)
  head('200 OK\r\nTransfer-Encoding: chunked\r\nDate: d')
  client.flush()
  client.body(Buffer.from('hello'), false)
  client.body(Buffer.alloc(0), false)
  client.end(['X-Sum', '7', 'Set-Cookie', 'a=1'])
  t.equal(
    packets.join(''),
    'HTTP/1.1 200 OK\r\nDate: d\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n',
  )
})

t.test('chunks that came together leave together, whatever their sizes', async (t) => {
  const { client, head, packets } = clientOf('GET', false)
  head('200 OK\r\nTransfer-Encoding: chunked\r\nDate: d')
  client.flush()
  packets.splice(0)
  for (const letter of 'hello') client.body(Buffer.from(letter), false)
  client.flush()
  t.same(packets, ['5\r\nhello\r\n'])
  for (const word of ['big ', 'world']) client.body(Buffer.from(word), false)
  client.end([])
  t.equal(packets.slice(1).join(''), '9\r\nbig world\r\n0\r\n\r\n')
})

t.test('HEAD gets the length and no body', async (t) => {
  const { client, head, packets } = clientOf('HEAD')
  head('200 OK\r\nContent-Length: 99\r\nDate: d')
  client.end([])
  t.match(packets.join(''), /Content-Length: 99\r\n[^]*\r\n\r\n$/)
})

t.test('an upload ends with its length, and goes no faster than the server reads', async (t) => {
  const socket = new PassThrough()
  const written: string[] = []
  let isRoom = false
  const upload = createDirectUpload(socket as unknown as Socket, 6, {
    write: () => true,
    pass: (bytes) => {
      written.push(bytes.toString())
      return isRoom
    },
    onProgress: () => undefined,
  })
  t.equal(upload.framing, 'Content-Length: 6\r\n')
  t.equal(upload.hasBegun, false)
  upload.take(Buffer.from('abc'))
  t.equal(socket.isPaused(), true)
  upload.resume()
  t.equal(socket.isPaused(), false)
  t.equal(upload.isDone, false)
  isRoom = true
  upload.stop()
  upload.take(Buffer.from('def'))
  t.same(written, ['abc'], 'nothing is sent after it was stopped')
  t.equal(upload.left, 0)
})

t.test(
  'what is made for each exchange is no dictionary, as objects with getters are',
  async (t) => {
    const getter = (value: number) => ({
      get value() {
        return value
      },
    })
    t.ok([1, 2].map(getter).every(isDictionary))
    const needs = {
      ...{ write: () => true, pass: () => true },
      onProgress: () => undefined,
    }
    const socket = new PassThrough() as unknown as Socket
    const handlers = { head: () => undefined, body: () => undefined, complete: () => undefined }
    for (const made of [0, 1].flatMap((length) => [
      clientOf().client,
      createDirectUpload(socket, length, needs),
      createResponseParser('GET', handlers),
    ]))
      t.notOk(isDictionary(made))
  },
)
