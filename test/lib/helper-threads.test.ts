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

t.test('all of them but the event loop itself are behind it, also those of the pool', async (t) => {
  t.ok((await favourEventLoop('beside')) > 0)
  await createPasswords({ cost: 4, concurrent: 4 }).hash('purple otter climbs')
  const all = threads()
  t.equal(all.find(({ id }) => id === process.pid)?.nice, own)
  const helpers = all.filter(({ id }) => id !== process.pid)
  t.equal(helpers.filter(({ name }) => name === 'libuv-worker').length, 4)
  t.same(new Set(helpers.map(({ nice }) => nice)), new Set([Math.min(19, own + 10)]))
})

t.test('they get what is left where nobody else is', async (t) => {
  await favourEventLoop('apart')
  const all = threads()
  const helpers = all.filter(({ id }) => id !== process.pid)
  t.same(new Set(helpers.map(({ nice }) => nice)), new Set([Math.min(19, own + 19)]))
  t.same(new Set(helpers.map(({ policy }) => policy)), new Set([5]))
  t.equal(all.find(({ id }) => id === process.pid)?.policy, 0)
})

t.test('programs that are started afterwards are like any other', async (t) => {
  await favourEventLoop('apart')
  t.equal(execFileSync('nice').toString().trim(), String(own))
  t.match(execFileSync('chrt', ['--pid', '0']).toString(), /SCHED_OTHER/)
})
