/** What the tests of warm units begin with, inside a machine: a small user environment, a zygote of it, and servers. */
import { execFileSync } from 'node:child_process'
import http from 'node:http'
import { json } from 'node:stream/consumers'
import { type Test } from 'tap'
import { type Spawner, type SpawnRequest, type Started } from '../../../src/spawn/spawner.ts'
import { systemdSpawner } from '../../../src/spawn/systemd.ts'
import { type SystemdOptions } from '../../../src/spawn/systemd-options.ts'
import { tinyEnvironment, type TinyEnvironment } from '../../support/tiny-environment.ts'
import { dataFolder, eventually, quietLog, requestFor } from '../support.ts'
import { systemdSettings } from './support.ts'

export const ana = { id: 7, name: 'ana', slug: 'ana', admin: false }
export const limits = { memoryBytes: 300 * 2 ** 20, cpuCores: 1.5, tasks: 50 }

export type Setting = {
  readonly environment: TinyEnvironment
  readonly spawner: Spawner
  readonly warmStart: { warm_start: boolean }
  readonly lines: string[]
}

export async function setUp(
  t: Test,
  change: Partial<SystemdOptions> = {},
  modules: Readonly<Record<string, string>> = {},
): Promise<Setting> {
  const environment = tinyEnvironment(t, modules)
  const lines: string[] = []
  const warmStart = { warm_start: true }
  const settings = systemdSettings({ groups: ['class', 'cohort'], ...change })
  const needs = { log: quietLog(lines), dataDir: dataFolder(t), settings: { spawner: warmStart } }
  const spawner = systemdSpawner.create(settings, needs)
  t.teardown(() => spawner.close?.())
  spawner.prepare?.([environment.script], variables)
  const isReady = () => lines.some((line) => /servers (?:do not )?start warm/.test(line))
  if (!(await eventually(isReady, 60_000))) t.fail('no zygote')
  return { environment, spawner, warmStart, lines }
}

export const variables = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' }

/** @returns it, answering. */
export async function begin(t: Test, setting: Setting, change: Partial<SpawnRequest> = {}) {
  const { slug = 'ana', user = ana } = change
  const started = await setting.spawner.start(
    requestFor(slug, {
      command: [setting.environment.script, 'a b', '$HOME'],
      environment: { ...variables, JUPYTERHUB_API_TOKEN: `token-of-${user.slug}` },
      user,
      limits,
      ...change,
    }),
  )
  t.teardown(() => setting.spawner.stop(started.state, { now: true }))
  if (!(await eventually(() => ask(started).then(Boolean, () => false))))
    t.comment(await setting.spawner.logTail(slug, 50))
  return started
}

export type Facts = Readonly<Record<string, unknown>>

export const ask = ({ url }: Started, code?: string): Promise<Facts> =>
  new Promise((resolve, reject) => {
    const socketPath = url.slice('unix:'.length)
    const method = code === undefined ? 'GET' : 'POST'
    http
      .request({ socketPath, method, path: '/', agent: false }, (response) => {
        void json(response).then((facts) => resolve(facts as Facts), reject)
      })
      .on('error', reject)
      .end(code)
  })

export const output = (...[program = '', ...words]: string[]): string =>
  execFileSync(program, words, { encoding: 'utf8' }).trim()

export const property = (unit: string, name: string): string =>
  output('systemctl', 'show', '--value', `--property=${name}`, '--', unit)

export const unitOf = ({ state }: Started): string => String(state['unit'])
export const pidOf = (started: Started): number => Number(property(unitOf(started), 'MainPID'))
