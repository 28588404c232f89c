/** Connections that are kept for the next exchange. */
import t from 'tap'
import { type ConnectionUser } from '../../src/proxy/connection.ts'
import { createPool } from '../../src/proxy/pool.ts'
import { type Target } from '../../src/proxy/routes.ts'
import { eventually, startRaw } from '../support/proxy.ts'

const idleUser: ConnectionUser = {
  bytes: () => true,
  ended: () => undefined,
  drained: () => undefined,
  closed: () => undefined,
}

async function fixture(t: Parameters<typeof startRaw>[0]) {
  const upstream = await startRaw(t)
  const pool = createPool({ connectTimeoutMs: 1000 })
  t.teardown(() => pool.close())
  const target: Target = { host: upstream.host, port: upstream.port }
  const open = async () => {
    const connection = pool.acquire(target, idleUser, 'fresh')
    await eventually(() => connection.usable())
    return connection
  }
  return { upstream, pool, target, open }
}

t.test('the connection used last is used first', async (t) => {
  const { pool, target, open } = await fixture(t)
  const [first, second] = [await open(), await open()]
  pool.release(target, first, undefined)
  pool.release(target, second, undefined)
  t.equal(pool.acquire(target, idleUser, 'any'), second)
  t.equal(second.reused, true)
  t.equal(pool.acquire(target, idleUser, 'any'), first)
  const fresh = pool.acquire(target, idleUser, 'any')
  t.notOk([first, second].includes(fresh))
  t.equal(fresh.reused, false)
  for (const connection of [first, second, fresh]) connection.destroy()
  await eventually(() => pool.size === 0)
})

t.test('a kept connection is not chosen when a fresh one is asked for', async (t) => {
  const { pool, target, open } = await fixture(t)
  const first = await open()
  pool.release(target, first, undefined)
  t.not(pool.acquire(target, idleUser, 'fresh'), first)
})

t.test('a connection is for whoever asks for the same target, and for no other', async (t) => {
  const { pool, target, open } = await fixture(t)
  const first = await open()
  pool.release(target, first, undefined)
  t.not(pool.acquire({ ...target, socket: '/run/x' }, idleUser, 'any'), first)
  t.not(pool.acquire({ ...target, tls: true }, idleUser, 'any'), first)
  t.equal(pool.acquire({ ...target }, idleUser, 'any'), first)
})

t.test('what is paused, closed or about to be closed by its server is not kept', async (t) => {
  const { upstream, pool, target, open } = await fixture(t)
  const paused = await open()
  paused.user = { ...idleUser, bytes: () => false }
  ;(await upstream.first()).write('x')
  await eventually(() => !paused.usable())
  pool.release(target, paused, undefined)
  const closed = await open()
  closed.destroy()
  pool.release(target, closed, undefined)
  const closing = await open()
  pool.release(target, closing, 1000)
  t.equal(pool.idle, 0)
  await eventually(() => pool.size === 0)
})

t.test('not more than enough are kept', async (t) => {
  const { pool, target, open } = await fixture(t)
  const all = await Promise.all(Array.from({ length: 70 }, open))
  for (const connection of all) pool.release(target, connection, undefined)
  t.equal(pool.idle, 64)
  pool.drop(target)
  t.equal(pool.idle, 0)
  await eventually(() => pool.size === 0)
})

t.test('a hundred come and go, and none is left', async (t) => {
  const { upstream, pool, target, open } = await fixture(t)
  for (let round = 0; round < 100; round++) pool.release(target, await open(), undefined)
  pool.close()
  await eventually(() => pool.size === 0)
  await eventually(() => upstream.peers.length === 100)
  for (const peer of upstream.peers) await peer.ended()
})
