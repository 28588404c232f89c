/** Servers as local processes: the contract, uids, process trees, and pids that come back. */
import { execFileSync, spawn } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { Type } from 'typebox'
import { loadConfig } from '../../src/config/load.ts'
import { findProcess, isRunning, startTimeOf } from '../../src/lib/process.ts'
import { processSpawner } from '../../src/spawn/process.ts'
import { type Spawner } from '../../src/spawn/spawner.ts'
import { spawnerContract } from '../conformance/spawner.ts'
import {
  ask,
  dataFolder,
  eventually,
  listeningPorts,
  never,
  parentOfDeaf,
  parentOfMany,
  parentThatEnds,
  pidsIn,
  quietLog,
  requestFor,
  rootOnly,
  running,
  socketServer,
  stayAwake,
  sh,
  stubborn,
  webServer,
} from './support.ts'

const options = {
  run_as: 'range',
  first_uid: 1_500_000,
  interrupt_timeout: 3000,
  term_timeout: 3000,
  kill_timeout: 5000,
  log_size: 100_000,
}

type Setting = { readonly spawner: Spawner; readonly dataDir: string; readonly home: string }

function setUp(t: Test, command: readonly string[], change: Partial<typeof options> = {}): Setting {
  const dataDir = dataFolder(t)
  const made = processSpawner.create({ ...options, ...change }, { log: quietLog(), dataDir })
  const spawner = running(made, command)
  return { spawner, dataDir, home: path.join(dataDir, 'homes', 'ana') }
}

const pidOf = (state: Readonly<Record<string, unknown>>): number => Number(state['pid'])

/** Neither running nor waiting to be buried. */
const isGone = (pid: number): boolean => findProcess(pid)?.isZombie !== false

stayAwake(t)

t.test('the contract of spawners', async (t) => spawnerContract(t, processSpawner, options))

t.test('the defaults of its options are these', async (t) => {
  const plugins = {
    auth: { native: Type.Object({}) },
    spawner: { process: processSpawner.options },
  }
  t.strictSame(loadConfig({ env: {}, flags: {} }, plugins).pluginOptions.spawner, {
    run_as: 'range',
    first_uid: 1_500_000,
    interrupt_timeout: 10_000,
    term_timeout: 5000,
    kill_timeout: 5000,
    log_size: 1_048_576,
  })
})

type Facts = {
  readonly environment: Record<string, string>
  readonly uid: string[]
  readonly gid: string[]
  readonly groups: string[]
  readonly umask: string
  readonly cwd: string
  readonly session: number
  readonly group: number
  readonly pid: number
  readonly argv: string[]
}

/** What the test runner puts into every child of a test, and what Python itself sets. */
const withoutTestRunner = (environment: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => !/^(?:_TAPJS_.*|NODE_OPTIONS|LC_CTYPE)$/.test(name),
    ),
  )

async function factsOf(url: string): Promise<Facts> {
  let facts: Facts | undefined
  await eventually(async () => {
    facts = await fetch(url).then(
      (response) => response.json() as Promise<Facts>,
      () => undefined,
    )
    return facts !== undefined
  })
  return facts!
}

