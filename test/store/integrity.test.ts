import { openSync, writeSync, closeSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { createLog } from '../../src/lib/log.ts'
import { openDatabase } from '../../src/store/database.ts'
import { inspectDatabase } from '../../src/store/integrity.ts'
import { createStore } from '../../src/store/store.ts'

const log = createLog({ level: 'silent' })

/** A database file with this many users. */
function databaseFile(t: Test, users: number): string {
  const file = path.join(t.testdir(), 'littlehub.db')
  const store = createStore(openDatabase(file, { log }))
  for (let index = 0; index < users; index++)
    store.users.create({ name: `user${index}`, admin: false, at: new Date() })
  store.close()
  return file
}

t.test('a whole database has no problems', async (t) => {
  t.same(inspectDatabase(databaseFile(t, 2)), { problems: [], isNewer: false, users: 2 })
})

t.test('one that a hub has open can be looked at', async (t) => {
  const file = databaseFile(t, 1)
  const store = createStore(openDatabase(file, { log }))
  t.teardown(() => store.close())
  store.users.create({ name: 'late', admin: false, at: new Date() })
  t.equal(inspectDatabase(file).users, 2)
})

t.test('a damaged page is found', async (t) => {
  const file = databaseFile(t, 2000)
  const descriptor = openSync(file, 'r+')
  for (let at = 16384; at < statSync(file).size - 512; at += 8192)
    writeSync(descriptor, Buffer.alloc(512, 0xa5), 0, 512, at)
  closeSync(descriptor)
  t.not(inspectDatabase(file).problems.length, 0)
})

t.test('a row whose owner is gone is found', async (t) => {
  const file = databaseFile(t, 1)
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: false })
  db.exec('delete from users')
  db.close()
  t.match(inspectDatabase(file).problems[0], /servers/)
})

t.test('one of a newer version is left alone', async (t) => {
  const file = databaseFile(t, 1)
  const db = new DatabaseSync(file)
  db.exec('pragma user_version = 9999')
  db.close()
  t.match(inspectDatabase(file), { isNewer: true })
})

t.test('what is no database cannot be inspected', async (t) => {
  const file = path.join(t.testdir(), 'littlehub.db')
  writeFileSync(file, 'not a database at all'.repeat(100))
  t.throws(() => inspectDatabase(file))
  t.throws(() => inspectDatabase(`${file}.missing`))
})
