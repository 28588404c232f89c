/** S-19: where a request goes is decided by the route table and by nothing that a client can write. */
import t from 'tap'
import { answering, get, startPair, startRaw } from '../support/proxy.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine'

t.test('no spelling of a request reaches another address', async (t) => {
  const pair = await startPair(t, answering(ok))
  const victim = await startRaw(t, answering(ok.replace('mine', 'evil')))
  const at = `127.0.0.1:${victim.port}`
  const requests = [
    `GET http://${at}/user/ana/ HTTP/1.1\r\nHost: ${at}\r\n\r\n`,
    `GET http://169.254.169.254/latest/meta-data HTTP/1.1\r\nHost: h\r\n\r\n`,
    `GET http://${at} HTTP/1.1\r\nHost: h\r\n\r\n`,
    `GET http://h@${at}/user/ana/ HTTP/1.1\r\nHost: h\r\n\r\n`,
    `GET ftp://${at}/ HTTP/1.1\r\nHost: h\r\n\r\n`,
    `CONNECT ${at} HTTP/1.1\r\nHost: ${at}\r\n\r\n`,
    get(`/user/ana/@${at}/`),
    get(`/user/ana/%2F%2F${at}/`),
    get(`/user/ana@${at}/`),
    get(`/user/ana%2F@${at}/`),
    get(`//${at}/user/ana/`),
    get('/user/ana/', `X-Forwarded-Host: ${at}\r\nForwarded: host=${at}\r\nX-Host: ${at}\r\n`),
    get('/user/ana/', `X-Original-URL: http://${at}/\r\nX-Rewrite-URL: http://${at}/\r\n`),
    `GET /user/ana/ HTTP/1.1\r\nHost: ${at}\r\n\r\n`,
    `GET /user/ana/ws HTTP/1.1\r\nHost: ${at}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    `GET http://${at}/user/ana/ws HTTP/1.1\r\nHost: ${at}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  ]
  for (const request of requests) {
    const client = await pair.dial()
    client.write(request)
    await client.until('\r\n\r\n')
    t.notMatch(client.text(), 'evil', JSON.stringify(request.slice(0, 60)))
  }
  t.equal(victim.peers.length, 0, 'nobody connected there')
})

t.test('a redirect of a server is handed on, not followed', async (t) => {
  const victim = await startRaw(t)
  const { dial } = await startPair(
    t,
    answering(`HTTP/1.1 307 x\r\nLocation: http://127.0.0.1:${victim.port}/\r\nContent-Length: 0\r\n\r\n`),
  ) // prettier-ignore
  const client = await dial()
  client.write(get())
  t.match(await client.until('\r\n\r\n'), /^HTTP\/1\.1 307 x\r\nLocation: http:/)
  t.equal(victim.peers.length, 0)
})
