/** The write-ahead log on the disk: synced when something is new in it, and left alone otherwise. */
import { utimesSync } from 'node:fs'
import t from 'tap'
import { createLog } from '../../src/lib/log.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createLogSync } from '../../src/store/log-sync.ts'

t.test('what was committed is made durable once', async (t) => {
  const file = `${t.testdir()}/hub.db`
  const database = openDatabase(file, { log: createLog({ level: 'silent' }) })
  t.teardown(() => {
    database.close()
  })
  const synced: string[] = []
  const look = createLogSync(file, async (log) => void synced.push(log))
  const write = (secondsAgo: number): void => {
    database.execute('create table if not exists kept (at integer); insert into kept values (1)')
    const at = Date.now() / 1000 - secondsAgo
    utimesSync(`${file}-wal`, at, at)
  }
  write(20)
  await look()
  t.same(synced, [`${file}-wal`])
  await look()
  t.equal(synced.length, 1, 'nothing was new')
  write(10)
  await look()
  t.equal(synced.length, 2)
  write(0)
  await look()
  await look()
  t.equal(synced.length, 4, 'another write may have had the same time')
})

t.test('one that failed is tried again', async (t) => {
  const file = `${t.testdir({ 'hub.db-wal': 'new' })}/hub.db`
  utimesSync(`${file}-wal`, 1, 1)
  let tries = 0
  const look = createLogSync(file, async () => {
    tries += 1
    if (tries === 1) throw new Error('EIO')
  })
  t.match(await look().catch((thrown: unknown) => thrown), { message: 'EIO' })
  await look()
  await look()
  t.equal(tries, 2)
})

t.test('the real one takes a log that is there, and minds none', async (t) => {
  const folder = t.testdir({ 'hub.db-wal': 'new' })
  await createLogSync(`${folder}/hub.db`)()
  await createLogSync(`${folder}/other.db`)()
  const failure = await createLogSync(`${folder}/hub.db-wal/odd`)().catch((it: unknown) => it)
  t.match(failure, { code: 'ENOTDIR' })
})
