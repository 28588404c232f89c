/** How many connections may be open. */
import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createConnectionLimits } from '../../src/web/connection-limits.ts'
import { eventually, get, peerOf, type Peer } from '../support/proxy.ts'
import { logLines } from '../support/standalone.ts'

type Limits = { readonly limit?: number; readonly per_address?: number; readonly leaves?: 'oldest' }

async function start(t: Test, { limit = 0, per_address = 0, ...leaves }: Limits, trusted = '') {
  const { log, lines } = logLines()
  const limits = createConnectionLimits({
    limits: () => ({ limit, per_address }),
    trusts: (address) => address === trusted,
    log,
    ...leaves,
  })
  // A second address of this machine that does not count as this machine.
  const server = http.createServer((_, response) => response.end('served'))
  limits.guard(server)
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const dial = async (): Promise<Peer> => {
    const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    return peerOf(socket)
  }
  return { limits, server, dial, lines }
}

const served = async (peer: Peer): Promise<boolean> => {
  peer.write(get('/'))
  return (await Promise.race([peer.until('served'), peer.ended()]).catch(() => '')).includes(
    'served',
  )
}

t.test('beyond the limit of all, new connections are closed until others end', async (t) => {
  const { dial, limits, lines } = await start(t, { limit: 2 })
  const [first, second] = [await dial(), await dial()]
  t.equal(await served(first), true)
  t.equal(await served(second), true)
  for (let more = 0; more < 3; more++) t.equal(await served(await dial()), false)
  t.equal(limits.open, 2)
  t.match(lines, [{ level: 40, address: '127.0.0.1', open: 2 }])
  t.equal(lines.length, 1, 'and told once')
  first.socket.destroy()
  await eventually(() => limits.open === 1)
  t.equal(await served(await dial()), true)
  t.equal(await served(second), true, 'who was in stays in')
})

t.test('this machine and trusted proxies are not one address among many', async (t) => {
  const { dial } = await start(t, { per_address: 1 })
  for (let more = 0; more < 3; more++) t.equal(await served(await dial()), true)
})

t.test('one address has its share', async (t) => {
  const addressed = async (trusted = '') => {
    const { limits, server } = await start(t, { per_address: 2 }, trusted)
    const sockets = [1, 2, 3].map(() => {
      const socket = new net.Socket()
      Object.defineProperty(socket, 'remoteAddress', { value: '::ffff:203.0.113.5' })
      server.emit('connection', socket)
      return socket
    })
    const open = sockets.filter(({ destroyed }) => !destroyed).length
    for (const socket of sockets) socket.destroy()
    await eventually(() => limits.open === 0)
    return open
  }
  t.equal(await addressed(), 2)
  t.equal(await addressed('203.0.113.5'), 3, 'behind a proxy of ours is everybody')
})

t.test(
  'where all are from this machine the oldest leave, so that a flood keeps nobody out',
  async (t) => {
    const { dial, limits } = await start(t, { limit: 2, leaves: 'oldest' })
    const flood = [await dial(), await dial(), await dial()]
    await flood[0]?.ended()
    t.equal(limits.open, 2)
    const client = await dial()
    t.equal(await served(client), true)
    t.equal(await served(client), true)
    t.equal(limits.open, 2)
    flood[2]?.socket.destroy()
    await eventually(() => limits.open === 1)
  },
)
