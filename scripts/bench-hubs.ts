/** The hubs that `bench-class.ts` compares, each as its own program with its own configuration, and its servers. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../test/support/free-port.ts'
import { descendantsOf, versionOf } from './bench-machine.ts'
import { installPeer, peerMain } from './bench-subjects.ts'
import { bundle, nodeFlags } from './bundle.ts'

export type Hub = {
  readonly url: string
  readonly pid: number
  /** What it has logged. */
  log(): string
  /** Ends it with all its servers. Resolves when nothing of it runs any more. */
  end(): Promise<void>
}

export type HubKind = {
  readonly name: string
  readonly version: string
  start(): Promise<Hub>
}

export const password = 'a password of the whole class'

const checkout = path.resolve(import.meta.dirname, '..')
const places = path.join(checkout, '.littlehub')
const environment = path.join(places, 'env/bin')
const singleuser = path.join(environment, 'jupyterhub-singleuser')

/** @param settings by dotted key, besides those that a trial has. */
export function littlehub(name: string, settings: Readonly<Record<string, string>> = {}): HubKind {
  return {
    name,
    version: '',
    async start() {
      const folder = newFolder()
      const port = await freePort()
      const all = {
        data_dir: path.join(folder, 'data'),
        port: String(port),
        'auth.type': 'dummy',
        'auth.dummy.password': password,
        'spawner.cmd': singleuser,
        'spawner.path': `${environment}:/usr/local/bin:/usr/bin:/bin`,
        ...settings,
      }
      const variables = Object.entries(all).map(([key, value]) => [
        `LITTLEHUB_${key.replaceAll('.', '__').toUpperCase()}`,
        value,
      ])
      const words = [...nodeFlags, programOfHub(), 'serve', '--stop-servers']
      const hub = launch([process.execPath, ...words], folder, Object.fromEntries(variables))
      const running = await whenHealthy(hub, { port, folder })
      try {
        if (settings['spawner.warm_start'] !== 'false') await whenWarm(running, 1)
        return running
      } catch (thrown) {
        await running.end()
        throw thrown
      }
    },
  }
}

/** Bundled, as an installed hub is. */
function programOfHub(): string {
  const file = path.join(checkout, 'dist', 'bench', 'main.mjs')
  bundle(path.join(checkout, 'src/main.ts'), file)
  return file
}

const warm = /servers start warm/g

/** How often it has made ready for warm starts: once for each state of the environment. */
export const timesWarm = (hub: Hub): number => hub.log().match(warm)?.length ?? 0

/** As on a morning: the hub has been there for a while. @param times counted as by `timesWarm` */
export async function whenWarm(hub: Hub, times: number): Promise<void> {
  for (const end = Date.now() + warmingMs; timesWarm(hub) < times; await wait(200))
    if (/servers do not start warm/.test(hub.log()) || Date.now() > end)
      throw new Error(`no warm starts:\n${hub.log().slice(-2000)}`)
}

/** Its limits of time are those it ships with, or such that nothing fails for slowness. */
export function jupyterHub(name: string, timeLimitSeconds?: number): HubKind {
  installPeer()
  return {
    name,
    version: versionOf(path.join(environment, 'jupyterhub'), '--version') ?? '',
    async start() {
      const folder = newFolder()
      const [port, hubPort, apiPort] = [await freePort(), await freePort(), await freePort()]
      const file = path.join(folder, 'jupyterhub_config.py')
      const lines = [
        `c.JupyterHub.bind_url = 'http://127.0.0.1:${port}'`,
        `c.JupyterHub.hub_bind_url = 'http://127.0.0.1:${hubPort}'`,
        `c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:${apiPort}'`,
        `c.ConfigurableHTTPProxy.command = ['${process.execPath}', '${peerMain}']`,
        "c.JupyterHub.authenticator_class = 'dummy'",
        `c.DummyAuthenticator.password = '${password}'`,
        'c.Authenticator.allow_all = True',
        "c.JupyterHub.spawner_class = 'simple'",
        `c.Spawner.cmd = ['${singleuser}']`,
        "c.Spawner.args = ['--allow-root']",
        `c.SimpleLocalProcessSpawner.home_dir_template = '${folder}/{username}'`,
        ...(timeLimitSeconds === undefined
          ? []
          : [
              `c.Spawner.start_timeout = c.Spawner.http_timeout = ${timeLimitSeconds}`,
              'c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 10}',
            ]),
      ]
      writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
      const words = [path.join(environment, 'jupyterhub'), '-f', file]
      const hub = launch(words, folder, {
        PATH: `${environment}:${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      })
      return whenHealthy(hub, { port, folder })
    },
  }
}

function newFolder(): string {
  mkdirSync(path.join(places, 'bench'), { recursive: true })
  const folder = mkdtempSync(path.join(places, 'bench', 'class-'))
  // Servers run under uids of their own, and look for their homes in it.
  chmodSync(folder, 0o755)
  return folder
}

function launch(
  [program = '', ...words]: readonly string[],
  folder: string,
  variables: Record<string, string>,
): ChildProcess {
  const output = openSync(path.join(folder, 'hub.log'), 'a')
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, ...variables }
  return spawn(program, words, { cwd: folder, env, stdio: ['ignore', output, output] })
}

const startingMs = 60_000
const warmingMs = 120_000

async function whenHealthy(
  hub: ChildProcess,
  { port, folder }: { readonly port: number; readonly folder: string },
): Promise<Hub> {
  const url = `http://127.0.0.1:${port}`
  const pid = hub.pid ?? 0
  for (const end = Date.now() + startingMs; ; await wait(100)) {
    if (hub.exitCode !== null || Date.now() > end) {
      for (const each of [pid, ...descendantsOf(pid)]) killIfThere(each)
      throw new Error(`no hub:\n${readFileSync(path.join(folder, 'hub.log'), 'utf8').slice(-2000)}`)
    }
    const answer = await fetch(`${url}/hub/health`).catch(() => undefined)
    if (answer?.ok) break
  }
  return {
    url,
    pid,
    log: () => readFileSync(path.join(folder, 'hub.log'), 'utf8'),
    async end() {
      const all = descendantsOf(pid)
      const ended = once(hub, 'exit')
      hub.kill('SIGTERM')
      await Promise.race([ended, wait(30_000)])
      for (const left of [pid, ...all]) killIfThere(left)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
