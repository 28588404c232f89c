/** Real programs and folders for the tests of spawners. */
import http from 'node:http'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { execa } from 'execa'
import { type Test } from 'tap'
import { createLog, type Log } from '../../src/lib/log.ts'
import { pollUntil } from '../../src/lib/poll.ts'
import { type Spawner, type SpawnRequest } from '../../src/spawn/spawner.ts'

export const isRoot = process.getuid?.() === 0

/** Servers keep no hub alive, nor a test that waits for the end of one. */
export function stayAwake(t: Test): void {
  const timer = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(timer))
}

/** For tests that need to change the uid. */
export const rootOnly = isRoot ? {} : { skip: 'only root can run servers as others' }

export const never = new AbortController().signal

/** A log that keeps its lines. */
export const quietLog = (lines: string[] = []): Log =>
  createLog({ level: 'debug' }, { write: (line) => void lines.push(line) })

/** A data folder that every uid can pass through, deleted with the test. */
export function dataFolder(t: Test): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'littlehub-spawn-'))
  chmodSync(dir, 0o711)
  mkdirSync(path.join(dir, 'homes'), { mode: 0o711 })
  t.teardown(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}

export const requestFor = (slug: string, change: Partial<SpawnRequest> = {}): SpawnRequest => ({
  slug,
  user: { id: 7, name: 'ana', slug: 'ana', admin: false },
  serverName: '',
  command: ['/bin/false'],
  limits: {},
  environment: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
  prefix: '/user/ana/',
  routedPorts: [],
  signal: never,
  progress: () => undefined,
  ...change,
})

/** A spawner that runs `command` whatever it is asked to run. */
export const running = (spawner: Spawner, command: readonly string[]): Spawner => ({
  ...spawner,
  start: (request) => spawner.start({ ...request, command }),
})

/** Whether `ask` says yes within some seconds. */
export const eventually = (ask: () => boolean | Promise<boolean>, timeoutMs = 10_000) =>
  pollUntil(async () => ask(), { timeoutMs, firstMs: 5, maxMs: 50, signal: never })

export const sh = (script: string): string[] => ['/bin/sh', '-c', script]

const python = (script: string): string[] => ['/usr/bin/python3', '-c', script]

/** Answers everything with its own environment and ids. */
export const webServer = python(`
import http.server, json, os, sys, urllib.parse
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = dict(line.split(':', 1) for line in open('/proc/self/status') if ':' in line)
        facts = {'environment': dict(os.environ), 'uid': status['Uid'].split(), 'gid': status['Gid'].split(),
                 'groups': status['Groups'].split(), 'umask': status['Umask'].strip(), 'cwd': os.getcwd(),
                 'session': os.getsid(0), 'group': os.getpgid(0), 'pid': os.getpid(), 'argv': sys.argv}
        body = json.dumps(facts).encode()
        self.send_response(200)
        self.send_header('X-JupyterHub-Version', '6.1.1')
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
url = urllib.parse.urlparse(os.environ['JUPYTERHUB_SERVICE_URL'])
http.server.HTTPServer((url.hostname, url.port), Handler).serve_forever()
`)

/** The same at the socket of its argument; says nothing but that it is there. */
export const socketServer = [
  ...python(`
import http.server, socketserver, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'there')
    def address_string(self): return ''
    def log_message(self, *_): pass
socketserver.UnixStreamServer(sys.argv[1], Handler).serve_forever()
`),
  '{socket}',
]

/** Hears neither an interrupt nor the wish to terminate; says when it has begun not to hear. */
export const stubborn = python(`
import signal, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
open('deaf', 'w').close()
while True: time.sleep(60)
`)

/**
 * Writes the pids of what it starts to the file \`pids\`: a child in its own group, one in a session of its own (as
 * Jupyter starts kernels), a daemon whose parent has ended, and one in its own session with an empty environment.
 * With \`deaf\` as last argument all of them ignore every wish to end.
 */
const parent = `
import os, signal, subprocess, sys, time
deaf = sys.argv[1] == 'deaf'
sleeper = 'import time, signal\\n' + ('signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGINT, signal.SIG_IGN)\\n' if deaf else '') + 'time.sleep(600)'
run = [sys.executable, '-c', sleeper]
child = subprocess.Popen(run)
kernel = subprocess.Popen(run, start_new_session=True)
daemon = subprocess.run([sys.executable, '-c', 'import subprocess, sys; print(subprocess.Popen(sys.argv[1:], start_new_session=True, stdout=subprocess.DEVNULL).pid)', *run], stdout=subprocess.PIPE, text=True).stdout
bare = subprocess.Popen(run, start_new_session=True, env={})
open('pids.new', 'w').write(' '.join(str(pid) for pid in (child.pid, kernel.pid, int(daemon), bare.pid)))
os.rename('pids.new', 'pids')
if sys.argv[2] == 'stay':
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    while True: time.sleep(60)
`
export const parentOfMany = [...python(parent), 'mortal', 'stay']
export const parentOfDeaf = [...python(parent), 'deaf', 'stay']
export const parentThatEnds = [...python(parent), 'deaf', 'leave']

/** The pids that a parent of many wrote into its home, once they are there. */
export async function pidsIn(home: string): Promise<number[]> {
  const file = path.join(home, 'pids')
  await eventually(() => existsSync(file))
  return readFileSync(file, 'utf8').split(' ').map(Number)
}

const asks = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const request = http.get(url, { agent: false }, (response) => {
      response.resume().once('close', () => resolve(true))
    })
    request.once('error', () => resolve(false))
  })

export type Reply = {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
}

/** One request to a server, at what a spawner says is its URL: of a port or of a socket. */
export function ask(
  url: string,
  path: string,
  { method = 'GET', headers = {}, body = '' } = {},
): Promise<Reply> {
  const at = url.startsWith('unix:')
    ? { socketPath: url.slice('unix:'.length) }
    : { host: '127.0.0.1', port: new URL(url).port }
  return new Promise((resolve, reject) => {
    const options = {
      ...at,
      agent: false,
      method,
      path,
      headers: { host: 'localhost', ...headers },
    }
    const request = http.request(options, (response) => {
      void text(response).then((text) =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      )
    })
    request.once('error', reject).end(body)
  })
}

/** What comes of it when a process of another uid opens a socket. */
export async function connectAs(uid: number, socket: string): Promise<string> {
  const script = `
import socket, sys
try:
    socket.socket(socket.AF_UNIX).connect(sys.argv[1])
    print('connected')
except OSError as e:
    print(type(e).__name__)`
  const ids = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
  const { stdout } = await execa('setpriv', [...ids, '/usr/bin/python3', '-c', script, socket])
  return stdout
}

/** The TCP ports that a process listens on. @see proc(5) for the fields of `/proc/net/tcp` */
export function listeningPorts(pid: number): number[] {
  const open = readdirSync(`/proc/${pid}/fd`).map((name) => linkOf(`/proc/${pid}/fd/${name}`))
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, ...rest]) => state === '0A' && open.includes(`socket:[${rest[5]}]`))
      .map(([, local = '']) => parseInt(local.split(':')[1] ?? '', 16)),
  )
}

/** Empty of one that has gone meanwhile. */
export function linkOf(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return ''
  }
}

/** Whether it answers before long. */
export const answers = (url: string): Promise<boolean> => eventually(() => asks(url))
