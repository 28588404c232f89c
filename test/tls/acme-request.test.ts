/** Authorities are asked over HTTPS alone, and whatever they answer has an end. */
import { readFileSync } from 'node:fs'
import { type RequestListener } from 'node:http'
import https from 'node:https'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { askAuthority, waitOf } from '../../src/tls/acme-request.ts'
import { createAuthority } from '../support/made-certificates.ts'

const authority = createAuthority(t.testdir())
const made = authority.sign('ca', ['localhost'])
const ca = readFileSync(authority.root.cert, 'utf8')
const { signal } = new AbortController()

async function start(t: Test, handle: RequestListener): Promise<string> {
  const files = { cert: readFileSync(made.cert), key: readFileSync(made.key) }
  const server = https.createServer(files, handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `https://localhost:${(server.address() as AddressInfo).port}/`
}

t.test('an answer is told whole: status, headers, JSON and how long to wait', async (t) => {
  const url = await start(t, ({ headers, method }, response) => {
    response.writeHead(201, { 'replay-nonce': 'n', location: '/1', 'retry-after': '7' })
    response.end(JSON.stringify({ method, type: headers['content-type'] }))
  })
  const answer = await askAuthority(url, { method: 'POST', body: '{}', ca, signal })
  t.match(answer, { status: 201, retryAfterMs: 7000 })
  t.same(answer.json, { method: 'POST', type: 'application/jose+json' })
  t.equal(answer.header('replay-nonce'), 'n')
  t.equal(answer.header('location'), '/1')
})

t.test('a directory that nobody vouches for is not believed', async (t) => {
  const url = await start(t, (_, response) => response.end('{}'))
  const problem = await askAuthority(url, { method: 'GET', ca: undefined, signal }).catch((e: unknown) => e) // prettier-ignore
  t.match(problem, { name: 'AcmeProblem', message: /^The certificate authority at localhost:\d+ cannot be reached: .*verify/ }) // prettier-ignore
})

t.test('nothing is said in the clear', async (t) => {
  for (const url of ['http://localhost/', 'ftp://localhost/', 'nothing'])
    t.match(await askAuthority(url, { method: 'GET', ca, signal }).catch((e: unknown) => e), { message: /no https:\/\// }) // prettier-ignore
})

t.test('whoever says too much is not listened to', async (t) => {
  const url = await start(t, (_, response) => response.end('x'.repeat(3 * 1024 ** 2)))
  t.match(await askAuthority(url, { method: 'GET', ca, signal }).catch((e: unknown) => e), { message: /it says too much/ }) // prettier-ignore
})

t.test('it ends when the hub stops', async (t) => {
  const stopping = new AbortController()
  const url = await start(t, () => stopping.abort(new Error('the hub stops')))
  t.match(await askAuthority(url, { method: 'GET', ca, signal: stopping.signal }).catch((e: unknown) => e), { message: 'the hub stops' }) // prettier-ignore
})

t.test('how long to wait is said in seconds or as a date', async (t) => {
  const nowMs = Date.parse('2026-01-31T12:00:00Z')
  t.equal(waitOf('120', nowMs), 120_000)
  t.equal(waitOf('Sat, 31 Jan 2026 12:01:00 GMT', nowMs), 60_000)
  t.equal(waitOf('Sat, 31 Jan 2026 11:00:00 GMT', nowMs), 0)
  t.equal(waitOf('soon', nowMs), undefined)
  t.equal(waitOf(undefined, nowMs), undefined)
})
