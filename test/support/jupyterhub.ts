/** The real JupyterHub with our proxy, as an operator would run them; nothing of it outlives the test. */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Test } from 'tap'
import { freePort } from './free-port.ts'
import { temporaryFolder, userEnvironment } from './hub.ts'

export type JupyterHub = {
  readonly url: string
  readonly folder: string
  readonly ports: Ports
  /** Resolves when it answers through its proxy. */
  start(): Promise<void>
  /** SIGKILL: servers and a proxy of its own go on. */
  kill(): Promise<void>
  /** Its own REST API, as an administrator; through the proxy. */
  api(path: string): Promise<unknown>
  /** Everything it and its proxy have printed. */
  output(): string
}

export type Ports = { readonly proxy: number; readonly api: number; readonly hub: number }

const startingMs = 60_000

const adminToken = 'token-of-a-service-of-the-test'

const main = path.resolve(import.meta.dirname, '../../src/main.ts')

/** @param options.lines more of `jupyterhub_config.py` */
export async function prepareJupyterHub(
  t: Test,
  options: {
    readonly lines?: readonly string[]
    readonly environment?: Record<string, string>
  } = {},
): Promise<JupyterHub> {
  const folder = temporaryFolder(t)
  const ports = { proxy: await freePort(), api: await freePort(), hub: await freePort() }
  const url = `http://127.0.0.1:${ports.proxy}`
  const logFile = path.join(folder, 'jupyterhub.log')
  writeFileSync(path.join(folder, 'config.py'), configuration(folder, ports, options.lines ?? []))
  putOnPath(folder)
  const env = {
    ...options.environment,
    PATH: [folder, path.join(userEnvironment, 'bin'), process.env['PATH']].join(':'),
    HOME: folder,
  } as unknown as NodeJS.ProcessEnv
  let hub: ChildProcess | undefined

  const start = async (): Promise<void> => {
    const program = path.join(userEnvironment, 'bin/jupyterhub')
    // Straight into the file: a proxy that outlives its hub goes on writing.
    const log = openSync(logFile, 'a')
    hub = spawn(program, ['-f', 'config.py'], { cwd: folder, env, stdio: ['ignore', log, log] })
    closeSync(log)
    await untilHealthy(`${url}/hub/health`, hub, () => readFileSync(logFile, 'utf8'))
  }
  const kill = async (): Promise<void> => {
    if (hub?.exitCode !== null || hub.signalCode !== null) return
    const ended = new Promise((resolve) => hub?.once('exit', resolve))
    hub.kill('SIGKILL')
    await ended
  }
  const api = async (where: string): Promise<unknown> => {
    const headers = { authorization: `token ${adminToken}` }
    return (await fetch(`${url}/hub/api${where}`, { headers })).json()
  }

  t.teardown(async () => {
    const servers = (await api('/users?include_stopped_servers=0').catch(() => [])) as ServersOf[]
    await kill()
    endByPid(Number(read(path.join(folder, 'jupyterhub-proxy.pid'))))
    for (const { servers: all = {} } of Array.isArray(servers) ? servers : [])
      for (const { state } of Object.values(all)) endByPid(state?.pid ?? 0)
  })
  return { url, folder, ports, start, kill, api, output: () => read(logFile) }
}

type ServersOf = { readonly servers?: Readonly<Record<string, { state?: { pid?: number } }>> }

/** `littlehub`, as the installer puts it there. */
function putOnPath(folder: string): void {
  const script = `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`
  writeFileSync(path.join(folder, 'littlehub'), script, { mode: 0o755 })
}

const read = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')

/** It leads a session of its own, and its kernels are in it. */
function endByPid(pid: number): void {
  if (pid < 2) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

async function untilHealthy(url: string, hub: ChildProcess, log: () => string): Promise<void> {
  for (const end = Date.now() + startingMs; Date.now() < end;) {
    if (hub.exitCode !== null) throw new Error(`JupyterHub ended with ${hub.exitCode}:\n${log()}`)
    const answer = await fetch(url, { redirect: 'manual' }).catch(() => undefined)
    if (answer?.status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`JupyterHub does not answer:\n${log()}`)
}

const configuration = (folder: string, ports: Ports, lines: readonly string[]): string =>
  [
    `c.JupyterHub.bind_url = 'http://127.0.0.1:${ports.proxy}'`,
    `c.JupyterHub.hub_bind_url = 'http://127.0.0.1:${ports.hub}'`,
    `c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:${ports.api}'`,
    `c.ConfigurableHTTPProxy.command = ['littlehub', 'proxy']`,
    `c.JupyterHub.authenticator_class = 'dummy'`,
    `c.DummyAuthenticator.password = 'a long enough password'`,
    `c.Authenticator.allow_all = True`,
    `c.JupyterHub.spawner_class = 'simple'`,
    `c.SimpleLocalProcessSpawner.home_dir_template = '${folder}/home-{username}'`,
    `c.Spawner.cmd = ['jupyterhub-singleuser', '--allow-root']`,
    `c.Spawner.start_timeout = 120`,
    `c.Spawner.http_timeout = 120`,
    `c.JupyterHub.cleanup_servers = False`,
    `c.JupyterHub.cleanup_proxy = False`,
    `c.JupyterHub.services = [{'name': 'test', 'api_token': '${adminToken}'}]`,
    `c.JupyterHub.load_roles = [{'name': 'test', 'services': ['test'],`,
    `  'scopes': ['admin:users', 'admin:servers', 'admin:server_state', 'proxy']}]`,
    ...lines,
    '',
  ].join('\n')
