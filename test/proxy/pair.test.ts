/** Two sockets that belong together. */
import t, { type Test } from 'tap'
import { connect } from '../../src/proxy/connection.ts'
import { createLive } from '../../src/proxy/live.ts'
import { createPair, join } from '../../src/proxy/pair.ts'
import { newRight } from '../../src/proxy/policy.ts'
import { createRoutes } from '../../src/proxy/routes.ts'
import { dial, eventually, fillUp, owner, startRaw } from '../support/proxy.ts'

async function startJoined(t: Test) {
  const [front, upstream] = [await startRaw(t), await startRaw(t)]
  const routes = createRoutes(() => 7)
  routes.add('/user/ana/', upstream, owner)
  const route = routes.match('/user/ana/')!
  const live = createLive(routes)
  const right = newRight()
  const client = await dial(t, front.port)
  const { socket } = await front.first()
  socket.removeAllListeners('data')
  const nobody = {
    bytes: () => true,
    ended: () => undefined,
    drained: () => undefined,
    closed: () => undefined,
  }
  const options = { connectTimeoutMs: 1000, onClose: () => undefined }
  const connection = connect(upstream, nobody, options)
  const pair = createPair({ socket, connection, route, routes, live, right, heldMs: 60_000 })
  pair.phase = 'joined'
  const toClient = join(pair)
  return { client, server: await upstream.first(), socket, route, routes, live, right, toClient }
}

t.test('bytes go either way, and count as use', async (t) => {
  const { client, server, route, toClient } = await startJoined(t)
  client.write('up')
  await server.until('up')
  t.equal(route.lastActivityMs, 7)
  server.write('down')
  toClient(Buffer.from('first'))
  await client.until('down')
  t.match(client.text(), 'first')
})

t.test('what waits for a client that has said its last word still arrives', async (t) => {
  const { client, server, socket, toClient } = await startJoined(t)
  client.socket.pause()
  const bytes = await fillUp(socket, server.write)
  client.socket.end()
  await server.ended()
  toClient(Buffer.from('too late'))
  client.socket.resume()
  t.equal((await client.ended()).length, bytes)
})

t.test('whoever ends it, both sides end, and nobody waits for it any more', async (t) => {
  const ends: Record<string, (pair: Awaited<ReturnType<typeof startJoined>>) => unknown> = {
    client: ({ client }) => client.socket.end(),
    server: ({ server }) => server.socket.end(),
    'a client that is gone': ({ client }) => client.socket.resetAndDestroy(),
    'a server that is gone': ({ server }) => server.socket.resetAndDestroy(),
    route: ({ routes }) => routes.remove('/user/ana/'),
    right: ({ right }) => right.onEnd?.(),
  }
  for (const [name, end] of Object.entries(ends)) {
    const pair = await startJoined(t)
    end(pair)
    await eventually(() => pair.live.size === 0)
    await eventually(() => pair.client.socket.destroyed && pair.server.socket.destroyed)
    t.equal(pair.right.onEnd, undefined, name)
  }
})
