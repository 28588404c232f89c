/** The threads of libuv's pool get what the event loop leaves. */
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
  return { pool, others: all.filter((thread) => !pool.includes(thread)) }
}

const usual = { nice: own, policy: 0 }

t.test(
  'the pool is behind the event loop, and V8 is not: what it compiles makes it faster',
  async (t) => {
    t.equal(await favourEventLoop('beside'), 4)
    await createPasswords({ cost: 4, concurrent: 4 }).hash('purple otter climbs')
    const { pool, others } = groups()
    t.equal(pool.length, 4)
    for (const thread of pool) t.match(thread, { nice: Math.min(19, own + 10), policy: 0 })
    for (const thread of others) t.match(thread, usual, thread.name)
    t.ok(others.some(({ name }) => name.startsWith('V8')))
  },
)

t.test('it gets what is left where nobody else is', async (t) => {
  await favourEventLoop('apart')
  const { pool, others } = groups()
  for (const thread of pool) t.match(thread, { nice: Math.min(19, own + 19), policy: 5 })
  for (const thread of others) t.match(thread, usual, thread.name)
})

t.test('programs that are started afterwards are like any other', async (t) => {
  await favourEventLoop('apart')
  t.equal(execFileSync('nice').toString().trim(), String(own))
  t.match(execFileSync('chrt', ['--pid', '0']).toString(), /SCHED_OTHER/)
})
