/** The threads beside the event loop get what it leaves. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import t from 'tap'
import { favourEventLoop } from '../../src/lib/helper-threads.ts'
import { createPasswords } from '../../src/lib/password.ts'

const own = getPriority()

const threads = () =>
  readdirSync('/proc/self/task').map((id) => ({
    id: Number(id),
    name: readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim(),
    nice: getPriority(Number(id)),
    policy: policyOf(`/proc/self/task/${id}`),
  }))

/** 0: as usual, 5: idle (proc_pid_stat(5)). */
function policyOf(task: string): number {
  const [, fields = ''] = readFileSync(`${task}/stat`, 'utf8').split(/\) (?!.*\))/)
  return Number(fields.split(' ')[38])
}

const groups = () => {
  const all = threads()
  const pool = all.filter(({ name }) => name === 'libuv-worker')
  const loop = all.find(({ id }) => id === process.pid)
  const ofV8 = all.filter((thread) => thread !== loop && !pool.includes(thread))
  return { pool, ofV8, loop }
}

const behind = (by: number, policy = 0) => ({ nice: Math.min(19, own + by), policy })

t.test('all are behind the event loop, V8 less: what it compiles makes it faster', async (t) => {
  const count = await favourEventLoop('beside')
  await createPasswords({ cost: 4, concurrent: 4 }).hash('purple otter climbs')
  const { pool, ofV8, loop } = groups()
  t.equal(pool.length, 4)
  t.ok(ofV8.length > 0)
  t.equal(count, pool.length + ofV8.length)
  for (const thread of pool) t.match(thread, behind(10))
  for (const thread of ofV8) t.match(thread, behind(5))
  t.match(loop, behind(0))
})

t.test('what hashes gets what is left where nobody else is', async (t) => {
  await favourEventLoop('apart')
  const { pool, ofV8, loop } = groups()
  for (const thread of pool) t.match(thread, behind(19, 5))
  for (const thread of ofV8) t.match(thread, behind(5))
  t.match(loop, behind(0))
})

t.test('programs that are started afterwards are like any other', async (t) => {
  await favourEventLoop('apart')
  t.equal(execFileSync('nice').toString().trim(), String(own))
  t.match(execFileSync('chrt', ['--pid', '0']).toString(), /SCHED_OTHER/)
})
