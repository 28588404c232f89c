/** S-20 (headers) and S-05: no credential of the hub reaches a server, and no server sets one. */
import t from 'tap'
import { hubCookieNames } from '../../src/model/session.ts'
import { answering, policyOf, startPair } from '../support/proxy.ts'

const secret = 'S3CRETs3cretS3CRET'
const policy = () => policyOf({ hubCookieNames })

/** Every way we know to write a Cookie header with the session in it. */
const spellings = [...hubCookieNames].flatMap((name) => [
  `Cookie: ${name}=${secret}`,
  `Cookie: a=1; ${name}=${secret}; b=2`,
  `Cookie: a=1;${name}=${secret};b=2`,
  `cookie: ${name}="${secret}"; a=1`,
  `COOKIE:   ${name} = ${secret}`,
  `Cookie: a=1\r\nCookie: ${name}=${secret}\r\nCookie: b=2`,
  `Cookie: ${name}=other; ${name}=${secret}`,
  `Cookie: __Secure-${name}=${secret}; __Host-${name}=${secret}; __HOST-${name}=${secret}`,
  `Cookie: ;;; ${name}=${secret};;;`,
  `Cookie: \u00a0${name}\u00a0=${secret}`,
  `Connection: X-Y\r\nX-Y: 1\r\nCookie: ${name}=${secret}`,
])

t.test('requests and upgrades lose the session cookie, however it is written', async (t) => {
  const { dial, upstream } = await startPair(
    t,
    answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'),
    { policy },
  )
  const upgrade = 'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
  let requests = 0
  for (const lines of spellings)
    for (const more of ['', `${upgrade}Connection: Upgrade\r\n`]) {
      const client = await dial()
      client.write(`GET /user/ana/x HTTP/1.1\r\nHost: h\r\n${more}${lines}\r\n\r\n`)
      await client.until('hi')
      requests += 1
    }
  const seen = upstream.peers.map((peer) => peer.text()).join('')
  t.equal(seen.split('GET /user/ana/x').length - 1, requests, 'every one of them arrived')
  t.notMatch(seen, secret)
})

t.test('trailers carry no cookie past the filter', async (t) => {
  const { dial, upstream } = await startPair(t, undefined, { policy })
  const client = await dial()
  const name = [...hubCookieNames][0] ?? ''
  client.write('POST /user/ana/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n')
  client.write(`Cookie: ${name}=${secret}\r\nAuthorization: ${secret}\r\nX-Sum: 1\r\n\r\n`)
  t.notMatch(await (await upstream.first()).until('\r\n0\r\nX-Sum: 1\r\n\r\n'), secret)
}) // prettier-ignore

t.test("the hub's own credentials for a server take the place of the client's", async (t) => {
  const { dial, upstream } = await startPair(
    t,
    answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'),
    { policy: () => policyOf({ hubCookieNames, authorization: 'token for-this-server' }) },
  )
  const client = await dial()
  client.write(`GET /user/ana/ HTTP/1.1\r\nHost: h\r\nAuthorization: token ${secret}\r\n\r\n`)
  await client.until('hi')
  const seen = (await upstream.first()).text()
  t.notMatch(seen, secret)
  t.match(seen, /\r\nAuthorization: token for-this-server\r\n/)
})

t.test('no server sets a cookie of the hub, for the hub, or for another user', async (t) => {
  const name = [...hubCookieNames][0] ?? ''
  const evil = [
    `${name}=evil; Path=/user/ana/`, `__Host-${name}=evil; Secure; Path=/`, `__host-${name}=evil`, `=${name}=evil`,
    ` ${name} =evil`, 'a=evil; Path=/hub/', 'b=evil; Path=/user/bob/', 'c=evil; Path=/user/ana/; Path=/hub/',
    'd=evil; Path=/user/ana/..', 'e=evil; Path=/user/ana/%2e%2e/',
  ] // prettier-ignore
  const lines = [...evil, 'mine=1; Domain=example.org; Path=/'].map(
    (one) => `Set-Cookie: ${one}\r\n`,
  )
  const head = `X-Seen: 1\r\nClear-Site-Data: "cookies"\r\nService-Worker-Allowed: /\r\n${lines.join('')}`
  for (const start of ['200 OK', '403 No', '302 Found', '500 Oops']) {
    const { dial } = await startPair(
      t,
      answering(`HTTP/1.1 ${start}\r\n${head}Content-Length: 3\r\n\r\nend`),
      { policy },
    )
    for (const more of ['', 'Connection: Upgrade\r\nUpgrade: websocket\r\n']) {
      const client = await dial()
      client.write(`GET /user/ana/ HTTP/1.1\r\nHost: h\r\n${more}\r\n`)
      const answer = await client.until('end')
      t.notMatch(answer, /evil|Clear-Site|Domain/i, start)
      t.match(answer, /\r\nSet-Cookie: mine=1; Path=\/user\/ana\/\r\n/)
      t.match(answer, /\r\nService-Worker-Allowed: \/user\/ana\/\r\n/)
    }
  }
})
