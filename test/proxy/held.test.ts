/** Connections that the server ends as if they were its own. */
import http, { type Server } from 'node:http'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { endWith, type Held } from '../../src/proxy/held.ts'

/** A server of Node's that listens, as far as it knows, with connections that were idle for as long as it takes. */
function startHolding(t: Test, options: Partial<Server>) {
  mock.timers.enable({ apis: ['setInterval', 'Date'] })
  t.teardown(() => mock.timers.reset())
  const server = Object.assign(http.createServer(), options)
  const held = new Set<Held>()
  const ended: string[] = []
  endWith(server, held)
  server.emit('listening')
  const hold = (name: string, state: Pick<Held, 'idleSinceMs' | 'used'>): void => {
    const one = { ...state, end: () => (held.delete(one), void ended.push(name)) }
    held.add(one)
  }
  hold('unused', { idleSinceMs: Date.now(), used: false })
  hold('used', { idleSinceMs: Date.now(), used: true })
  hold('busy', { idleSinceMs: undefined, used: true })
  return { server, ended }
}

t.test('idle ones end after the time of the server', (t) => {
  const { ended } = startHolding(t, { keepAliveTimeout: 9000, headersTimeout: 19_000 })
  mock.timers.tick(8000)
  t.same(ended, [])
  mock.timers.tick(8000)
  t.same(ended, ['used'])
  mock.timers.tick(8000)
  t.same(ended, ['used', 'unused'])
  mock.timers.tick(600_000)
  t.same(ended, ['used', 'unused'], 'and never while something is under way')
  t.end()
})

t.test('a server that listens again looks on once, and no more when it is closed', (t) => {
  const { server, ended } = startHolding(t, { keepAliveTimeout: 9000 })
  server.emit('listening')
  server.emit('close')
  mock.timers.tick(600_000)
  t.same(ended, [])
  t.end()
})

t.test('a time of 0 is no limit', (t) => {
  const { ended } = startHolding(t, { keepAliveTimeout: 0, headersTimeout: 0 })
  mock.timers.tick(600_000)
  t.same(ended, [])
  t.end()
})

t.test('the server ends idle ones and all of them with its own', (t) => {
  const { server, ended } = startHolding(t, {})
  server.closeIdleConnections()
  t.same(ended, ['used'], 'an unused one may have its first request on the way')
  mock.timers.tick(2000)
  server.closeIdleConnections()
  t.same(ended, ['used', 'unused'])
  server.closeAllConnections()
  t.same(ended, ['used', 'unused', 'busy'])
  t.end()
})
