/** How a program ended, and which limits act. */
import t from 'tap'
import { endingOf, failedStart, missingLimits, wasExecuted } from '../../src/spawn/unit-facts.ts'

const killed = { ExecMainCode: '2', ExecMainStatus: '9', Result: 'signal' }
const mebibyte = 2 ** 20

t.test('a program ended with a code, by a signal, or for want of memory', async (t) => {
  t.same(endingOf({ ExecMainCode: '1', ExecMainStatus: '3', Result: 'exit-code' }, 0), {
    exitCode: 3,
  })
  t.same(endingOf({ ...killed, ExecMainStatus: '15' }, mebibyte), { exitCode: 143 })
  t.same(endingOf(killed, 0), { exitCode: 137 })
  t.same(endingOf({ ExecMainCode: '0' }, 0), {})
  for (const [facts, memoryBytes, words] of [
    [{ ...killed, Result: 'oom-kill' }, 0, 'its limit.'],
    [{ ...killed, Result: 'oom-kill' }, 5 * mebibyte, 'its limit of 5 MiB.'],
    [killed, 5 * mebibyte, 'its limit of 5 MiB.'],
  ] as const)
    t.match(endingOf(facts, memoryBytes), { exitCode: 137, message: words })
})

t.test('a program that may not be run is told from others', async (t) => {
  t.match(failedStart('lab', { ExecMainStatus: '203' }, ''), {
    message: /may not be run by this user/,
  })
  t.match(failedStart('lab', { ExecMainStatus: '226' }, ''), { message: /could not be started/ })
})

t.test('what is the matter with home and account is told as that', async (t) => {
  for (const [status, message] of [
    ['200', /^The home folder of this server cannot be entered\./],
    ['216', /^A group of the account of this server is gone\./],
    ['217', /^The account of this server is gone\./],
  ] as const)
    t.match(failedStart('lab', { ExecMainStatus: status }, 'words'), {
      code: 'Unavailable',
      message,
      cause: { message: /words/ },
    })
})

t.test('a program that ended at once was executed, unlike one that could not be', async (t) => {
  const ended = { InvocationID: 'one', ExecMainCode: '1', ExecMainStatus: '3' }
  t.ok(wasExecuted(ended))
  t.ok(wasExecuted({ ...ended, ExecMainStatus: '0' }))
  t.ok(wasExecuted({ ...ended, ExecMainCode: '2', ExecMainStatus: '9' }), 'by a signal')
  for (const status of ['200', '203', '217', '226', '245'])
    t.notOk(wasExecuted({ ...ended, ExecMainStatus: status }), status)
  t.notOk(wasExecuted({ ...ended, ExecMainCode: '0' }), 'nothing ended')
  t.notOk(wasExecuted({ ...ended, InvocationID: '' }), 'there is no such unit')
})

t.test('each limit that does not act is named', async (t) => {
  const asked = { memoryBytes: 100 * mebibyte, cpuCores: 0.5, tasks: 40 }
  t.same(missingLimits(asked, asked), [])
  t.same(missingLimits({ ...asked, memoryBytes: 100 * mebibyte + 5 }, asked), [])
  t.same(missingLimits({}, asked), [])
  t.match(missingLimits(asked, {}), [
    /memory limit of 100 MiB/,
    /0.5 processor cores/,
    /40 processes/,
  ])
  t.match(missingLimits(asked, { ...asked, memoryBytes: 200 * mebibyte }), [/memory/])
})
