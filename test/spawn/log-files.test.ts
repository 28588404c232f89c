/** Log files that stay short. */
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createLogFiles } from '../../src/spawn/log-files.ts'
import { dataFolder, eventually, quietLog, stayAwake } from './support.ts'

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }

const setUp = (t: Parameters<typeof dataFolder>[0], maxBytes = 10_000) => {
  const dir = path.join(dataFolder(t), 'logs')
  return {
    dir,
    file: path.join(dir, 'ana.log'),
    logs: createLogFiles({ dir, maxBytes, log: quietLog() }),
  }
}

stayAwake(t)

t.test('the tail is that of the last run', async (t) => {
  const { logs, file } = setUp(t)
  t.same(await logs.tail('ana', 3), [])
  for (const run of ['one', 'two']) {
    const descriptor = logs.open('ana', owner)
    writeSync(descriptor, `${run} 1\n\n${run} 2\n${run} 3 ü`)
    closeSync(descriptor)
  }
  t.same(await logs.tail('ana', 2), ['two 2', 'two 3 ü'])
  t.same(await logs.tail('ana', 10), ['two 1', 'two 2', 'two 3 ü'])
  closeSync(logs.open('ana', owner))
  t.same(await logs.tail('ana', 10), [])
  t.match(readFileSync(file, 'utf8'), /one 1/)
  t.equal(statSync(file).mode & 0o777, 0o600)
})

t.test('a file over its bound is made short while its writer goes on writing', async (t) => {
  const { logs, file } = setUp(t)
  const descriptor = logs.open('ana', owner)
  t.teardown(() => closeSync(descriptor))
  for (let line = 1; line <= 5000; line += 1) writeSync(descriptor, `line ${line}\n`)
  t.ok(await eventually(() => existsSync(`${file}.old`) && statSync(file).size === 0))
  t.ok(statSync(`${file}.old`).size <= 10_000)
  t.same(await logs.tail('ana', 2), ['line 4999', 'line 5000'])
  writeSync(descriptor, 'after\n')
  t.equal(readFileSync(file, 'utf8'), 'after\n')
  t.same(await logs.tail('ana', 2), ['line 5000', 'after'])
})

t.test('the files of servers that an earlier hub started are looked after as well', async (t) => {
  const { logs, file, dir } = setUp(t)
  closeSync(logs.open('ana', owner))
  const later = createLogFiles({ dir, maxBytes: 10_000, log: quietLog() })
  await logs.release('ana')
  later.watch('ana')
  const descriptor = openSync(file, 'a')
  writeSync(descriptor, 'x'.repeat(20_000))
  closeSync(descriptor)
  t.ok(await eventually(() => statSync(file).size === 0))
})

t.test('a released file is short, and a file that its owner made huge costs nothing', async (t) => {
  const { logs, file } = setUp(t)
  closeSync(logs.open('ana', owner))
  truncateSync(file, 2 ** 40)
  await logs.release('ana')
  t.equal(statSync(file).size, 0)
  t.equal(statSync(`${file}.old`).size, 10_000)
  await logs.release('ana')
  await logs.release('never-opened')
})

t.test('a line that was cut, and with it perhaps a secret, is not in the tail', async (t) => {
  const { logs } = setUp(t, 10_000_000)
  const descriptor = logs.open('ana', owner)
  writeSync(descriptor, `begin ${'s'.repeat(70_000)}\nwhole\n`)
  closeSync(descriptor)
  t.same(await logs.tail('ana', 10), ['whole'])
})

t.test('what is removed is gone, and no name leads out of the folder', async (t) => {
  const { logs, file } = setUp(t)
  closeSync(logs.open('ana', owner))
  logs.remove('ana')
  t.notOk(existsSync(file))
  logs.remove('ana')
  for (const name of ['../ana', '', '.', 'a/b', 'a\0b']) t.throws(() => logs.remove(name))
})
