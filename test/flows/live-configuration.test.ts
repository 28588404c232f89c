/** A configuration that changes under a running hub: nobody who may stay is cut off, and who may not is out at once. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { sleep } from '../../src/lib/time.ts'
import { startHubProcess } from '../support/hub-process.ts'
import { temporaryFolder } from '../support/hub.ts'

/** A service that takes every WebSocket and keeps it. @see RFC 6455 §4.2.2 */
async function startService(t: Test): Promise<number> {
  const server = http.createServer((_request, response) => response.end('here'))
  server.on('upgrade', (request, socket) => {
    const key = `${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.on('error', () => undefined)
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Notes its variable, again and again started. */
const program = `require('node:fs').appendFileSync('note', process.env.A + '\\n'); setInterval(() => {}, 1000)`

async function until(isTrue: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 400 && !isTrue(); tries++) await sleep(50)
  return isTrue()
}

t.test('settings change while a WebSocket stays open; who is blocked is out at once', async (t) => {
  const folder = temporaryFolder(t)
  const file = path.join(folder, 'hub.yaml')
  const port = await startService(t)
  const note = path.join(folder, 'note')
  const notes = (): string => (existsSync(note) ? readFileSync(note, 'utf8') : '')
  const text = `
announcement:
  text: first # of the day
roles:
  - { name: user, scopes: [self, 'access:services'] }
services:
  - { name: live, url: 'http://127.0.0.1:${port}', access: members }
  - name: noter
    command: ['${process.execPath}', -e, ${JSON.stringify(program)}]
    cwd: ${folder}
    environment: { A: one }
`
  writeFileSync(file, text, { mode: 0o600 })
  const hub = await startHubProcess(t, { config: file })
  await hub.command('user', 'add', 'root', '--admin')
  for (const name of ['ana', 'ben']) await hub.command('user', 'add', name)
  const open = async (name: string) => {
    const secret = (await hub.command('token', 'add', name)).trim()
    const headers = { authorization: `token ${secret}` }
    const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/services/live/`, { headers })
    const state = { isOpen: false }
    socket.addEventListener('open', () => (state.isOpen = true))
    socket.addEventListener('close', () => (state.isOpen = false))
    socket.addEventListener('error', () => undefined)
    t.teardown(() => socket.close())
    t.ok(await until(() => state.isOpen), `${name} is connected`)
    const status = async () => (await fetch(`${hub.url}/hub/api/user`, { headers })).status
    return { state, status }
  }
  const [ana, ben] = [await open('ana'), await open('ben')]
  const page = async () => (await fetch(`${hub.url}/hub/login`)).text()
  t.match(await page(), 'first')
  t.ok(await until(() => notes() === 'one\n'))

  await hub.command('config', 'set', 'announcement.text', 'Exam at noon')
  t.match(await page(), 'Exam at noon')
  t.match(readFileSync(file, 'utf8'), 'text: Exam at noon # of the day')

  // As an editor would, and then a signal.
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace('A: one', 'A: two').replace('Exam', 'Test'),
  )
  process.kill(hub.pid(), 'SIGHUP')
  t.ok(await until(() => notes() === 'one\ntwo\n'), 'the changed service was started anew')
  t.match(await page(), 'Test at noon')

  writeFileSync(file, 'cull: { timeout: soon }\nport: many\n')
  const refused = await hub.command('config', 'reload').catch((thrown: unknown) => String(thrown))
  for (const key of ['cull.timeout: ', 'port: ']) t.match(refused, key)
  process.kill(hub.pid(), 'SIGHUP')
  t.ok(await until(() => hub.output().includes('configuration refused, nothing changed')))
  t.match(await page(), 'Test at noon')
  t.same([ana.state.isOpen, ben.state.isOpen], [true, true], 'nobody noticed any of it')

  writeFileSync(file, text)
  await hub.command('config', 'set', 'users.blocked', 'ana')
  t.ok(await until(() => !ana.state.isOpen), 'what was open has ended')
  t.equal(await ana.status(), 403)
  t.equal(await ben.status(), 200)
  t.equal(ben.state.isOpen, true)
})
