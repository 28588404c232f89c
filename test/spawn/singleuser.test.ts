/** The real jupyterhub-singleuser as a local process: it starts, reports, runs a kernel, and leaves nothing. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { isRunning } from '../../src/lib/process.ts'
import { serverEnvironment } from '../../src/spawn/environment.ts'
import { findFamily, takeCensus, type Run } from '../../src/spawn/family.ts'
import { processSpawner } from '../../src/spawn/process.ts'
import { probe } from '../../src/spawn/readiness.ts'
import { startFakeHub } from '../support/fake-hub.ts'
import {
  ask,
  connectAs,
  dataFolder,
  eventually,
  isRoot,
  listeningPorts,
  never,
  quietLog,
  requestFor,
  stayAwake,
} from './support.ts'

const program = new URL('../../.littlehub/env/bin/jupyterhub-singleuser', import.meta.url).pathname

const skip = existsSync(program)
  ? {}
  : { skip: 'the user environment is made by ./install.sh --try' }

const options = {
  run_as: 'range',
  first_uid: 1_500_000,
  interrupt_timeout: 20_000,
  term_timeout: 5000,
  kill_timeout: 5000,
  log_size: 1_000_000,
}

stayAwake(t)

t.test('an unmodified jupyterhub-singleuser lives and dies with its kernels', skip, async (t) => {
  const hub = await startFakeHub(t)
  const spawner = processSpawner.create(
    { ...options, run_as: isRoot ? 'range' : 'self' },
    { log: quietLog(), dataDir: dataFolder(t) },
  )
  const environment = serverEnvironment({
    config: {
      base_url: '/',
      public_url: '',
      spawner: { path: '/usr/bin:/bin' },
    },
    settings: { environment: {}, defaultUrl: '', memoryBytes: 0, cpuCores: 0 },
    server: { userName: 'ana', name: '' },
    secret: 'the-token-of-this-run',
    internalPort: hub.port,
  })
  const { url, state } = await spawner.start(requestFor('ana', { environment, command: [program] }))
  t.teardown(() => spawner.stop(state, { now: true }))

  const ready = await eventually(
    async () => (await probe(url, '/user/ana/', never)).answered,
    60_000,
  )
  if (!ready) t.comment(await spawner.logTail('ana', 50))
  t.ok(ready, 'it answers')
  t.match(await probe(url, '/user/ana/', never), { answered: true, version: /^6\./ })
  t.match(url, /^unix:/)
  const ports = () => listeningPorts(Number(state['pid']))
  t.same(ports(), [], 'there is no port')
  if (isRoot) {
    const socket = url.slice('unix:'.length)
    t.equal(await connectAs(Number(state['uid']), socket), 'connected')
    t.equal(await connectAs(1_600_000, socket), 'PermissionError', 'others cannot even look for it')
  }
  const report = 'POST /hub/api/users/ana/activity token the-token-of-this-run'
  t.ok(await eventually(() => hub.requests.includes(report), 20_000), 'it reports activity')

  const headers = { authorization: 'token of-ana', 'content-type': 'application/json' }
  const kernels = '/user/ana/api/kernels'
  const kernel = await ask(url, kernels, { method: 'POST', headers, body: '{}' })
  t.equal(kernel.status, 201)
  t.ok(await eventually(async () => (await familyOf(state)).length >= 2, 20_000), 'a kernel runs')
  t.same(ports(), [], 'only kernels have ports')
  const family = await familyOf(state)
  t.ok(new Set(family.map(({ session }) => session)).size >= 2, 'in a session of its own')
  t.same(
    family.filter(({ uid }) => uid !== state['uid']),
    [],
  )

  await spawner.stop(state)
  t.same(
    family.filter(({ pid, startTime }) => isRunning(pid, startTime)),
    [],
  )
  t.same(await familyOf(state), [])
  t.same(await spawner.poll(state), { alive: false })
  t.notOk(existsSync(path.dirname(url.slice('unix:'.length))), 'nor its socket')
  t.notMatch((await spawner.logTail('ana', 500)).join('\n'), /the-token-of-this-run/)
})

const familyOf = async (state: Readonly<Record<string, unknown>>) =>
  findFamily(state as unknown as Run, await takeCensus())
