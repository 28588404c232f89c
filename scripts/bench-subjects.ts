/** Starts what `bench.ts` compares: our hub as a process, and other proxies before the same upstream. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { freePort } from '../test/support/free-port.ts'
import { loadCore, proxyCore, versionOf } from './bench-machine.ts'
import { bundle, nodeFlags } from './bundle.ts'

export type Subject = {
  readonly name: string
  readonly version: string
  /** Starts another one, in the state before the first request. */
  start(): Promise<Running>
}

export type Running = {
  readonly port: number
  readonly process: ChildProcess
  readonly pid: number
}

const here = import.meta.dirname
const root = path.resolve(here, '..')
const places = path.join(root, '.littlehub', 'bench')
const peer = 'configurable-http-proxy'
export const peerMain = path.join(places, 'node_modules', peer, 'bin', peer)

/** The user whose server everything goes to: the second one, after the administrator. */
export const prefix = '/user/user-000002'

/** @param core which the program and all its threads stay on */
export function pin(
  core: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  return spawn('taskset', ['-c', core, ...words], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
    serialization: 'json',
  })
}

export async function end({ process: child }: Pick<Running, 'process'>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const over = once(child, 'exit')
  child.kill('SIGKILL')
  await over
}

export async function untilListening(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 6000; tries++) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    const socket = net.connect(port, '127.0.0.1')
    const isUp = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('it does not listen')
}

async function running(
  port: number,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Running> {
  const child = pin(proxyCore, words, env)
  await untilListening(port, child)
  return { port, process: child, pid: child.pid ?? 0 }
}

const temporary = (): string => {
  mkdirSync(places, { recursive: true })
  return mkdtempSync(path.join(places, 'run-'))
}

export type HubSize = {
  readonly users: number
  readonly active: number
  readonly passwords?: number
  /** Where the third user's server is, when it is another one than everybody's. */
  readonly other?: string
}

/** Bundled, as an installed hub is: reading the sources takes memory and time that it does not. */
function programOfHub(): string {
  // As deep below the checkout as a source: files that belong to the program are looked for from there.
  const file = path.join(root, 'dist', 'bench', 'hub.mjs')
  bundle(path.join(here, 'bench-hub.ts'), file)
  return file
}

/** @param cores which it may use, as `taskset` has them */
export function hubSubject(upstream: number, size: HubSize, cores: string = proxyCore): Subject {
  const program = programOfHub()
  return {
    name: 'littlehub',
    version: String(process.env['npm_package_version'] ?? ''),
    async start() {
      const port = await freePort()
      const words = Object.entries({
        folder: temporary(),
        port,
        upstream: `http://127.0.0.1:${upstream}`,
        passwords: 0,
        ...size,
      })
      const child = pin(cores, [
        process.execPath,
        ...nodeFlags,
        program,
        ...words.map(([key, value]) => `--${key}=${value}`),
      ])
      await Promise.race([once(child, 'message'), once(child, 'exit')])
      if (child.exitCode !== null) throw new Error('the hub did not start')
      return { port, process: child, pid: child.pid ?? 0 }
    },
  }
}

/** What the script of JupyterHub's proxy is, installed beside the checkout's own packages when it is not there yet. */
export function installPeer(): void {
  if (existsSync(peerMain)) return
  mkdirSync(places, { recursive: true })
  writeFileSync(path.join(places, 'package.json'), '{ "private": true }\n')
  process.stderr.write(`installing ${peer} into .littlehub/bench\n`)
  // With `--prefix` npm would look for the machine's configuration, such as a mirror, there.
  const words = ['install', '--no-audit', '--no-fund', `${peer}@^5`]
  execFileSync('npm', words, { cwd: places, stdio: 'ignore' })
}

export function peerSubject(upstream: number): Subject {
  installPeer()
  return {
    name: peer,
    version: versionOf(process.execPath, peerMain, '--version') ?? '',
    async start() {
      const [port, apiPort] = [await freePort(), await freePort()]
      const words = [
        process.execPath,
        peerMain,
        '--ip=127.0.0.1',
        `--port=${port}`,
        '--api-ip=127.0.0.1',
        `--api-port=${apiPort}`,
        '--log-level=error',
      ]
      const proxy = await running(port, words, { CONFIGPROXY_AUTH_TOKEN: 'of-the-benchmark' })
      await untilListening(apiPort, proxy.process)
      const answer = await fetch(`http://127.0.0.1:${apiPort}/api/routes${prefix}`, {
        method: 'POST',
        headers: { authorization: 'token of-the-benchmark' },
        body: JSON.stringify({ target: `http://127.0.0.1:${upstream}` }),
      })
      if (!answer.ok) throw new Error(`${peer} took no route: ${answer.status}`)
      return proxy
    },
  }
}

type Other = {
  readonly name: string
  readonly versionWord: string
  readonly configuration: (port: number, upstream: number, folder: string) => string
  readonly words: (file: string, folder: string) => readonly string[]
}

const others: readonly Other[] = [
  {
    name: 'nginx',
    versionWord: '-v',
    words: (file, folder) => ['nginx', '-p', folder, '-e', 'stderr', '-c', file],
    configuration: (
      port,
      upstream,
      folder,
    ) => `daemon off; master_process off; worker_processes 1; pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off; client_max_body_size 0; proxy_max_temp_file_size 0; client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream user { server 127.0.0.1:${upstream}; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port}; keepalive_requests 100000000;
    location / {
      proxy_pass http://user; proxy_http_version 1.1; proxy_request_buffering off; proxy_read_timeout 1h;
      proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}`,
  },
  {
    name: 'haproxy',
    versionWord: '-v',
    words: (file) => ['haproxy', '-db', '-f', file],
    configuration: (port, upstream) => `global
  maxconn 8192
  nbthread 1
defaults
  mode http
  option forwardfor
  http-reuse always
  timeout connect 10s
  timeout client 1h
  timeout server 1h
frontend front
  bind 127.0.0.1:${port}
  default_backend user
backend user
  server one 127.0.0.1:${upstream}
`,
  },
  {
    name: 'caddy',
    versionWord: 'version',
    words: (file) => ['caddy', 'run', '--config', file, '--adapter', 'caddyfile'],
    configuration: (port, upstream) => `{
  admin off
  auto_https off
  log {
    level ERROR
  }
}
http://:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${upstream} {
    flush_interval -1
    transport http {
      keepalive_idle_conns_per_host 128
    }
  }
}
`,
  },
]

export function otherSubjects(upstream: number): Subject[] {
  return others.flatMap(({ name, versionWord, configuration, words }) => {
    const version = versionOf(name, versionWord)
    if (version === undefined) return []
    const start = async (): Promise<Running> => {
      const [port, folder] = [await freePort(), temporary()]
      const file = path.join(folder, 'configuration')
      writeFileSync(file, configuration(port, upstream, folder))
      return running(port, words(file, folder), {
        HOME: folder,
        XDG_CONFIG_HOME: folder,
        XDG_DATA_HOME: folder,
      })
    }
    return [{ name, version, start }]
  })
}

/** For who goes before all others: V8's threads beside the one that is needed would do so, too. */
export const alone = ['--single-threaded']

/** @param before words that start it, such as `chrt`. @returns its port, and what it has seen so far. */
export async function startUpstream(...before: string[]) {
  const program = path.join(here, 'bench-upstream.ts')
  const child = pin(loadCore, [...before, process.execPath, ...alone, program])
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    port,
    process: child,
    async seen(): Promise<{ received: number; leaked: number }> {
      child.send('?')
      const [seen] = (await once(child, 'message')) as [{ received: number; leaked: number }]
      return seen
    },
  }
}
