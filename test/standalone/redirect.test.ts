/** From plain HTTP to HTTPS. */
import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { redirectTo } from '../../src/standalone/redirect.ts'
import { dial } from '../support/proxy.ts'

async function answerTo(t: Test, request: string, toPort = 8443): Promise<string> {
  const server = http.createServer({ requireHostHeader: false }, redirectTo(toPort))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const client = await dial(t, (server.address() as AddressInfo).port)
  client.write(`${request}\r\nConnection: close\r\n\r\n`)
  return client.ended()
}

t.test('whoever comes plainly is led to the same place over HTTPS', async (t) => {
  const answer = await answerTo(t, 'GET /a/b?c HTTP/1.1\r\nHost: hub.example.org:8000')
  t.match(answer, /^HTTP\/1\.1 301 /)
  t.match(answer, /\r\nlocation: https:\/\/hub\.example\.org:8443\/a\/b\?c\r\n/)
  t.match(await answerTo(t, 'GET / HTTP/1.1\r\nHost: [::1]:80', 443), 'https://[::1]/\r\n')
})

t.test('without a host, or with one that is none, there is no way on', async (t) => {
  for (const host of ['', '\r\nHost: ', '\r\nHost: a@evil', '\r\nHost: a/b'])
    t.match(await answerTo(t, `GET / HTTP/1.0${host}`), /^HTTP\/1\.1 400 /, JSON.stringify(host))
})
