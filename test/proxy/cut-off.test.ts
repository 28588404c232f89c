/** Connections that end in the middle of what they send. */
import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { cutOff } from '../../src/proxy/cut-off.ts'
import { dial, get } from '../support/proxy.ts'

async function start(t: Test, handle: (request: IncomingMessage) => void) {
  const server = http.createServer((request, response) => {
    request.on('error', () => undefined)
    if (request.url === '/fine') request.resume().on('end', () => response.end('fine'))
    else handle(request)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return () => dial(t, (server.address() as AddressInfo).port)
}

const post = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n`

t.test('none of the requests behind is handed over', async (t) => {
  let seen = 0
  const dial = await start(t, ({ socket }) => {
    seen += 1
    cutOff(socket)
  })
  const client = await dial()
  client.write(get('/').repeat(100))
  await client.ended()
  t.equal(seen, 1)
})

t.test(
  'the parser is whole again before another connection has it, whenever it was cut',
  async (t) => {
    const wholeAtClose = new Promise((resolve) => {
      void start(t, ({ socket }) => {
        const { parser } = socket as unknown as { parser: Record<number, unknown> }
        // When the turn ends: what has closed is told before this would come again.
        setImmediate(() => {
          cutOff(socket)
          cutOff(socket)
          socket.once('close', () => resolve(typeof parser[3]))
        })
      }).then(async (dial) => (await dial()).write(`${post('/')}1\r\nx\r\n`))
    })
    t.equal(await wholeAtClose, 'function')
  },
)

t.test('no further piece is handed over, and the parser serves the next connection', async (t) => {
  let seen = 0
  const dial = await start(t, (request) =>
    request.on('data', () => {
      seen += 1
      cutOff(request.socket)
    }),
  )
  const client = await dial()
  client.write(post('/') + '1\r\nx\r\n'.repeat(1000))
  await client.ended()
  t.equal(seen, 1)
  for (let count = 0; count < 3; count++) {
    const next = await dial()
    next.write(`${post('/fine')}1\r\nx\r\n0\r\n\r\n`)
    await next.until('fine')
  }
})
