/** Ports for servers. */
import net from 'node:net'
import t from 'tap'
import { createPorts } from '../../src/spawn/ports.ts'

t.test('no two servers get the same port, and each can be listened on', async (t) => {
  const ports = createPorts()
  const taken = await Promise.all(Array.from({ length: 50 }, () => ports.take()))
  t.equal(new Set(taken).size, 50)
  const server = net.createServer().listen(taken[0], '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  server.close()
})

t.test(
  'a port that is reserved is not given again, however often the kernel names it',
  async (t) => {
    const named = [4001, 4001, 4001, 4002, 4001]
    const ports = createPorts(() => Promise.resolve(named.shift() ?? 4003))
    t.equal(await ports.take(), 4001)
    t.equal(await ports.take(), 4002)
    ports.release(4001)
    t.equal(await ports.take(), 4001)
  },
)

t.test('the port of somebody else who is away is not given, whoever asks again', async (t) => {
  const named = [4001, 4002, 4003, 4001]
  const ports = createPorts(() => Promise.resolve(named.shift() ?? 4003))
  t.equal(await ports.take([4002, 4001]), 4003)
  t.equal(await ports.take([4002]), 4001)
  t.match(await ports.take([4003]).catch((error: unknown) => error), { code: 'Unavailable' })
})
