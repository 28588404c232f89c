/** Servers end: what is under way is answered first. */
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import t from 'tap'
import { drain } from '../../src/web/drain.ts'

t.test('a request under way is answered, a new one is not taken', async (t) => {
  let answer: (() => void) | undefined
  const server = http.createServer((_, response) => (answer = () => response.end('done')))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const asked = fetch(url)
  await new Promise((resolve) => server.once('request', resolve))
  const drained = drain([server, http.createServer()])
  t.match(await fetch(url).catch((e: unknown) => e), { cause: { code: 'ECONNREFUSED' } })
  answer?.()
  t.equal(await (await asked).text(), 'done')
  await drained
  t.notOk(server.listening)
})
