/** One exchange: framing both ways, what is repeated, what is cut, and when. */
import { once } from 'node:events'
import { Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { endRight, newRight } from '../../src/proxy/policy.ts'
import { temporaryFolder } from '../support/hub.ts'
import {
  answering,
  dial,
  eventually,
  get,
  owner,
  policyOf,
  startFront,
  startPair,
  startRaw,
  startRawSocket,
  type Peer,
} from '../support/proxy.ts'
import { countTurns, workFor } from '../support/turns.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'
const chunkedOk = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

const { destroy } = Socket.prototype

/** Answers the n-th connection with the n-th of these. */
const inTurn = (...serves: ((peer: Peer) => void)[]) => {
  let turn = 0
  return (peer: Peer): void => serves[Math.min(turn++, serves.length - 1)]?.(peer)
}

t.test('responses of every framing reach the client whole', async (t) => {
  const answers: Record<string, [string, RegExp]> = {
    length: [ok, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nhi$/],
    empty: ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', /content-length: 0\r\n[^]*\r\n\r\n$/i],
    'no content': ['HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', /^HTTP\/1\.1 204 (?![^]*content-length)[^]*\r\n\r\n$/i],
    'not modified': ['HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\nETag: x\r\n\r\n', /^HTTP\/1\.1 304 [^]*Content-Length: 500\r\n[^]*\r\n\r\n$/],
    chunked: [`${chunkedOk}2;x=y\r\nhi\r\n0\r\n\r\n`, /transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n$/i],
    trailers: [`${chunkedOk}2\r\nhi\r\n0\r\nX-Sum: 7\r\nSet-Cookie: flow=1\r\n\r\n`, /2\r\nhi\r\n0\r\nX-Sum: 7\r\n\r\n$/],
    interim: [`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${ok}`, /^HTTP\/1\.1 200 OK\r\n[^]*hi$/],
    reason: ['HTTP/1.1 418 Kleine Kanne \u00fc\r\nContent-Length: 0\r\nX-U: \u00c3\u00a9\r\n\r\n', /^HTTP\/1\.1 418 Kleine Kanne \u00fc\r\n[^]*X-U: \u00c3\u00a9\r\n/],
    partial: ['HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\u001f\u008b', /^HTTP\/1\.1 206 [^]*Content-Encoding: gzip\r\n[^]*\r\n\r\n\u001f\u008b$/],
  } // prettier-ignore
  for (const [name, [bytes, expected]] of Object.entries(answers)) {
    const { dial, upstream } = await startPair(t, answering(bytes))
    for (const round of [1, 2]) {
      const client = await dial()
      client.write(get())
      t.match(await client.until(expected), expected, `${name} ${round}`)
    }
    t.equal(upstream.peers.length, 1, `${name}: the connection is used again`)
  }
})

t.test('a response arrives the same, wherever it is cut into packets', async (t) => {
  const whole = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`
  let cut = 0
  const { dial } = await startPair(t, (peer) => {
    answering((_, { socket }) => {
      setImmediate(() => socket.write(whole.slice(cut)))
      return whole.slice(0, cut)
    })(peer)
  })
  const client = await dial()
  for (cut = 1; cut < whole.length; cut++) {
    client.clear()
    client.write(get())
    const answer = await client.until('0\r\n\r\n')
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4).replace(/[0-9]\r\n|\r\n/g, '')
    if (body !== 'abcde') t.fail(`cut at ${cut}: ${JSON.stringify(answer)}`)
  }
})

t.test('HEAD gets the length and no body', async (t) => {
  const { dial } = await startPair(t, answering('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n'))
  const client = await dial()
  client.write(get().replace('GET', 'HEAD') + get('/elsewhere'))
  t.match(
    await client.until('none'),
    /^HTTP\/1\.1 200 OK\r\nContent-Length: 99\r\n[^]*?\r\n\r\nHTTP\/1\.1 404/,
  )
})

t.test('a body that ends with its connection is whole when the end is orderly', async (t) => {
  const { dial } = await startPair(t, (peer) =>
    answering(() => {
      setImmediate(() => peer.socket.end())
      return 'HTTP/1.1 200 OK\r\n\r\nhello'
    })(peer),
  )
  const client = await dial()
  client.write(get())
  t.match(await client.until('0\r\n\r\n'), /5\r\nhello\r\n0\r\n\r\n$/)
})

t.test('a broken body is never taken for a whole one', async (t) => {
  const broken: Record<string, string> = {
    length: 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello',
    chunk: `${chunkedOk}50\r\nhello`,
    'between chunks': `${chunkedOk}5\r\nhello\r\n`,
    trailers: `${chunkedOk}5\r\nhello\r\n0\r\nX-Sum`,
    'bad chunk': `${chunkedOk}5\r\nhello\r\nxyz\r\n`,
  }
  for (const [name, bytes] of Object.entries(broken)) {
    const { dial, failures } = await startPair(t, (peer) =>
      answering(() => {
        setTimeout(() => peer.socket.end(), 20)
        return bytes
      })(peer),
    )
    const client = await dial()
    client.write(get())
    const answer = await client.ended()
    t.match(answer, /^HTTP\/1\.1 200 OK/, name)
    t.notMatch(answer, /\r\n0\r\n/, `${name}: no end of the chunks`)
    t.same(failures, [], `${name}: nothing else was answered`)
  }
})

t.test('for HTTP/1.0 a broken body ends with a reset', async (t) => {
  const { dial } = await startPair(t, (peer) =>
    answering(() => {
      setTimeout(() => peer.socket.resetAndDestroy(), 20)
      return 'HTTP/1.1 200 OK\r\n\r\nhello'
    })(peer),
  )
  const client = await dial()
  const reset = once(client.socket, 'error')
  client.write('GET /user/ana/ HTTP/1.0\r\nHost: h\r\n\r\n')
  await t.rejects(
    reset.then(([error]) => Promise.reject(error as Error)),
    { code: 'ECONNRESET' },
  )
})

t.test(
  'garbage from a server is a failure, and the next request is not touched by it',
  async (t) => {
    const garbage = [
    'SSH-2.0-x\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc', 'HTTP/1.1 200 OK\r\nX: \u0000\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n', 'HTTP/1.1 200 OK\nX: y\n\n',
  ] // prettier-ignore
    for (const bytes of garbage) {
      const { dial, failures } = await startPair(t, inTurn(answering(bytes), answering(ok)))
      const client = await dial()
      client.write(get())
      await client.until('failed: garbage')
      t.equal(failures[0]?.kind, 'garbage', JSON.stringify(bytes))
      client.clear()
      client.write(get())
      await client.until('hi')
    }
  },
)

t.test('nobody listens, or the connection ends before an answer', async (t) => {
  const { dial, upstream, failures } = await startPair(t, (peer) =>
    peer.socket.once('data', () => peer.socket.destroy()),
  )
  const client = await dial()
  client.write(get())
  await client.until('failed: broken')
  client.clear()
  upstream.server.close()
  await once(upstream.server, 'close')
  client.write(get())
  await client.until('failed: refused')
  t.same(
    failures.map(({ route }) => route.prefix),
    ['/user/ana/', '/user/ana/'],
  )
})

t.test('half a head is no answer', async (t) => {
  const { dial } = await startPair(t, (peer) =>
    peer.socket.once('data', () => peer.socket.end('HTTP/1.1 200 OK\r\nContent-Le')),
  )
  const client = await dial()
  client.write(get())
  await client.until('failed: broken')
})

/** Serves one request well, then cuts the connection at the second. */
const cutsTheSecond = (peer: Peer): void => {
  let count = 0
  answering((_, { socket }) => {
    count += 1
    if (count === 1) return ok
    socket.resetAndDestroy()
    return ''
  })(peer)
}

const body = 'POST /user/ana/ HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n'

t.test('what met a closing connection is repeated, or never goes on a kept one', async (t) => {
  const cases: [string, string, number[]][] = [
    ['GET', get(), [2, 1]],
    ['DELETE', get().replace('GET', 'DELETE'), [2, 1]],
    ['empty POST', body.replace('3', '0'), [1, 1]],
    ['POST', `${body}abc`, [1, 1]],
    ['PUT', `${body.replace('POST', 'PUT')}abc`, [1, 1]],
    ['POST whose body has not begun', body, [1, 1]],
  ]
  for (const [name, request, seen] of cases) {
    const { dial, upstream } = await startPair(t, inTurn(cutsTheSecond, answering(ok)))
    const client = await dial()
    client.write(get())
    await client.until('hi')
    client.clear()
    client.write(request)
    await client.until('hi')
    const requests = upstream.peers.map((peer) => peer.text().split(' HTTP/1.1\r\n').length - 1)
    t.same(requests, seen, name)
  }
})

t.test('it is repeated once, on a new connection, and not for ever', async (t) => {
  const cuts = (peer: Peer): void => void peer.socket.once('data', () => peer.socket.destroy())
  const { dial, upstream } = await startPair(t, inTurn(cutsTheSecond, cuts))
  const client = await dial()
  client.write(get())
  await client.until('hi')
  client.write(get())
  await client.until('failed: broken')
  t.equal(upstream.peers.length, 2)
})

t.test('an answer never comes from an exchange before', async (t) => {
  const { dial, upstream } = await startPair(
    t,
    inTurn(answering(`${ok}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`), answering(ok)),
  )
  const client = await dial()
  client.write(get())
  await client.until('hi')
  await upstream.peers[0]?.ended()
  client.clear()
  client.write(get())
  t.notMatch(await client.until('hi'), 'evil')
  t.equal(upstream.peers.length, 2)
})

t.test('a byte that nobody asked for ends an idle connection', async (t) => {
  const { dial, upstream, forwarder } = await startPair(t, answering(ok))
  const client = await dial()
  client.write(get())
  await client.until('hi')
  upstream.peers[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')
  await upstream.peers[0]?.ended()
  await eventually(() => forwarder.counts.connections === 0)
  client.clear()
  client.write(get())
  t.notMatch(await client.until('hi'), 'evil')
})

t.test('bodies go up as they came: by length, by chunks, with trailers', async (t) => {
  const { dial, upstream } = await startPair(t)
  const client = await dial()
  client.write('POST /user/ana/ HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe')
  await eventually(() => upstream.peers[0]?.text().endsWith('\r\n\r\nhe') ?? false)
  t.match(upstream.peers[0]?.text(), /\r\nContent-Length: 5\r\n/)
  client.write('llo')
  await upstream.peers[0]?.until('hello')
  upstream.peers[0]?.write(ok)
  await client.until('hi')
  client.write('PUT /user/ana/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n')
  client.write('3;ext\r\nabc\r\n')
  await eventually(() => upstream.peers[1]?.text().endsWith('3\r\nabc\r\n') ?? false)
  client.write('2\r\nde\r\n0\r\nX-Sum: 9\r\nHost: evil\r\n\r\n')
  const seen = await upstream.peers[1]?.until('\r\n0\r\nX-Sum: 9\r\n\r\n')
  t.match(seen, /\r\nTransfer-Encoding: chunked\r\n/)
  t.notMatch(seen, /evil/)
})

t.test('a client that expects 100 Continue gets it, and the server never sees the question', async (t) => {
  const { dial, upstream } = await startPair(t)
  const client = await dial()
  client.write('POST /user/ana/ HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n')
  await client.until('HTTP/1.1 100 Continue\r\n\r\n')
  client.write('abc')
  const peer = await upstream.first()
  t.notMatch(await peer.until('abc'), /Expect/i)
  peer.write(`HTTP/1.1 100 Continue\r\n\r\n${ok}`)
  t.match(await client.until('hi'), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/)
}) // prettier-ignore

t.test(
  'a refusal in the middle of an upload reaches the client, and the connection is not used again',
  async (t) => {
    const { dial, upstream, forwarder } = await startPair(t)
    const client = await dial()
    client.write('POST /user/ana/ HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc')
    await eventually(() => upstream.peers[0]?.text().endsWith('abc') ?? false)
    upstream.peers[0]?.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig')
    await client.until('big')
    await upstream.peers[0]?.ended()
    t.equal(forwarder.counts.idle, 0)
    client.write('x'.repeat(997) + get('/elsewhere'))
    await client.until('HTTP/1.1 404 ')
  },
)

/** A client in the middle of an upload to a server that answers and closes at once, while more is on its way. */
async function uploadTo(t: Test, how: { answer: string; nodeOnly: boolean; onSocket: boolean }) {
  const serve = ({ socket }: Peer): void =>
    void socket.once('data', () => {
      client.write('x'.repeat(50_000))
      socket.write(how.answer)
      socket.destroy()
    })
  const { onSocket, nodeOnly } = how
  const front = await startFront(t, { nodeOnly })
  const target = onSocket
    ? await startRawSocket(t, join(temporaryFolder(t), 'server'), serve)
    : await startRaw(t, serve)
  front.routes.add('/user/ana/', target, owner)
  const client = await dial(t, front.port)
  const head = 'POST /user/ana/ HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n'
  const begin = (bodyBytes: number): void => client.write(head + 'x'.repeat(bodyBytes))
  return { client, begin }
}

const paths = [true, false].flatMap((onSocket) =>
  [true, false].map((nodeOnly) => ({ onSocket, nodeOnly })),
)

t.test('a server that refuses an upload and closes at once is heard', async (t) => {
  const refusals: [string, RegExp][] = [
    ['413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig', /413 [^]*\r\n\r\nbig$/],
    // Tornado says no more than that, whoever announces more than it takes.
    ['400 Bad Request\r\n\r\n', /400 [^]*\r\n\r\n0\r\n\r\n$/],
    ['413 Too Large\r\nConnection: close\r\n\r\nbig', /413 [^]*\r\n3\r\nbig\r\n0\r\n\r\n$/],
  ] // prettier-ignore
  for (const path of paths)
    for (const bodyBytes of [3, 1_000_000])
      for (const [answer, expected] of refusals) {
        const { client, begin } = await uploadTo(t, { ...path, answer: `HTTP/1.1 ${answer}` })
        begin(bodyBytes)
        const said = await client.until(expected)
        t.match(said, /^HTTP\/1\.1 4/, `${JSON.stringify(path)} ${bodyBytes} ${answer}`)
      }
})

t.test('what it had no time to say is missed', async (t) => {
  const halves = ['413 Too Large\r\nContent-Length: 300\r\n\r\nbig', '200 OK\r\n\r\nbig']
  for (const nodeOnly of [true, false])
    for (const answer of halves) {
      const how = { nodeOnly, onSocket: true, answer: `HTTP/1.1 ${answer}` }
      const { client, begin } = await uploadTo(t, how)
      begin(3)
      const said = await client.ended()
      t.match(said, /^HTTP\/1\.1 [^]*big/)
      t.notMatch(said, /\r\n0\r\n/, answer)
    }
})

t.test('events come through at once', async (t) => {
  const { dial, upstream } = await startPair(t)
  const client = await dial()
  client.write(get())
  await (await upstream.first()).until('\r\n\r\n')
  upstream.peers[0]?.write(`HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n`)
  await client.until('text/event-stream')
  for (const event of ['one', 'two', 'six']) {
    upstream.peers[0]?.write(`3\r\n${event}\r\n`)
    await client.until(`3\r\n${event}\r\n`)
  }
}) // prettier-ignore

t.test('a client that leaves takes its exchange with it', async (t) => {
  const leave: Record<string, (peer: Peer) => void> = {
    orderly: ({ socket }) => socket.end(),
    reset: ({ socket }) => socket.resetAndDestroy(),
  }
  for (const [how, end] of Object.entries(leave))
    for (const answer of ['', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', `${chunkedOk}2\r\nhi\r\n`]) {
      const { dial, upstream, forwarder, failures } = await startPair(t, answering(answer))
      const client = await dial()
      client.write(get())
      await eventually(() => upstream.peers.length === 1)
      if (answer !== '') await client.until(/half|hi/)
      end(client)
      await upstream.peers[0]?.ended()
      await eventually(() => forwarder.counts.exchanges + forwarder.counts.connections === 0)
      t.same(failures, [], `${how}: ${answer.slice(0, 40)}`)
    }
}) // prettier-ignore

t.test('what those leave behind who leave at once is freed bit by bit', async (t) => {
  const { dial, upstream } = await startPair(t, answering(`${chunkedOk}2\r\nhi\r\n`))
  const clients = await Promise.all(Array.from({ length: 20 }, dial))
  for (const client of clients) client.write(get())
  for (const client of clients) await client.until('hi')
  const turns = countTurns(t)
  // As long as the kernel takes for megabytes.
  t.intercept(Socket.prototype, 'destroy', {
    value(this: Socket, ...given: Parameters<typeof destroy>) {
      if (!this.destroyed && this.remotePort === upstream.port) {
        turns.mark()
        workFor(0.3)
      }
      return destroy.apply(this, given)
    },
  })
  for (const { socket } of clients) socket.resetAndDestroy()
  await eventually(() => turns.count === clients.length)
  t.ok(turns.most() <= 2, `${turns.most()} in one turn`)
})

t.test('a client that leaves during its upload takes the upload with it', async (t) => {
  const { dial, upstream, forwarder } = await startPair(t)
  const client = await dial()
  client.write('POST /user/ana/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
  await eventually(() => upstream.peers[0]?.text().endsWith('abc\r\n') ?? false)
  client.socket.destroy()
  t.notMatch(await upstream.peers[0]?.ended(), /\r\n0\r\n/, 'no end of the chunks')
  await eventually(() => forwarder.counts.connections === 0)
}) // prettier-ignore

t.test('a chunk that is none ends request and upload', async (t) => {
  const { dial, upstream } = await startPair(t)
  const client = await dial()
  client.write('POST /user/ana/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
  await eventually(() => upstream.peers[0]?.text().endsWith('abc\r\n') ?? false)
  client.write('xyz\r\n')
  t.match(await client.ended(), /^HTTP\/1\.1 400 /)
  t.notMatch(await upstream.peers[0]?.ended(), /xyz|\r\n0\r\n/)
}) // prettier-ignore

t.test('a right that ends closes both sides at once', async (t) => {
  for (const answer of ['', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf']) {
    const right = newRight()
    const policy = () => policyOf({ right })
    const { dial, upstream, forwarder } = await startPair(t, answering(answer), { policy })
    const client = await dial()
    client.write(get())
    await eventually(() => upstream.peers.length === 1)
    if (answer !== '') await client.until('half')
    endRight(right)
    t.notMatch(await client.ended(), /failed/)
    await upstream.peers[0]?.ended()
    t.equal(forwarder.counts.exchanges, 0)
    const late = await dial()
    late.write(get())
    t.equal(await late.ended(), '', 'and nothing begins any more')
  }
})

t.test('a removed route ends what is open on it and closes what is idle', async (t) => {
  const { dial, upstream, routes, forwarder } = await startPair(t, (peer) =>
    answering((head) => (head.includes('/wait') ? '' : head.includes('/half') ? chunkedOk : ok))(peer),
  )
  const [idle, waiting, half] = [await dial(), await dial(), await dial()]
  waiting.write(get('/user/ana/wait'))
  half.write(get('/user/ana/half'))
  await half.until('\r\n\r\n')
  idle.write(get())
  await idle.until('hi')
  await eventually(() => upstream.peers.length === 3)
  routes.remove('/user/ana/')
  await waiting.until('failed: broken')
  t.notMatch(await half.ended(), /\r\n0\r\n/)
  for (const peer of upstream.peers) await peer.ended()
  await eventually(() => forwarder.counts.connections === 0)
  t.same(forwarder.counts, { exchanges: 0, connections: 0, idle: 0 })
}) // prettier-ignore

t.test('a removed route ends what waits on a connection that had carried another', async (t) => {
  for (const end of ['route', 'forwarder'] as const) {
    const heads: string[] = []
    const { dial, routes, forwarder } = await startPair(
      t,
      answering((head) => (heads.push(head) === 1 ? ok : '')),
    )
    const client = await dial()
    client.write(get())
    await client.until('hi')
    client.write(get())
    await eventually(() => heads.length === 2)
    if (end === 'route') routes.remove('/user/ana/')
    else forwarder.close()
    await client.until('failed: broken')
    await eventually(() => forwarder.counts.connections === 0)
    t.equal(heads.length, 2, 'and is not sent again')
  }
})

t.test('requests sent at once are answered in order', async (t) => {
  const { dial } = await startPair(
    t,
    answering((head) => {
      const body = /n=(\d+)/.exec(head)?.[1] ?? ''
      return `HTTP/1.1 200 OK\r\nContent-Length: 1003\r\n\r\n<${body}>${'.'.repeat(1000)}`
    }),
  )
  const client = await dial()
  client.write([1, 2, 3, 4, 5].map((n) => get(`/user/ana/?n=${n}`)).join(''))
  const answer = await client.until(/<5>\.{1000}$/)
  t.same(answer.match(/<\d>\.{1000}/g)?.map((part) => part.slice(0, 3)), ['<1>', '<2>', '<3>', '<4>', '<5>'])
}) // prettier-ignore

t.test('use is noted for what a person does, not for refusals', async (t) => {
  let now = 1000
  const { dial, routes, upstream } = await startPair(t, undefined, { nowMs: () => now })
  const route = routes.list()[0]!
  const client = await dial()
  const exchange = async (answer: string, end: string) => {
    now += 1000
    client.write(get())
    await eventually(() => upstream.peers.at(-1)?.text().endsWith('\r\n\r\n') ?? false)
    upstream.peers.at(-1)?.clear()
    upstream.peers.at(-1)?.write(answer)
    await client.until(end)
    client.clear()
  }
  await exchange('HTTP/1.1 403 x\r\nContent-Length: 1\r\n\r\na', '\r\n\r\na')
  await exchange('HTTP/1.1 302 x\r\nContent-Length: 1\r\n\r\nb', '\r\n\r\nb')
  t.equal(route.lastActivityMs, 0)
  await exchange('HTTP/1.1 201 x\r\nContent-Length: 1\r\n\r\nc', '\r\n\r\nc')
  t.equal(route.lastActivityMs, 4000)
  now = 9000
  client.write('POST /user/ana/ HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\npart')
  await eventually(() => upstream.peers.at(-1)?.text().endsWith('part') ?? false)
  t.equal(route.lastActivityMs, 9000, 'a piece of an upload')
})

t.test('a download is use for as long as it goes on', async (t) => {
  let now = 1000
  const { dial, routes, upstream } = await startPair(t, undefined, { nowMs: () => now })
  const route = routes.list()[0]!
  const client = await dial()
  client.write(get())
  await eventually(() => upstream.peers.length === 1)
  const piece = async (bytes: string) => {
    now += 1000
    upstream.peers[0]?.write(bytes)
    await client.until(bytes.slice(-4))
    return route.lastActivityMs
  }
  t.equal(await piece('HTTP/1.1 200 x\r\nContent-Length: 1000\r\n\r\nhead'), 2000)
  t.equal(await piece('more'), 3000)
  t.equal(await piece('last'), 4000)
  client.socket.destroy()
})

t.test('a refusal that goes on is none', async (t) => {
  const { dial, routes, upstream } = await startPair(t, undefined, { nowMs: () => 1000 })
  const client = await dial()
  client.write(get())
  await eventually(() => upstream.peers.length === 1)
  upstream.peers[0]?.write('HTTP/1.1 404 x\r\nContent-Length: 1000\r\n\r\nnone')
  await client.until('none')
  t.equal(routes.list()[0]?.lastActivityMs, 0)
  client.socket.destroy()
})

t.test('a server that is silent for too long is given up, a slow one is not', async (t) => {
  const policy = () => policyOf({ quietMs: 800 })
  const { dial, failures, upstream } = await startPair(t, () => undefined, { policy })
  const client = await dial()
  client.write(get())
  t.match(await client.until('timeout'), /^HTTP\/1\.1 502 /)
  t.match(failures, [{ kind: 'timeout' }])
  client.clear()
  client.write(get())
  await eventually(() => upstream.peers.length === 2)
  const [, server] = upstream.peers
  for (const part of [ok.slice(0, 9), ok.slice(9, 20), ok.slice(20, 30), ok.slice(30)]) {
    await new Promise((resolve) => setTimeout(resolve, 300))
    server?.write(part)
  }
  await client.until('hi')
  client.clear()
  await new Promise((resolve) => setTimeout(resolve, 1000))
  t.equal(server?.socket.destroyed, false, 'an idle one is the wait of nobody')
})
