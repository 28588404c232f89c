/** Listening: clear refusals, and a loopback port that is kept. */
import { createServer, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import t from 'tap'
import { ConfigError } from '../../src/lib/errors.ts'
import { listen, listenOnKeptPort, urlAt, type KeptPort } from '../../src/web/listen.ts'
import { freePort } from '../support/free-port.ts'

const serverOf = (t: { teardown(work: () => unknown): void }): Server => {
  const server = createServer()
  t.teardown(() => server.close())
  return server
}

const keptPort = (port?: number): KeptPort & { port: number | undefined } => ({
  port,
  find: () => port,
  keep(chosen) {
    this.port = chosen
  },
})

t.test('a port in use is said to be in use, and what to do', async (t) => {
  const port = await listen(serverOf(t), { host: '127.0.0.1', port: 0 })
  const refused = await refusalOf(listen(serverOf(t), { host: '127.0.0.1', port }))
  t.match(refused, { problems: [{ key: 'port', sentence: /in use by another program/ }] })
})

t.test('a listener with settings of its own is told by their names', async (t) => {
  const port = await listen(serverOf(t), { host: '127.0.0.1', port: 0 })
  const at = { host: '127.0.0.1', port, section: 'routes_api' }
  t.match(await refusalOf(listen(serverOf(t), at)), { problems: [{ key: 'routes_api.port' }] })
  t.equal(urlAt('https', { host: '::1', port: 443 }, '/base/'), 'https://[::1]:443/base/')
  t.equal(urlAt('http', { host: 'hub.test', port: 1 }), 'http://hub.test:1/')
})

t.test('an address that is not of this machine is said to be none', async (t) => {
  const refused = await refusalOf(listen(serverOf(t), { host: '192.0.2.1', port: 0 }))
  t.match(refused, { problems: [{ key: 'host', sentence: /no address of this machine/ }] })
})

t.test('the loopback port is chosen once and kept', async (t) => {
  const kept = keptPort()
  const first = serverOf(t)
  const port = await listenOnKeptPort(first, 0, { kept, isNeeded: false })
  t.equal(kept.port, port)
  t.equal((first.address() as AddressInfo).address, '127.0.0.1')
  await new Promise((resolve) => first.close(resolve))
  const again = await listenOnKeptPort(serverOf(t), 0, { kept: keptPort(port), isNeeded: true })
  t.equal(again, port)
})

t.test('a kept port that somebody took is given up, unless running servers need it', async (t) => {
  const port = await listen(serverOf(t), { host: '127.0.0.1', port: 0 })
  const kept = keptPort(port)
  const needed = listenOnKeptPort(serverOf(t), 0, { kept, isNeeded: true })
  t.match(await refusalOf(needed), { problems: [{ sentence: /in use/ }] })
  const free = await listenOnKeptPort(serverOf(t), 0, { kept, isNeeded: false })
  t.not(free, port)
  t.equal(kept.port, free)
})

t.test(
  'a port that the configuration names is taken, unless running servers know another',
  async (t) => {
    const named = await freePort()
    t.equal(
      await listenOnKeptPort(serverOf(t), named, { kept: keptPort(), isNeeded: false }),
      named,
    )
    const old = await freePort()
    const kept = keptPort(old)
    t.equal(await listenOnKeptPort(serverOf(t), named, { kept, isNeeded: true }), old)
  },
)

const refusalOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'not refused',
    (thrown: unknown) => (thrown instanceof ConfigError ? thrown : 'refused otherwise'),
  )
