/** Connections that are kept for the next exchange. */
import t from 'tap'
import { type ConnectionUser } from '../../src/proxy/connection.ts'
import { createPool } from '../../src/proxy/pool.ts'
import { type Route } from '../../src/proxy/routes.ts'
import { eventually, owner, startRaw } from '../support/proxy.ts'

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
  const route: Route = { prefix: '/user/ana/', target: upstream, owner, lastActivityMs: 0 }
  const open = async () => {
    const connection = pool.acquire(route, idleUser, 'fresh')
    await eventually(() => connection.usable())
    return connection
  }
  return { upstream, pool, route, open }
}

t.test('the connection used last is used first', async (t) => {
  const { pool, route, open } = await fixture(t)
  const [first, second] = [await open(), await open()]
  pool.release(route, first, undefined)
  pool.release(route, second, undefined)
  t.equal(pool.acquire(route, idleUser, 'any'), second)
  t.equal(second.reused, true)
  t.equal(pool.acquire(route, idleUser, 'any'), first)
  const fresh = pool.acquire(route, idleUser, 'any')
  t.notOk([first, second].includes(fresh))
  t.equal(fresh.reused, false)
  for (const connection of [first, second, fresh]) connection.destroy()
  await eventually(() => pool.size === 0)
})

t.test('a kept connection is not chosen when a fresh one is asked for', async (t) => {
  const { pool, route, open } = await fixture(t)
  const first = await open()
  pool.release(route, first, undefined)
  t.not(pool.acquire(route, idleUser, 'fresh'), first)
})

t.test('other routes have other connections', async (t) => {
  const { pool, route, open } = await fixture(t)
  const first = await open()
  pool.release(route, first, undefined)
  t.not(pool.acquire({ ...route }, idleUser, 'any'), first)
})

t.test('what is paused, closed or about to be closed by its server is not kept', async (t) => {
  const { upstream, pool, route, open } = await fixture(t)
  const paused = await open()
  paused.user = { ...idleUser, bytes: () => false }
  ;(await upstream.first()).write('x')
  await eventually(() => !paused.usable())
  pool.release(route, paused, undefined)
  const closed = await open()
  closed.destroy()
  pool.release(route, closed, undefined)
  const closing = await open()
  pool.release(route, closing, 1000)
  t.equal(pool.idle, 0)
  await eventually(() => pool.size === 0)
})

t.test('not more than enough are kept', async (t) => {
  const { pool, route, open } = await fixture(t)
  const all = await Promise.all(Array.from({ length: 70 }, open))
  for (const connection of all) pool.release(route, connection, undefined)
  t.equal(pool.idle, 64)
  pool.drop(route)
  t.equal(pool.idle, 0)
  await eventually(() => pool.size === 0)
})

t.test('a hundred come and go, and none is left', async (t) => {
  const { upstream, pool, route, open } = await fixture(t)
  for (let round = 0; round < 100; round++) pool.release(route, await open(), undefined)
  pool.close()
  await eventually(() => pool.size === 0)
  await eventually(() => upstream.peers.length === 100)
  for (const peer of upstream.peers) await peer.ended()
})
