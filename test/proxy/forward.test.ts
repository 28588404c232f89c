/** Forwarding of HTTP exchanges, byte for byte on real sockets. */
import t from 'tap'
import { answering, dial, get, owner, policyOf, startFront, startPair } from '../support/proxy.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'

t.test('a request travels to the server of its route, and the answer back', async (t) => {
  const { dial, upstream } = await startPair(t, answering(ok))
  const client = await dial()
  client.write(get('/user/ana/api?x=1&x=%2F;'))
  const answer = await client.until('hi')
  t.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
  t.match(answer, /\r\nContent-Length: 2\r\n/)
  t.match(upstream.peers[0]?.text(), /^GET \/user\/ana\/api\?x=1&x=%2F; HTTP\/1\.1\r\n/)
  t.match(upstream.peers[0]?.text(), /\r\nX-Forwarded-For: 192\.0\.2\.7\r\n/)
})

t.test('the target goes up as it came', async (t) => {
  const { dial, upstream } = await startPair(t, answering(ok))
  const targets = [
    '/user/ana/a%2Fb', '/user/ana/a%20b', '/user/ana//x', '/user/ana/x;y=1', '/user/ana/a|b', "/user/ana/o'n",
    '/user/ana/a+b', '/user/ana/?k=1&k=2', '/user/ana/?a?b=/../c', '/user/ana/%252e%252e/', '/user/%61na/x',
  ] // prettier-ignore
  const client = await dial()
  for (const target of targets) {
    client.clear()
    client.write(get(target))
    await client.until('hi')
    t.ok(upstream.peers.at(-1)?.text().includes(`GET ${target} HTTP/1.1\r\n`), target)
  }
  t.equal(upstream.peers.length, 1, 'one connection carried them all')
})

t.test('the absolute form is routed by its path and sent on in origin form', async (t) => {
  const { dial, upstream } = await startPair(t, answering(ok))
  const client = await dial()
  client.write(get('http://evil.example/user/ana/x?y'))
  await client.until('hi')
  t.match(upstream.peers[0]?.text(), /^GET \/user\/ana\/x\?y HTTP\/1\.1\r\nHost: hub\.example\.org/)
})

t.test('a path that leads to another route than the admitted one goes nowhere', async (t) => {
  const front = await startFront(t)
  front.routes.add('/user/ana/', { host: '127.0.0.1', port: 1 }, owner)
  const other = front.routes.match('/user/ana/')
  front.server.removeAllListeners('request')
  front.server.on('request', (request, response) => {
    if (other) front.forwarder.forward(request, response, { route: other, policy: policyOf() })
  })
  const client = await dial(t, front.port)
  client.write(get('/user/bob/'))
  t.match(await client.until('server.'), /^HTTP\/1\.1 400 /)
  t.same(front.failures, [], 'no connection was tried')
})

t.test('a prefix without its slash is sent to the one with it', async (t) => {
  const { dial, upstream } = await startPair(t, answering(ok))
  const client = await dial()
  client.write(get('/user/ana?a=b'))
  const answer = await client.until('\r\n\r\n')
  t.match(answer, /^HTTP\/1\.1 302 /)
  t.match(answer, /\r\nlocation: \/user\/ana\/\?a=b\r\n/)
  t.equal(upstream.peers.length, 0)
})

t.test('what must not be forwarded is refused before any connection', async (t) => {
  const { dial, upstream } = await startPair(t, answering(ok))
  const refused: [string, number][] = [
    ['GET /user/ana/ HTTP/1.1\r\nHost: a@b\r\n\r\n', 400],
    ['GET /user/ana/ HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
    ['GET /user/ana/ HTTP/1.1\r\nHost: a/b\r\n\r\n', 400],
    ['GET /user/ana/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['TRACE /user/ana/ HTTP/1.1\r\nHost: a\r\n\r\n', 405],
    ['POST /user/ana/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', 501],
    ['POST /user/ana/ HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ] // prettier-ignore
  for (const [bytes, status] of refused) {
    const client = await dial()
    client.write(bytes)
    t.match(await client.ended(), new RegExp(`^HTTP/1\\.1 ${status} `), JSON.stringify(bytes))
  }
  t.equal(upstream.peers.length, 0)
})

t.test('a hub that stops leaves no connection to a server behind', async (t) => {
  const { dial, upstream, forwarder } = await startPair(t, answering(ok))
  const client = await dial()
  client.write(get())
  await client.until('hi')
  t.same(forwarder.counts, { exchanges: 0, connections: 1, idle: 1 })
  forwarder.close()
  await upstream.peers[0]?.ended()
  t.equal(forwarder.counts.idle, 0)
})
