/** What the front door says to those it turns away. */
import http, { type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { refuse } from '../../src/web/refusals.ts'

async function told(t: Test, answer: (response: ServerResponse) => void): Promise<Response> {
  const server = http.createServer((_, response) => answer(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}

t.test(
  'people get a sentence, programs the same as JSON, and both a closed connection',
  async (t) => {
    const person = await told(t, (response) => refuse(response, 429, 'text'))
    t.equal(person.status, 429)
    t.equal(person.headers.get('connection'), 'close')
    t.match(await person.text(), /^Too much of yours is open .+\n$/)
    const program = await told(t, (response) => refuse(response, 503, 'json'))
    t.match(await program.json(), { status: 503, message: /Try again soon/ })
  },
)
