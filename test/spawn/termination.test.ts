/** Ending servers. */
import { existsSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { isRunning } from '../../src/lib/process.ts'
import { runVariable, type Run } from '../../src/spawn/family.ts'
import { launch } from '../../src/spawn/launch.ts'
import { terminate } from '../../src/spawn/termination.ts'
import { dataFolder, eventually, quietLog, sh, stayAwake } from './support.ts'

const limits = { interruptMs: 300, termMs: 300, killMs: 5000, now: false }

const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }

async function begin(t: Test, script: string, run: string): Promise<Run & { home: string }> {
  const home = dataFolder(t)
  const child = await launch({
    command: sh(script.replace('READY', 'touch ready')),
    account: { ...own, name: 'ana', home, shell: '/bin/sh', through: [] },
    environment: { PATH: '/usr/bin:/bin', [runVariable]: run },
    logDescriptor: openSync(path.join(home, 'log'), 'a'),
  })
  await eventually(() => existsSync(path.join(home, 'ready')))
  return { pid: child.pid, startTime: child.startTime, uid: own.uid, run, home }
}

/** Beside which a shell may say how its children ended. */
const heard = ({ home }: { home: string }): string[] =>
  readFileSync(path.join(home, 'log'), 'utf8').match(/^(?:int|term)$/gm) ?? []

stayAwake(t)

t.test('each step comes only when the one before did not help', async (t) => {
  const script = 'trap "echo int" INT; trap "echo term" TERM; READY; while :; do sleep 0.02; done'
  const run = await begin(t, script, 'steps')
  await terminate(run, { ...limits, termMs: 1500 }, quietLog())
  t.notOk(isRunning(run.pid, run.startTime))
  t.same(heard(run), ['int', 'term'])
})

t.test('now means without a word', async (t) => {
  const script = 'trap "echo int" INT; trap "echo term" TERM; READY; while :; do sleep 0.02; done'
  const run = await begin(t, script, 'now')
  await terminate(run, { ...limits, now: true }, quietLog())
  t.notOk(isRunning(run.pid, run.startTime))
  t.same(heard(run), [])
})

t.test('one that starts others as fast as it can is ended with all of them', async (t) => {
  const run = await begin(t, 'READY; while :; do sleep 100 & sleep 0.01; done', 'many')
  await terminate(run, { ...limits, now: true }, quietLog())
  await terminate(run, limits, quietLog())
  t.notOk(isRunning(run.pid, run.startTime))
})

t.test('two who stop the same server at once both see it stopped', async (t) => {
  const run = await begin(t, 'trap "exit 0" INT; READY; while :; do sleep 0.02; done', 'twice')
  await Promise.all([terminate(run, limits, quietLog()), terminate(run, limits, quietLog())])
  t.notOk(isRunning(run.pid, run.startTime))
})

t.test('time that is over is told, not slept away', async (t) => {
  const run = await begin(t, 'READY; exec sleep 600', 'over')
  await t.rejects(terminate(run, { ...limits, now: true, killMs: 0 }, quietLog()), {
    code: 'Unavailable',
    message: 'Some processes of the server cannot be ended. Try again later.',
  })
  await terminate(run, { ...limits, now: true }, quietLog())
  t.notOk(isRunning(run.pid, run.startTime))
})
