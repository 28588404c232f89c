/** Servers end: what is under way is answered first. */
import { once } from 'node:events'
import http, { type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createDrain } from '../../src/web/drain.ts'

/** A server that answers when it is told to. */
async function start(t: Test) {
  const responses: ServerResponse[] = []
  const server = http.createServer((_, response) => void responses.push(response))
  const drain = createDrain([server, http.createServer()])
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.closeAllConnections())
  const { port } = server.address() as AddressInfo
  return { server, drain, responses, port, url: `http://127.0.0.1:${port}/` }
}

t.test('a request under way is answered, a new one is not taken', async (t) => {
  const { server, drain, responses, url } = await start(t)
  const asked = fetch(url)
  await once(server, 'request')
  const drained = drain.all()
  t.match(await fetch(url).catch((e: unknown) => e), { cause: { code: 'ECONNREFUSED' } })
  responses[0]?.end('done')
  t.equal(await (await asked).text(), 'done')
  await drained
  t.notOk(server.listening)
})

t.test('a connection ends as soon as nothing is under way on it', async (t) => {
  const { server, drain, responses, port } = await start(t)
  const client = connect(port, '127.0.0.1').setEncoding('latin1')
  let heard = ''
  client.on('data', (text: string) => (heard += text))
  const ended = once(client, 'close')
  client.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
  await once(server, 'request')
  const drained = drain.all()
  responses[0]?.end('first')
  await ended
  t.match(heard, /first/)
  await drained
})

t.test('what stays is not cut, and nothing waits for it', async (t) => {
  const { server, drain, responses, url } = await start(t)
  const [long, short] = [fetch(url), fetch(url)]
  while (responses.length < 2) await once(server, 'request')
  const drained = drain.allBut(() => 1)
  responses[1]?.end('short')
  await drained
  responses[0]?.end('long')
  const texts = await Promise.all([long, short].map(async (one) => (await one).text()))
  t.same(new Set(texts), new Set(['long', 'short']))
})
