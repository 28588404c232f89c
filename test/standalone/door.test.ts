/** What a request to a proxy by itself meets. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type http from 'node:http'
import t from 'tap'
import { answering, dial, get, startRaw, startServer } from '../support/proxy.ts'
import { ask, plainHeaders, startStandalone } from '../support/standalone.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=b; Path=/\r\n\r\nhi'

t.test('a request reaches the server of its route, with what the peer adds', async (t) => {
  const upstream = await startRaw(t, answering(ok))
  const { port, table } = await startStandalone(t)
  table.add('/user/ana', { target: `http://127.0.0.1:${upstream.port}` })
  const client = await dial(t, port)
  client.write(
    get('/user/ana/x?y', 'Cookie: littlehub-session=1; b=2\r\nAuthorization: token t\r\n'),
  )
  t.match(await client.until('hi'), /\r\nSet-Cookie: a=b; Path=\/\r\n/)
  const asked = upstream.peers[0]?.text() ?? ''
  t.match(asked, /^GET \/user\/ana\/x\?y HTTP\/1\.1\r\nHost: hub\.example\.org\r\n/)
  t.match(asked, '\r\nCookie: littlehub-session=1; b=2\r\n', 'another hub has its own cookies')
  t.match(asked, '\r\nAuthorization: token t\r\n')
  t.match(asked, '\r\nx-forwarded-for: 127.0.0.1\r\n')
  t.match(asked, '\r\nx-forwarded-proto: http\r\n')
})

t.test('a WebSocket is joined', async (t) => {
  const upstream = await startRaw(t, (peer) => {
    void peer.until('\r\n\r\n').then(() => {
      peer.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst',
      )
    })
  })
  const { port, table } = await startStandalone(t)
  table.add('/a', { target: `http://127.0.0.1:${upstream.port}` })
  const ask = (path: string) =>
    get(path, 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n')
  const client = await dial(t, port)
  client.write(ask('/a/ws'))
  t.match(await client.until('first'), /^HTTP\/1\.1 101 /)
  client.write('frame')
  await (await upstream.first()).until('frame')
  for (const [path, status] of [
    ['/none', 404],
    ['/a/../b', 400],
  ] as const) {
    const other = await dial(t, port)
    other.write(ask(path))
    t.match(await other.ended(), new RegExp(`^HTTP/1\\.1 ${status} `))
  }
})

t.test('it says that it lives, and never forwards that question', async (t) => {
  const { port, table } = await startStandalone(t)
  table.add('/', { target: 'http://127.0.0.1:9' })
  t.match(await ask({ host: '127.0.0.1', port, path: '/_chp_healthz' }), {
    status: 200,
    type: 'application/json',
    text: '{"status":"OK"}',
  })
})

t.test('use counts when it succeeded, and when bytes go either way', async (t) => {
  const statusOf = (url = ''): number => Number(/\d+/.exec(url)?.[0] ?? 200)
  const server = await startServer(t, (request, response) => {
    request.resume()
    response.writeHead(statusOf(request.url)).end()
  })
  const { port, table } = await startStandalone(t)
  table.add('/', { target: `http://127.0.0.1:${server.port}` }, 1)
  const usedAfter = async (options: http.RequestOptions, body?: string): Promise<boolean> => {
    const route = table.find('/')?.route
    if (route) route.lastActivityMs = 1
    await ask({ host: '127.0.0.1', port, ...options }, body)
    return route?.lastActivityMs !== 1
  }
  t.equal(await usedAfter({ path: '/200' }), true)
  for (const path of ['/302', '/404', '/503'])
    t.equal(await usedAfter({ path }), false, `${path} keeps nobody busy`)
  t.equal(await usedAfter({ path: '/404', method: 'POST' }, 'body'), true)
})

t.test('what has no route, or could be read in two ways, goes nowhere', async (t) => {
  const { port } = await startStandalone(t)
  t.match(await ask({ host: '127.0.0.1', port, path: '/none' }), { status: 404, type: /html/ })
  t.match(await ask({ host: '127.0.0.1', port, path: '/a/../b' }), { status: 400 })
})

t.test('a server that is silent for too long is given up', async (t) => {
  const upstream = await startRaw(t)
  const { port, table, lines } = await startStandalone(t, { proxyTimeoutMs: 50 })
  table.add('/', { target: `http://127.0.0.1:${upstream.port}` })
  t.match(await ask({ host: '127.0.0.1', port, path: '/x' }), { status: 503 })
  t.match(lines.at(-1), { kind: 'timeout' })
})

/** How many requests Node's server is given while `work` goes on. */
async function countOfNode(work: () => Promise<void>): Promise<number> {
  let count = 0
  const note = (): void => {
    count += 1
  }
  subscribe('http.server.request.start', note)
  await work()
  unsubscribe('http.server.request.start', note)
  return count
}

t.test('usual requests are forwarded past the server of Node, with the same bytes', async (t) => {
  const upstream = await startRaw(t, answering(ok))
  const target = `http://127.0.0.1:${upstream.port}/base`
  const heads: string[] = []
  /** One request, by either way: an unusual spelling of a field is Node's affair. */
  const exchange = async (changes: Parameters<typeof startStandalone>[1], lines = '') => {
    const { port, table } = await startStandalone(t, changes)
    table.add('/user/ana', { target })
    const client = await dial(t, port)
    client.write(get('/user/ana/%61?y', `Cookie: a=b\r\n${lines}`))
    const answer = (await client.until('hi'))
      .split('\r\n')
      .filter((line) => !line.startsWith('Date'))
    heads.push(upstream.peers.at(-1)?.text() ?? '')
    return answer.sort()
  }
  const headers = { ...plainHeaders, customHeaders: { 'X-Team': 'a' } }
  const answers: string[][] = []
  const direct = async (): Promise<void> => {
    answers.push(await exchange({ headers }))
  }
  t.equal(await countOfNode(direct), 0)
  const metrics = { host: '127.0.0.1', port: 0 }
  for (const changes of [{ timeoutMs: 60_000 }, { metrics }]) {
    const ask = async (): Promise<void> => {
      answers.push(await exchange({ ...changes, headers }))
    }
    t.equal(await countOfNode(ask), 1, 'who counts or times connections needs that server')
  }
  t.match(heads[0], /^GET \/base\/user\/ana\/%61\?y HTTP[^]*\r\nX-Team: a\r\n/)
  t.same(new Set(heads).size, 1)
  t.same(answers[1], answers[0])
  t.same(answers[2], answers[0])
})

t.test('what is more than forwarded is given to the server of Node', async (t) => {
  const { port, table } = await startStandalone(t)
  table.add('/a', { target: 'http://127.0.0.1:9' })
  for (const path of ['/_chp_healthz', '/none', '/a/../b', '/a']) {
    const question = async (): Promise<void> => {
      await ask({ host: '127.0.0.1', port, path })
    }
    t.equal(await countOfNode(question), 1, path)
  }
})
