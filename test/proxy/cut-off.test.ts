/** Connections that end in the middle of what they send. */
import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { cutOff } from '../../src/proxy/cut-off.ts'
import { dial, get } from '../support/proxy.ts'

/** Of all servers. */
let upgrades = 0

async function start(t: Test, handle: (request: IncomingMessage) => void) {
  const server = http.createServer((request, response) => {
    request.on('error', () => undefined)
    let bytes = 0
    request.on('data', (piece: Buffer) => (bytes += piece.length))
    if (request.url === '/fine') request.on('end', () => response.end(`${bytes} fine`))
    else handle(request)
  })
  server.on('upgrade', () => (upgrades += 1))
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

t.test('an upgrade behind it is none, and takes nothing from the next connection', async (t) => {
  const dial = await start(t, ({ socket }) => cutOff(socket))
  for (let count = 0; count < 3; count++) {
    const client = await dial()
    client.write(`${get('/')}${get('/', 'Connection: Upgrade\r\nUpgrade: x\r\n')}`)
    const next = await dial()
    next.write(`${post('/fine')}1\r\nx\r\n0\r\n\r\n`)
    await client.ended()
    await next.until('1 fine')
  }
  t.equal(upgrades, 0)
})

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
    await next.until('1 fine')
  }
})
