/** Room of its own, for a disk that is full; on one that really is: flows/full-disk.test.ts. */
import { statSync } from 'node:fs'
import t from 'tap'
import { keepRoom, lacksRoom } from '../../src/store/room.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createLog } from '../../src/lib/log.ts'

t.test('database and log are grown once, and nothing of it is in the schema', async (t) => {
  const file = `${t.testdir()}/hub.db`
  const database = openDatabase(file, { log: createLog({ level: 'silent' }) })
  t.teardown(() => {
    database.close()
  })
  const schema = () => database.prepare('select name from sqlite_schema order by name').all().length
  const before = schema()
  t.equal(lacksRoom(database), true)
  await keepRoom(database)
  t.equal(lacksRoom(database), false)
  t.equal(schema(), before)
  const sizes = [file, `${file}-wal`].map((each) => statSync(each).size)
  for (const size of sizes) t.ok(size >= 6 * 2 ** 20, String(size))
  await keepRoom(database)
  t.equal(statSync(file).size, sizes[0], 'a second time takes the room that is there')
})

t.test('where it cannot be had, that is said, and nothing stays', async (t) => {
  const database = openDatabase(`${t.testdir()}/hub.db`, { log: createLog({ level: 'silent' }) })
  t.teardown(() => {
    database.close()
  })
  database.pragma('max_page_count = 400')
  let failure: unknown
  await keepRoom(database).catch((thrown: unknown) => {
    failure = thrown
  })
  t.match(failure, { code: 'Unavailable' })
  const left = "select 1 as one from sqlite_schema where name = 'room'"
  t.same(database.prepare<{ one: number }>(left).all(), [])
})
