/** The data folder: modes, refusals with a reason, and one hub at a time, whatever became of the one before. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { findRunningHub, lockDataDir, prepareDataDir } from '../../src/config/data-dir.ts'

const run = promisify(execFile)
const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8)

t.test('it is made with what lies in it, passable and private where it should be', async (t) => {
  const dir = path.join(t.testdir(), 'a', 'b')
  prepareDataDir(dir)
  t.same([dir, path.join(dir, 'homes'), path.join(dir, 'logs')].map(modeOf), ['711', '711', '700'])
  prepareDataDir(dir)
})

t.test('a file in its place, or above it, is told', async (t) => {
  const dir = t.testdir({ file: '', half: { homes: '' } })
  t.throws(() => prepareDataDir(path.join(dir, 'file')), {
    name: 'ConfigError',
    message: /data_dir: is a file, not a folder/,
  })
  t.throws(() => prepareDataDir(path.join(dir, 'file', 'below')), { message: /below a file/ })
  t.throws(() => prepareDataDir(path.join(dir, 'half')), { message: /data_dir/ })
})

t.test('a folder that cannot be written is told before anything is changed', async (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'littlehub-ro-'))
  t.teardown(() => rm(dir, { recursive: true }))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'ro,size=1m', 'tmpfs', dir])
  } catch {
    t.comment('no file system can be mounted here: not tried')
    return
  }
  t.teardown(() => run('umount', [dir]))
  t.throws(() => prepareDataDir(path.join(dir, 'data')), {
    name: 'ConfigError',
    message: /read-only/,
  })
  t.throws(() => prepareDataDir(dir), { name: 'ConfigError', message: /read-only/ })
  t.throws(() => lockDataDir(dir), { name: 'ConfigError' })
})

const holder = path.join(import.meta.dirname, '..', 'support', 'hold-data-dir.ts')

/** A process of its own that holds the folder; resolves with what it said first. */
async function hold(t: Test, dir: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [holder, dir], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const said = await new Promise<string>((resolve) =>
    child.stdout.once('data', (data) => resolve(String(data))),
  )
  return { child, said }
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGKILL')
  await closed
}

t.test(
  'a second hub is refused and told which one is there; after kill -9 the next one gets in',
  async (t) => {
    const dir = t.testdir()
    t.equal(findRunningHub(dir), undefined)
    const first = await hold(t, dir)
    t.equal(first.said, 'held')
    t.same(findRunningHub(dir), { pid: first.child.pid })
    t.throws(() => lockDataDir(dir), {
      name: 'ConfigError',
      message: new RegExp(
        `in use by a hub with process id ${first.child.pid}; stop that one first`,
      ),
    })
    t.match((await hold(t, dir)).said, /in use by a hub/)
    t.same(findRunningHub(dir), { pid: first.child.pid }, 'the one that was refused left no trace')
    await kill(first.child)
    t.ok(existsSync(path.join(dir, 'hub.pid')), 'it could not clean up')
    t.equal(findRunningHub(dir), undefined, 'and yet nobody takes it for running')
    const lock = lockDataDir(dir)
    t.same(findRunningHub(dir), { pid: process.pid })
    lock.release()
    lock.release()
    t.equal(findRunningHub(dir), undefined)
    t.equal((await hold(t, dir)).said, 'held')
  },
)

t.test('the pid of another program, or junk, is not taken for a hub', async (t) => {
  const dir = t.testdir()
  for (const text of [
    JSON.stringify({ pid: process.pid, startTime: 'another' }),
    JSON.stringify({ pid: 1 }),
    '{"pid":"1","startTime":""}',
    'null',
    '12',
    '',
    '{',
  ]) {
    writeFileSync(path.join(dir, 'hub.pid'), text)
    t.equal(findRunningHub(dir), undefined, text)
  }
})

t.test('the files of the lock are private, and two at once make one winner', async (t) => {
  const dir = t.testdir()
  const said = (await Promise.all([hold(t, dir), hold(t, dir), hold(t, dir)])).map(
    ({ said }) => said,
  )
  t.equal(said.filter((text) => text === 'held').length, 1, said.join(' | '))
  t.equal(modeOf(path.join(dir, 'hub.lock')), '600')
  t.equal(modeOf(path.join(dir, 'hub.pid')), '600')
  t.type(JSON.parse(readFileSync(path.join(dir, 'hub.pid'), 'utf8')), 'object')
})
