/** Where a proxy listens. */
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import t, { type Test } from 'tap'
import { inText, listenAt } from '../../src/standalone/place.ts'
import { temporaryFolder } from '../support/hub.ts'
import { ask } from '../support/standalone.ts'

function serverOf(t: Test): http.Server {
  const server = http.createServer((_, response) => response.end('here'))
  t.teardown(() => server.close())
  return server
}

t.test('it answers on the port that was chosen', async (t) => {
  const place = await listenAt(serverOf(t), { host: '127.0.0.1', port: 0 })
  t.ok('port' in place && place.port > 0)
})

t.test('it answers on a Unix socket, and takes the place of a dead one', async (t) => {
  const socketPath = path.join(temporaryFolder(t), 'a.sock')
  const listenAndDie = `require('net').createServer().listen(${JSON.stringify(socketPath)},
    () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', listenAndDie])
  t.equal(existsSync(socketPath), true, 'a killed program left it')
  await listenAt(serverOf(t), { path: socketPath })
  const busy = await listenAt(serverOf(t), { path: socketPath }).catch((e: unknown) => e)
  t.match(busy, { name: 'ConfigError' }, 'not of one that lives')
  t.equal((await ask({ socketPath })).text, 'here')
})

t.test('a file that is no socket stays, and is named', async (t) => {
  const file = path.join(temporaryFolder(t), 'precious')
  writeFileSync(file, 'x')
  t.match(await listenAt(serverOf(t), { path: file }).catch((e: unknown) => e), {
    name: 'ConfigError',
  })
  t.equal(existsSync(file), true)
})

t.test('places are shown as people write them', async (t) => {
  t.equal(inText({ host: '', port: 80 }), '*:80')
  t.equal(inText({ host: '::1', port: 80 }), '[::1]:80')
  t.equal(inText({ path: '/run/a' }), '/run/a')
})
