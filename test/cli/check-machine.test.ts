import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import {
  checkClock,
  checkDisk,
  checkMemory,
  checkTimeService,
  nearestFolder,
} from '../../src/cli/check-machine.ts'

t.test('the disk is that of the data folder, or of where it would be made', async (t) => {
  const dir = t.testdir()
  t.match(checkDisk([dir]), [{ check: 'disk', found: new RegExp(`free for ${dir}`) }])
  t.match(checkDisk([path.join(dir, 'not/yet')]), [{ found: new RegExp(`free for ${dir}$`) }])
})

t.test('each file system is looked at once', async (t) => {
  const dir = t.testdir()
  const found = checkDisk([dir, '/dev/shm', path.join(dir, 'more'), '/dev/shm'])
  t.match(found, [{ found: new RegExp(`free for ${dir}`) }, { found: / free for \/dev\/shm/ }])
  t.equal(found.length, 2)
})

t.test('a clock that nothing keeps right is warned about', async (t) => {
  const ask = (said: string) => () => Promise.resolve(said)
  t.match(await checkTimeService(ask('NTPSynchronized=no')), [{ check: 'clock', level: 'warn' }])
  t.same(await checkTimeService(ask('NTPSynchronized=yes')), [])
  t.same(await checkTimeService(() => Promise.reject(new Error('no systemd'))), [])
})

t.test('the nearest folder of a file is the one it is in', async (t) => {
  const dir = t.testdir({ file: '' })
  t.equal(nearestFolder(path.join(dir, 'file')), dir)
  t.equal(nearestFolder('/'), '/')
})

t.test('memory is told in notebooks', async (t) => {
  t.match(checkMemory(), {
    check: 'memory',
    found: /available, enough for about \d+ small notebook/,
  })
})

t.test('a clock before the hub’s last writing is wrong', async (t) => {
  const dir = t.testdir()
  const now = new Date()
  t.match(checkClock(dir, now), { level: 'ok' })
  mkdirSync(dir, { recursive: true })
  const database = path.join(dir, 'littlehub.db')
  writeFileSync(database, '')
  const tomorrow = new Date(now.getTime() + 24 * 3600 * 1000)
  utimesSync(database, tomorrow, tomorrow)
  t.match(checkClock(dir, now), { level: 'fail', advice: /clock/ })
  t.match(checkClock(dir, tomorrow), { level: 'ok' })
})

t.test('a clock before the program was made is wrong', async (t) => {
  t.match(checkClock(t.testdir(), new Date(0)), { level: 'fail' })
})
