/** Requests that a client sends before it has an answer. */
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { inTurn } from '../../src/proxy/in-turn.ts'
import { dial, eventually, get } from '../support/proxy.ts'

type Begun = { readonly request: IncomingMessage; readonly response: ServerResponse }

async function start(t: Test) {
  const begun: Begun[] = []
  const handle = inTurn((request, response) => {
    begun.push({ request, response })
  })
  const server = http.createServer(handle).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  let arrived = 0
  server.on('request', () => (arrived += 1))
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const paths = (): string[] => begun.map(({ request }) => request.url ?? '')
  /** The next one that has begun. */
  const answer = async (index: number): Promise<void> => {
    await eventually(() => begun.length > index)
    const one = begun[index]
    one?.response.end(`answer to ${one.request.url}.`)
  }
  return { dial: () => dial(t, port), begun, paths, answer, arrived: () => arrived }
}

const several = (count: number, fields = 0): string =>
  Array.from({ length: count }, (_, index) =>
    get(`/${index}`, Array.from({ length: fields }, (_, field) => `a${field}: b\r\n`).join('')),
  ).join('')

t.test('each is begun when the one before it is answered, and others do not wait', async (t) => {
  const { dial, paths, answer, arrived } = await start(t)
  const client = await dial()
  client.write(several(20))
  await eventually(() => arrived() === 20)
  t.same(paths(), ['/0'])
  const other = await dial()
  other.write(get('/other'))
  await answer(1)
  await other.until('answer to /other.')
  await answer(0)
  for (let index = 1; index < 20; index += 1) await answer(index + 1)
  const text = await client.until('answer to /19.')
  t.same(
    text.match(/(?<=answer to \/)\d+/g),
    Array.from({ length: 20 }, (_, index) => String(index)),
  )
})

t.test('whoever leaves takes along what has not begun', async (t) => {
  const { dial, paths, answer, arrived } = await start(t)
  const client = await dial()
  client.write(several(20))
  await eventually(() => arrived() === 20)
  client.socket.destroy()
  const other = await dial()
  other.write(get('/other'))
  await answer(1)
  await other.until('answer to /other.')
  t.same(paths(), ['/0', '/other'])
})

t.test('a packet of two thousand is not even read to its end', async (t) => {
  const { dial, paths, answer, arrived } = await start(t)
  const client = await dial()
  client.write(several(2000))
  t.equal(await client.ended(), '')
  t.ok(arrived() < 50, `${arrived()} were read`)
  const other = await dial()
  other.write(get('/other'))
  await answer(1)
  await other.until('answer to /other.')
  t.same(paths(), ['/0', '/other'])
})

t.test('few may wait with many fields, and those that have begun count no more', async (t) => {
  const { dial, paths, answer, arrived } = await start(t)
  const client = await dial()
  for (let round = 0; round < 3; round += 1) {
    client.write(several(4, 250))
    await eventually(() => arrived() === 4 * (round + 1))
    for (let index = 4 * round; index < 4 * round + 4; index += 1) await answer(index)
  }
  t.equal(paths().length, 12)
  client.write(several(10, 250))
  t.match(await client.ended(), /answer to/)
  t.ok(arrived() < 12 + 6, `${arrived()} were read`)
})

t.test('nothing is begun behind an answer that ends the connection', async (t) => {
  const { dial, paths, answer, begun } = await start(t)
  const client = await dial()
  client.write(several(3))
  await eventually(() => begun.length === 1)
  begun[0]?.response.setHeader('connection', 'close')
  await answer(0)
  t.match(await client.ended(), /answer to \/0\.$/)
  await eventually(() => begun[0]?.request.socket.destroyed === true)
  t.same(paths(), ['/0'])
})
