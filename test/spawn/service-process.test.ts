import { mkdirSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { createLog } from '../../src/lib/log.ts'
import { findProcess, isRunning } from '../../src/lib/process.ts'
import { createServiceProcesses } from '../../src/spawn/service-process.ts'

function setUp(t: Test) {
  const dataDir = path.join(t.testdir(), 'data')
  mkdirSync(path.join(dataDir, 'logs'), { recursive: true })
  // A hub waits for requests; a test has to wait for its processes.
  const waiting = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(waiting))
  const processes = createServiceProcesses({ dataDir, log: createLog({ level: 'silent' }) })
  const start = (script: string, more: { cwd?: string; name?: string } = {}) =>
    processes.start({
      name: more.name ?? 'grader',
      command: ['/bin/sh', '-c', script],
      environment: { PATH: '/usr/bin:/bin', ANSWER: '42' },
      cwd: more.cwd ?? '',
      user: '',
    })
  return { dataDir, processes, start }
}

t.test(
  'a service has its environment, its folder and its log, and nothing of the hub',
  async (t) => {
    process.env['A_SECRET_OF_THE_HUB'] = 'x'
    t.teardown(() => delete process.env['A_SECRET_OF_THE_HUB'])
    const { dataDir, processes, start } = setUp(t)
    const { ended } = await start(
      'echo $ANSWER $(pwd) "<$A_SECRET_OF_THE_HUB>"; echo more >&2; exit 3',
    )
    t.same(await ended, { exitCode: 3 })
    const [first = '', second] = await processes.logTail('grader', 5)
    t.match(first, new RegExp(`^42 ${dataDir}/services/grader <>$`))
    t.equal(second, 'more')
  },
)

t.test('it runs where the configuration says', async (t) => {
  const { processes, start } = setUp(t)
  await (
    await start('pwd', { cwd: '/usr' })
  ).ended
  t.same(await processes.logTail('grader', 1), ['/usr'])
})

t.test('stopping ends it with everything it started', async (t) => {
  const { processes, start } = setUp(t)
  const { run, ended } = await start('trap "exit 0" TERM; sleep 1000 & echo $!; wait')
  let child = ''
  while (child === '') [child = ''] = await processes.logTail('grader', 1)
  await processes.stop(run)
  t.notOk(isRunning(run.pid, run.startTime))
  t.not(findProcess(Number(child))?.isZombie, false, 'no more than a trace of it is left')
  await ended
  await processes.stop(run)
})

t.test('a program that is not there is an error at once', async (t) => {
  const { processes } = setUp(t)
  const request = { name: 'a', command: ['/no/such/program'], environment: {}, cwd: '', user: '' }
  await t.rejects(processes.start(request), { code: 'Unavailable' })
  await t.rejects(processes.start({ ...request, command: ['/bin/true'], user: 'nobody-such' }), {
    code: 'Unavailable',
  })
})