// §9.42
t.test('a server lives in a session, a folder and an environment of its own', async (t) => {
  const { spawner, home } = setUp(t, webServer)
  const environment = { PATH: '/usr/bin:/bin', HOME: '/root', HUB_SERVER_RUN: 'x', USER: 'root' }
  const { url, state } = await spawner.start(requestFor('ana', { environment }))
  t.teardown(() => spawner.stop(state, { now: true }))
  const facts = await factsOf(url)
  t.same([facts.pid, facts.session, facts.group], Array(3).fill(pidOf(state)))
  t.equal(facts.umask, '0077')
  t.equal(facts.cwd, home)
  t.equal(statSync(home).mode & 0o777, 0o700)
  const {
    HUB_SERVER_RUN: run,
    SHELL: shell,
    USER: user,
    LOGNAME: logname,
    ...rest
  } = facts.environment
  t.match(run, /^[0-9a-f]{32}$/)
  t.match(shell, /^\//)
  t.equal(user, logname)
  t.strictSame(withoutTestRunner(rest), {
    PATH: '/usr/bin:/bin',
    HOME: home,
    JUPYTERHUB_SERVICE_URL: `${url}/user/ana/`,
  })
  t.equal(readFileSync(`/proc/${facts.pid}/cmdline`, 'utf8').includes(String(run)), false)
})

t.test(
  'as root, each user has an unprivileged uid, no groups and a closed home',
  rootOnly,
  async (t) => {
    const { spawner, dataDir, home } = setUp(t, webServer)
    const ben = { id: 8, name: 'ben', slug: 'ben', admin: false }
    const ana = await spawner.start(requestFor('ana'))
    const other = await spawner.start(requestFor('ben', { user: ben, prefix: '/user/ben/' }))
    t.teardown(() => spawner.stop(ana.state, { now: true }))
    t.teardown(() => spawner.stop(other.state, { now: true }))
    const facts = await factsOf(ana.url)
    t.same(facts.uid, Array(4).fill('1500007'))
    t.same(facts.gid, Array(4).fill('1500007'))
    t.same(facts.groups, [])
    t.equal(facts.environment['USER'], 'ana')
    t.same((await factsOf(other.url)).uid, Array(4).fill('1500008'))
    t.equal(statSync(home).uid, 1_500_007)

    const asBen = (...command: string[]): string =>
      execFileSync(
        'setpriv',
        ['--reuid=1500008', '--regid=1500008', '--clear-groups', '--', ...command],
        { encoding: 'utf8', stdio: 'pipe' },
      )
    const forbidden = { message: /Permission denied|Operation not permitted/ }
    t.ok(asBen('ls', path.join(dataDir, 'homes', 'ben')) === '')
    t.throws(() => asBen('ls', home), forbidden)
    t.throws(() => asBen('ls', path.join(dataDir, 'homes')), forbidden)
    t.throws(() => asBen('cat', `/proc/${facts.pid}/environ`), forbidden)
    t.throws(() => asBen('cat', path.join(dataDir, 'logs', 'ana.log')), forbidden)
    t.throws(() => asBen('kill', String(facts.pid)), forbidden)
  },
)

t.test('a server may open its own standard error anew', async (t) => {
  const { spawner } = setUp(t, sh('echo to the file >/dev/stderr'))
  const { state } = await spawner.start(requestFor('ana'))
  await spawner.exited(state, never)
  t.same(await spawner.logTail('ana', 5), ['to the file'])
  await spawner.stop(state, { now: true })
})

t.test('a home of another uid is refused with the way out', rootOnly, async (t) => {
  const { spawner, home } = setUp(t, webServer)
  mkdirSync(home)
  chownSync(home, 1_600_000, 1_600_000)
  await t.rejects(spawner.start(requestFor('ana')), {
    name: 'HubError',
    message: `The home folder ${home} belongs to another uid; give it to this user: chown -R -h 1500007:1500007 ${home}`,
  })
  t.equal(statSync(home).uid, 1_600_000)
})

t.test('a link in the place of a home is refused', async (t) => {
  const { spawner, home, dataDir } = setUp(t, webServer)
  symlinkSync(dataDir, home)
  await t.rejects(spawner.start(requestFor('ana')), { message: /is not a folder/ })
})

t.test('a program that may not be executed says so', async (t) => {
  const program = path.join(dataFolder(t), 'program')
  writeFileSync(program, '#!/bin/sh\n')
  const { spawner } = setUp(t, [program])
  await t.rejects(spawner.start(requestFor('ana')), { message: /may not be run by this user/ })
})

t.test('a failed start leaves no descriptor open', async (t) => {
  const open = (): number => readdirSync('/proc/self/fd').length
  const { spawner } = setUp(t, ['no-such-program'])
  await t.rejects(spawner.start(requestFor('ana')))
  const before = open()
  for (let index = 0; index < 10; index += 1) await t.rejects(spawner.start(requestFor('ana')))
  t.ok(await eventually(() => open() <= before + 1), `${before} before, ${open()} after`)
})

t.test('starting does not change the umask of the hub', async (t) => {
  const umask = (): string | undefined =>
    /Umask:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  const before = umask()
  t.not(before, '0077')
  const { spawner } = setUp(t, sh('exit'))
  const { state } = await spawner.start(requestFor('ana'))
  t.equal(umask(), before)
  await spawner.stop(state, { now: true })
})

t.test('a server that hears an interrupt ends by itself', async (t) => {
  const { spawner, home } = setUp(
    t,
    sh('trap "echo bye; exit 0" INT; touch ready; while :; do sleep 0.05; done'),
    { interrupt_timeout: 60_000 },
  )
  const { state } = await spawner.start(requestFor('ana'))
  await eventually(() => existsSync(path.join(home, 'ready')))
  const exited = spawner.exited(state, never)
  await spawner.stop(state)
  t.same(await exited, { exitCode: 0 })
  t.same(await spawner.logTail('ana', 1), ['bye'])
})

t.test('a server that hears only the wish to terminate gets it', async (t) => {
  const { spawner, home } = setUp(
    t,
    sh('trap "" INT; trap "echo bye; exit 5" TERM; touch ready; while :; do sleep 0.05; done'),
    { interrupt_timeout: 100, term_timeout: 60_000 },
  )
  const { state } = await spawner.start(requestFor('ana'))
  await eventually(() => existsSync(path.join(home, 'ready')))
  const exited = spawner.exited(state, never)
  await spawner.stop(state)
  t.same(await exited, { exitCode: 5 })
})

// §9.57
t.test('a server that hears nothing is killed', async (t) => {
  const { spawner, home } = setUp(t, stubborn, { interrupt_timeout: 50, term_timeout: 50 })
  const { state } = await spawner.start(requestFor('ana'))
  await eventually(() => existsSync(path.join(home, 'deaf')))
  const exited = spawner.exited(state, never)
  await spawner.stop(state)
  t.same(await exited, { exitCode: 137 })
  t.ok(isGone(pidOf(state)))
})

// §9.57
t.test('now means at once, however long the limits are', async (t) => {
  const { spawner, home } = setUp(t, stubborn, { interrupt_timeout: 3e6, term_timeout: 3e6 })
  const { state } = await spawner.start(requestFor('ana'))
  await eventually(() => existsSync(path.join(home, 'deaf')))
  await spawner.stop(state, { now: true })
  t.ok(isGone(pidOf(state)))
})

for (const [what, command, now] of [
  ['a polite stop', parentOfMany, false],
  ['a stop among those that hear nothing', parentOfDeaf, false],
  ['an immediate stop', parentOfDeaf, true],
] as const)
  t.test(`${what} takes children, kernels and daemons along`, async (t) => {
    const { spawner, home } = setUp(t, command)
    const { state } = await spawner.start(requestFor('ana'))
    const pids = await pidsIn(home)
    t.equal(pids.filter(isGone).length, 0)
    t.match(await spawner.usage(state), { processes: 5 })
    await spawner.stop(state, { now })
    t.same(
      pids.filter((pid) => !isGone(pid)),
      [],
    )
  })

t.test('what a server left when it ended by itself is stopped with it', async (t) => {
  const { spawner, home } = setUp(t, parentThatEnds)
  const { state } = await spawner.start(requestFor('ana'))
  const pids = await pidsIn(home)
  t.same(await spawner.exited(state, never), { exitCode: 0 })
  t.same(await spawner.poll(state), { alive: false, exitCode: 0 })
  const [child = 0, kernel = 0, daemon = 0, bare = 0] = pids
  t.same([child, kernel, daemon].filter(isGone), [])
  await spawner.stop(state, { now: true })
  t.same(
    [child, kernel, daemon].filter((pid) => !isGone(pid)),
    [],
  )
  // Without parent, session and environment nothing tells whose it is.
  if (!isGone(bare)) process.kill(bare, 'SIGKILL')
})

t.test('one named server is stopped without the other one of its user', async (t) => {
  const { spawner } = setUp(t, sh('sleep 600 & exec sleep 600'))
  const one = await spawner.start(requestFor('ana.one', { serverName: 'one' }))
  const two = await spawner.start(requestFor('ana.two', { serverName: 'two' }))
  await eventually(async () => (await spawner.usage(two.state))?.processes === 2)
  await spawner.stop(one.state)
  t.ok(isGone(pidOf(one.state)))
  t.same(await spawner.poll(two.state), { alive: true })
  await spawner.stop(two.state, { now: true })
})

t.test(
  'another program that got the pid is neither taken for the server nor touched',
  async (t) => {
    const { spawner } = setUp(t, sh('exec sleep 600'))
    const { state } = await spawner.start(requestFor('ana'))
    t.teardown(() => spawner.stop(state, { now: true }))
    const [boot = '', ticks = ''] = String(state['startTime']).split(' ')
    const strangers = [
      { ...state, startTime: `${boot} ${Number(ticks) - 1}`, run: 'of-another-run' },
      { ...state, startTime: `00000000-0000-4000-8000-000000000000 ${ticks}` },
    ]
    for (const stranger of strangers) {
      t.same(await spawner.poll(stranger), { alive: false })
      t.equal(await spawner.usage(stranger), undefined)
      await spawner.stop(stranger)
      await spawner.stop(stranger, { now: true })
      t.ok(isRunning(pidOf(state), String(state['startTime'])))
    }
  },
)

t.test(
  'a server started by a hub that was killed is watched, told dead, and stopped',
  async (t) => {
    const { spawner, home, dataDir } = setUp(t, parentOfMany)
    const script = `
    import { processSpawner } from ${JSON.stringify(new URL('../../src/spawn/process.ts', import.meta.url))}
    import { createLog } from ${JSON.stringify(new URL('../../src/lib/log.ts', import.meta.url))}
    const [options, dataDir, request] = JSON.parse(process.argv[1])
    const spawner = processSpawner.create(options, { log: createLog({ level: 'error' }), dataDir })
    const signal = new AbortController().signal
    const { state } = await spawner.start({ ...request, signal, progress: () => undefined })
    console.log(JSON.stringify(state))
    setInterval(() => undefined, 1000)
  `
    const given = JSON.stringify([options, dataDir, requestFor('ana', { command: parentOfMany })])
    const hub = spawn(process.execPath, ['--input-type=module', '-e', script, given], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const line = await new Promise<string>((resolve) =>
      hub.stdout.once('data', (data) => resolve(String(data))),
    )
    const state = JSON.parse(line) as Record<string, string | number>
    const pids = await pidsIn(home)
    const ended = new Promise((resolve) => hub.once('exit', resolve))
    hub.kill('SIGKILL')
    await ended

    t.same(await spawner.poll(state), { alive: true })
    const exited = spawner.exited(state, never)
    t.match(await spawner.usage(state), { processes: 5 })
    await spawner.stop(state)
    t.same(await exited, {})
    t.same(await spawner.poll(state), { alive: false })
    t.same(
      pids.filter((pid) => !isGone(pid)),
      [],
    )
  },
)

t.test(
  'a server on a socket goes on when the hub is another one, and leaves nothing',
  async (t) => {
    for (const name of ['', 'with-a-long-name-'.repeat(8)]) {
      const dataDir = path.join(dataFolder(t), name)
      mkdirSync(path.join(dataDir, 'homes'), { recursive: true, mode: 0o711 })
      const create = () =>
        running(processSpawner.create(options, { log: quietLog(), dataDir }), socketServer)
      const { url, state } = await create().start(requestFor('ana'))
      const later = create()
      t.teardown(() => later.stop(state, { now: true }))
      const answer = () => ask(url, '/').catch(() => undefined)
      t.ok(await eventually(async () => (await answer())?.text === 'there'))
      const stored = JSON.parse(JSON.stringify(state)) as typeof state
      t.same(await later.poll(stored), { alive: true })
      t.same(listeningPorts(pidOf(state)), [])
      await later.stop(stored)
      t.same(await later.poll(stored), { alive: false })
      t.notOk(existsSync(path.dirname(url.slice('unix:'.length))))
    }
  },
)

t.test('a start on a socket that fails leaves no folder', async (t) => {
  const { spawner, dataDir } = setUp(t, ['no-such-program', '{socket}'])
  await t.rejects(spawner.start(requestFor('ana')))
  t.same(readdirSync(path.join(dataDir, 'sockets')), [])
})

t.test('a server that writes without end fills no disk', async (t) => {
  const { spawner, dataDir } = setUp(t, sh('exec yes "a line of a server that does not stop"'))
  const { state } = await spawner.start(requestFor('ana'))
  t.teardown(() => spawner.stop(state, { now: true }))
  const logs = path.join(dataDir, 'logs')
  t.ok(await eventually(() => existsSync(path.join(logs, 'ana.log.old'))), 'the log was shortened')
  t.ok(statSync(path.join(logs, 'ana.log.old')).size <= options.log_size)
  await spawner.stop(state, { now: true })
  t.ok(statSync(path.join(logs, 'ana.log')).size <= options.log_size)
  // It was killed in the middle of a line.
  t.match(await spawner.logTail('ana', 2), [/^a line of/, /^a/])
})

t.test('servers of the unix account of the user', rootOnly, async (t) => {
  const { spawner } = setUp(t, sh('exit'), { run_as: 'unix' })
  const refused = async (name: string, message: RegExp): Promise<unknown> =>
    t.rejects(
      spawner.start(requestFor(name, { user: { id: 1, name, slug: name, admin: false } })),
      { message },
    )
  await refused('root', /belongs to the system/)
  await refused('daemon', /belongs to the system/)
  await refused('no-such-account', /There is no unix account/)
})

t.test('as the user of the hub', async (t) => {
  const { spawner } = setUp(t, webServer, { run_as: 'self' })
  const { url, state } = await spawner.start(requestFor('ana'))
  t.teardown(() => spawner.stop(state, { now: true }))
  t.equal((await factsOf(url)).uid[0], String(process.getuid?.()))
  t.equal(state['uid'], process.getuid?.())
  t.equal(startTimeOf(pidOf(state)), state['startTime'])
})
