/** Which process a pid means. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { findProcess, isRunning, parseStat, startTimeOf } from '../../src/lib/process.ts'

t.test('the name of a program may hold what the line itself is made of', async (t) => {
  const rest = ['S', '10', '20', '30', ...Array<string>(15).fill('0'), '4711', '0']
  for (const name of ['sleep', 'a b', ') R 1 2 3 (', '((', 'x) Z 1 1 1'])
    t.match(parseStat(7, `7 (${name}) ${rest.join(' ')}\n`), {
      pid: 7,
      parent: 10,
      group: 20,
      session: 30,
      isZombie: false,
      startTime: / 4711$/,
    })
  t.equal(parseStat(7, ''), undefined)
})

t.test('a process is known by its pid, its boot and its start', async (t) => {
  const facts = findProcess(process.pid)
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  t.equal(facts?.parent, process.ppid)
  t.match(facts?.startTime, new RegExp(`^${boot} \\d+$`))
  t.ok(isRunning(process.pid, facts?.startTime ?? ''))
  t.notOk(isRunning(process.pid, `${boot} 1`))
  t.equal(startTimeOf(2 ** 22 + 1), undefined)
})

t.test('one that has ended does not run, buried or not', async (t) => {
  // The child's child ends while its parent, which never asks for it, goes on as another program.
  const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [output] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(output)
  let facts = findProcess(pid)
  while (facts?.isZombie === false) facts = findProcess(pid)
  t.equal(facts?.isZombie, true)
  t.notOk(isRunning(pid, facts?.startTime ?? ''))
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  t.equal(findProcess(parent.pid ?? 0), undefined)
})
