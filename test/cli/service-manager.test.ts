/** What systemd gives to a service, and what it hears of it. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { createServiceManager } from '../../src/cli/service-manager.ts'
import { watchProgram } from '../support/command-line.ts'
import { temporaryFolder } from '../support/hub.ts'

const pid = process.pid

const managerOf = (environment: Record<string, string>, warnings: string[] = []) =>
  createServiceManager(environment, { pid, warn: (sentence) => void warnings.push(sentence) })

t.test('a socket is taken only when it is meant for this process', async (t) => {
  t.equal(managerOf({}).socket, undefined)
  t.equal(managerOf({ LISTEN_PID: String(pid), LISTEN_FDS: '1' }).socket, 3)
  t.equal(managerOf({ LISTEN_PID: String(pid + 1), LISTEN_FDS: '1' }).socket, undefined)
  t.throws(() => managerOf({ LISTEN_PID: String(pid), LISTEN_FDS: '2' }), /2 sockets/)
})

t.test('the socket of HTTPS is told by its name, in whatever order they come', async (t) => {
  const socketsOf = (...names: string[]) => {
    const LISTEN_FDS = String(names.length)
    const LISTEN_FDNAMES = names.join(':')
    const manager = managerOf({ LISTEN_PID: String(pid), LISTEN_FDS, LISTEN_FDNAMES })
    return [manager.socket, manager.secureSocket]
  }
  t.same(socketsOf('littlehub.socket'), [3, undefined])
  t.same(socketsOf('https'), [undefined, 3])
  t.same(socketsOf('littlehub.socket', 'https'), [3, 4])
  t.same(socketsOf('https', 'http'), [4, 3])
  t.throws(() => socketsOf('https', 'https'), /2 sockets/)
})

t.test('without systemd nothing is told to anybody', async (t) => {
  const warnings: string[] = []
  const manager = managerOf({ WATCHDOG_USEC: '1000' }, warnings)
  await manager.ready()
  await manager.stopping()
  t.same(warnings, [])
})

/** Plays systemd: a datagram socket that writes down what it hears. */
const listener = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('listening', flush=True)
while True:
    print(s.recv(1000).decode().replace(chr(10), ' '), flush=True)
`

async function playSystemd(t: Test) {
  const file = path.join(temporaryFolder(t), 'notify')
  const child = spawn('/usr/bin/python3', ['-c', listener, file])
  child.stdin.end()
  const heard = watchProgram(t, child)
  await heard.waitFor(/listening/)
  return { heard, file }
}

const withNotify = existsSync('/usr/bin/systemd-notify') ? {} : { skip: 'needs systemd-notify' }

t.test('it hears that the hub answers, lives and ends', withNotify, async (t) => {
  const { heard, file } = await playSystemd(t)
  const environment = { NOTIFY_SOCKET: file, WATCHDOG_USEC: '300000' }
  process.env['NOTIFY_SOCKET'] = file
  t.teardown(() => delete process.env['NOTIFY_SOCKET'])
  const manager = managerOf(environment)
  await manager.ready()
  await heard.waitFor(/READY=1/)
  const staying = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(staying))
  await heard.waitFor(/WATCHDOG=1[^]*WATCHDOG=1/)
  await manager.stopping()
  await heard.waitFor(/STOPPING=1/)
})

t.test('one that cannot be told is written down, and nothing else', withNotify, async (t) => {
  const warnings: string[] = []
  process.env['NOTIFY_SOCKET'] = '/nonexistent/socket'
  t.teardown(() => delete process.env['NOTIFY_SOCKET'])
  await managerOf({ NOTIFY_SOCKET: '/nonexistent/socket' }, warnings).ready()
  t.match(warnings, [/systemd was not told --ready/])
})

/** Does what systemd does: opens the socket, and becomes the hub with it as descriptor 3. */
const activate = `
import os, socket, sys
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen(100)
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
print('port', s.getsockname()[1], flush=True)
os.environ['LISTEN_PID'] = str(os.getpid())
os.environ['LISTEN_FDS'] = '1'
os.execv(sys.argv[1], sys.argv[1:])
`

t.test('the hub answers on the socket that it was given, whatever port it is told', async (t) => {
  const data = path.join(temporaryFolder(t), 'data')
  const main = path.resolve(import.meta.dirname, '../../src/main.ts')
  const serve = [process.execPath, main, 'serve', '--data', data, '--port', '9']
  const child = spawn('/usr/bin/python3', ['-c', activate, ...serve])
  child.stdin.end()
  const hub = watchProgram(t, child)
  const [, port = ''] = await hub.waitFor(/^port (\d+)$/m)
  await hub.waitFor(/littlehub listens on/)
  t.match(hub.output(), `littlehub listens on http://127.0.0.1:${port}/`)
  t.equal((await fetch(`http://127.0.0.1:${port}/hub/health`)).status, 200)
  t.ok(readFileSync(path.join(data, 'hub.pid'), 'utf8').includes(String(hub.pid)))
  hub.send('SIGTERM')
  t.equal(await hub.ended, 0)
})
