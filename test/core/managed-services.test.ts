import t, { type Test } from 'tap'
import { type ServiceDeclaration } from '../../src/config/declarations.ts'
import { createManagedServices } from '../../src/core/managed-services.ts'
import { createSchedule } from '../../src/core/schedule.ts'
import { HubError } from '../../src/lib/errors.ts'
import { createLog } from '../../src/lib/log.ts'
import { type TokenSecret } from '../../src/model/token.ts'
import { type Run } from '../../src/spawn/family.ts'
import { type ServiceProcesses, type ServiceRequest } from '../../src/spawn/service-process.ts'
import { at, openStore } from '../support/store.ts'

/** Processes that end when the test says so. */
function scriptedProcesses() {
  const started: (ServiceRequest & { run: Run; end: (exitCode: number) => void })[] = []
  const stopped: number[] = []
  const waiting = new Set<() => void>()
  const refused = new Set<string>()
  const processes: ServiceProcesses = {
    async start(request) {
      if (refused.has(request.name)) throw new HubError('Unavailable', 'No such program.')
      const run = { pid: 1000 + started.length, startTime: 'boot 1', uid: 0, run: 'x' }
      const { promise: ended, resolve } = Promise.withResolvers<{ exitCode?: number }>()
      started.push({ ...request, run, end: (exitCode) => resolve({ exitCode }) })
      for (const wake of waiting) wake()
      return { run, ended }
    },
    async stop(run) {
      stopped.push(run.pid)
      started.find((one) => one.run.pid === run.pid)?.end(143)
    },
    logTail: () => Promise.resolve([]),
  }
  const untilStarted = async (count: number): Promise<void> => {
    while (started.length < count)
      await new Promise<void>((resolve) => void waiting.add(() => resolve()))
  }
  return { processes, started, stopped, refused, untilStarted }
}

function setUp(t: Test, names: readonly string[] = ['culler']) {
  const store = openStore(t)
  const script = scriptedProcesses()
  const log = createLog({ level: 'silent' })
  const schedule = createSchedule({ log })
  const declared = names.map((name): ServiceDeclaration => ({
    ...{ name, url: '', api_token: '', admin: false, command: ['run', name], cwd: '' },
    ...{ environment: { A: '1' }, user: '', timeout: 1, access: 'public', display: true, info: {} },
    ...{ oauth_client_id: '', oauth_redirect_uri: '', oauth_client_allowed_scopes: [] },
    oauth_no_confirm: false,
  }))
  for (const { name, command } of declared)
    store.services.save({
      ...{ name, admin: false, url: undefined, command, info: {}, display: true },
      ...{ access: 'public', fromConfig: true, createdAt: at },
    })
  let renewed = 0
  const create = () =>
    createManagedServices({
      ...{ store, schedule, log, firstPauseMs: 1 },
      processes: script.processes,
      services: { renewToken: () => `secret ${++renewed}` as TokenSecret },
      environment: ({ name }, { more, secret }) => ({ ...more, NAME: name, SECRET: secret }),
    })
  return { ...script, store, schedule, declared, create }
}

t.test(
  'every service with a command runs, with its variables and a token of its own',
  async (t) => {
    const { create, declared, started } = setUp(t, ['culler', 'grader', 'external'])
    const [culler, grader, external] = declared
    const managed = create()
    await managed.declare([
      culler!,
      { ...grader!, api_token: 'chosen' },
      { ...external!, command: [] },
    ])
    t.match(started, [
      { command: ['run', 'culler'], environment: { A: '1', NAME: 'culler', SECRET: 'secret 1' } },
      { command: ['run', 'grader'], environment: { SECRET: 'chosen' } },
    ])
    t.equal(started.length, 2)
    t.equal(managed.pidOf('culler'), 1000)
    t.equal(managed.pidOf('external'), undefined)
    await managed.stopAll()
  },
)

t.test(
  'one that ends is started again with the same token, also when that fails at first',
  async (t) => {
    const { create, declared, started, refused, untilStarted } = setUp(t)
    const managed = create()
    await managed.declare(declared)
    started[0]!.end(1)
    await untilStarted(2)
    t.equal(started[1]!.environment['SECRET'], 'secret 1')
    refused.add('culler')
    started[1]!.end(1)
    setTimeout(() => refused.clear(), 20)
    await untilStarted(3)
    t.equal(managed.pidOf('culler'), 1002)
    await managed.stopAll()
  },
)

t.test('stopping ends all of them, and none comes back', async (t) => {
  const { create, declared, schedule, started, stopped } = setUp(t, ['a', 'b'])
  const managed = create()
  await managed.declare(declared)
  await managed.stopAll()
  await schedule.stop()
  t.same(stopped, [1000, 1001])
  t.equal(started.length, 2)
  t.equal(managed.pidOf('a'), undefined)
})

t.test('what a killed hub left running is ended before it is started anew', async (t) => {
  const { create, declared, started, stopped } = setUp(t)
  await create().declare(declared)
  const next = create()
  await next.declare(declared)
  t.same(stopped, [1000])
  t.equal(started.length, 2)
  await next.stopAll()
  await create().declare([])
  t.same(stopped, [1000, 1001], 'one that was stopped is not stopped again')
})

t.test('a program that cannot be run at all is said at start', async (t) => {
  const { create, declared, refused } = setUp(t)
  refused.add('culler')
  await t.rejects(create().declare(declared), {
    code: 'Unavailable',
    message: /service culler cannot be started. No such program/,
  })
})

t.test('a new declaration touches only what it changes', async (t) => {
  const { create, declared, started, stopped, schedule } = setUp(t, ['same', 'changed', 'gone'])
  const [same, changed] = declared
  const managed = create()
  await managed.declare(declared)
  await managed.declare([same!, { ...changed!, environment: { A: '2' } }])
  t.same(stopped, [1001, 1002])
  t.match(started.slice(3), [{ name: 'changed', environment: { A: '2', SECRET: 'secret 4' } }])
  t.equal(managed.pidOf('same'), 1000)
  t.equal(managed.pidOf('changed'), 1003)
  t.equal(managed.pidOf('gone'), undefined)
  await managed.stopAll()
  await schedule.stop()
  t.same(stopped, [1001, 1002, 1000, 1003])
  t.equal(started.length, 4, 'and what was stopped did not come back')
})

t.test('one that cannot be started keeps no other from running', async (t) => {
  const { create, declared, started, refused } = setUp(t, ['a', 'b', 'c'])
  refused.add('b')
  const managed = create()
  await t.rejects(managed.declare(declared), { code: 'Unavailable' })
  t.same(
    started.map(({ name }) => name),
    ['a', 'c'],
  )
  refused.clear()
  await managed.declare(declared)
  t.equal(started.length, 3)
  t.equal(managed.pidOf('b'), 1002)
  await managed.stopAll()
})

t.test('a reload that is under way when the hub ends starts no service any more', async (t) => {
  const { create, declared, started, stopped, schedule } = setUp(t, ['a', 'b'])
  const managed = create()
  await managed.declare(declared.slice(0, 1))
  const reloading = managed.declare(declared)
  await managed.stopAll()
  await reloading
  await schedule.stop()
  t.equal(started.length, stopped.length, 'nothing is left running')
})
