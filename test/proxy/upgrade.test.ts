/** Which upgrades are let into the tunnel. */
import t from 'tap'
import { dial, owner, policyOf, startFront, startPair } from '../support/proxy.ts'

const ask = (path: string, host = 'h'): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`

t.test('a faulty upgrade is refused before any connection', async (t) => {
  const { dial, upstream } = await startPair(t)
  for (const request of [ask('/user/ana/', 'a@b'), ask('/user/ana/', 'a\r\nHost: b')]) {
    const client = await dial()
    client.write(request)
    t.match(await client.ended(), /^HTTP\/1\.1 400 /)
  }
  t.equal(upstream.peers.length, 0)
})

t.test('a path that leads to another route than the admitted one goes nowhere', async (t) => {
  const front = await startFront(t)
  front.routes.add('/user/ana/', { host: '127.0.0.1', port: 1 }, owner)
  const route = front.routes.match('/user/ana/')!
  front.server.removeAllListeners('upgrade')
  front.server.on('upgrade', (request, socket, head) => {
    front.upgrader.upgrade(request, socket, { head, route, policy: policyOf() })
  })
  const client = await dial(t, front.port)
  client.write(ask('/user/bob/'))
  t.match(await client.ended(), /^HTTP\/1\.1 400 /)
})

t.test('a right that has ended already opens nothing', async (t) => {
  const policy = () => policyOf({ right: { hasEnded: true, onEnd: undefined } })
  const { dial, upstream } = await startPair(t, undefined, { policy })
  const client = await dial()
  client.write(ask('/user/ana/'))
  t.equal(await client.ended(), '')
  t.equal(upstream.peers.length, 0)
})
