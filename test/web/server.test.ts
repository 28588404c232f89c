/** The Fastify instance: bodies stay bytes, sizes are bounded, and only trusted proxies are believed. */
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createLog } from '../../src/lib/log.ts'
import { createOrigins } from '../../src/web/origin.ts'
import { createWebServer } from '../../src/web/server.ts'

async function startApp(t: Test, trustedProxies: readonly string[] = [], bodyLimitBytes = 1000) {
  const lines: string[] = []
  const log = createLog({ level: 'debug' }, { write: (line) => void lines.push(line) })
  const app = await createWebServer({
    log,
    origins: createOrigins({ trustedProxies, publicUrl: '' }),
    bodyLimitBytes,
    serve: (hub) => http.createServer(hub),
  })
  const ids: string[] = []
  app.all('/echo', (request) => {
    ids.push(request.id)
    const { body, protocol, host, ip } = request
    const text = body instanceof Buffer ? body.toString('latin1') : body
    return { text, protocol, host, ip, cookies: request.cookies }
  })
  app.post('/long', { bodyLimit: bodyLimitBytes }, () => 'taken')
  app.get('/named/:name', (request) => request.params)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const { port } = app.server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, ids, lines }
}

t.test('a body is bytes, whatever its type says, and nothing when there is none', async (t) => {
  const { url } = await startApp(t)
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'x/y']) {
    const sent = { method: 'POST', headers: { 'content-type': type }, body: '{"a":' }
    t.match(await (await fetch(`${url}/echo`, sent)).json(), { text: '{"a":' }, type)
  }
  const none = await fetch(`${url}/echo`, { method: 'POST' })
  t.notMatch(await none.json(), { text: String })
}) // prettier-ignore

t.test('a body over the limit is refused, said or unsaid', async (t) => {
  const { url } = await startApp(t)
  const body = 'x'.repeat(1001)
  t.equal((await fetch(`${url}/echo`, { method: 'POST', body })).status, 413)
  const stream = new Blob([body]).stream()
  const chunked: RequestInit = { method: 'POST', body: stream, duplex: 'half' }
  t.equal((await fetch(`${url}/echo`, chunked)).status, 413)
  t.equal((await fetch(`${url}/echo`, { method: 'POST', body: body.slice(1) })).status, 200)
})

t.test('long bodies are taken where a route says so, and nowhere else', async (t) => {
  const { url } = await startApp(t, [], 1_000_000)
  const send = async (path: string, bytes: number): Promise<number> => {
    const answer = await fetch(url + path, { method: 'POST', body: 'x'.repeat(bytes) })
    return answer.status
  }
  t.equal(await send('/echo', 64 * 1024), 200)
  t.equal(await send('/echo', 64 * 1024 + 1), 413)
  t.equal(await send('/long', 1_000_000), 200)
  t.equal(await send('/long', 1_000_001), 413)
})

t.test('forwarded headers count from trusted proxies alone (S-57)', async (t) => {
  const headers = { 'x-forwarded-for': '192.0.2.9', 'x-forwarded-proto': 'https' }
  const stranger = await startApp(t)
  const proxy = await startApp(t, ['127.0.0.1'])
  const seen = async (url: string): Promise<unknown> =>
    (await fetch(`${url}/echo`, { headers })).json()
  t.match(await seen(stranger.url), { ip: '127.0.0.1', protocol: 'http' })
  t.match(await seen(proxy.url), { ip: '192.0.2.9', protocol: 'https' })
})

t.test('paths mean what they say: case and slashes count, and names may be long', async (t) => {
  const { url } = await startApp(t)
  const statusOf = async (path: string): Promise<number> => (await fetch(url + path)).status
  t.equal(await statusOf('/echo'), 200)
  t.equal(await statusOf('/ECHO'), 404)
  t.equal(await statusOf('/echo/'), 404)
  const name = 'é'.repeat(64)
  const answer = await fetch(`${url}/named/${encodeURIComponent(name)}`)
  t.same(await answer.json(), { name })
})

t.test('every request has a short id of its own, and none is logged by itself', async (t) => {
  const { url, ids, lines } = await startApp(t)
  const headers = { 'request-id': 'mine', cookie: 'a=b' }
  for (let count = 0; count < 3; count++) await fetch(`${url}/echo?code=secret`, { headers })
  t.equal(new Set(ids).size, 3)
  for (const id of ids) t.match(id, /^.{8}$/)
  t.notMatch(lines.join(''), /echo|secret|mine/)
})
