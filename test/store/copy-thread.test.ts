/** Copies made beside the hub. */
import Sqlite from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { getPriority } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { copyInThread } from '../../src/store/copy-thread.ts'

function open(t: Test): Sqlite.Database {
  const sqlite = new Sqlite(path.join(t.testdir({}), 'a.db'))
  t.teardown(() => sqlite.close())
  sqlite.pragma('journal_mode = wal')
  sqlite.exec('create table words (word text); insert into words values (1), (2)')
  return sqlite
}

t.test('the copy is whole, and this thread is as it was', async (t) => {
  const sqlite = open(t)
  const nice = getPriority()
  await copyInThread(sqlite.name, `${sqlite.name}.copy`)
  const copy = new Sqlite(`${sqlite.name}.copy`, { readonly: true })
  t.teardown(() => copy.close())
  t.equal(copy.prepare('select count(*) from words').pluck().get(), 2)
  t.equal(copy.pragma('integrity_check', { simple: true }), 'ok')
  t.equal(getPriority(), nice)
})

t.test('what goes wrong is told as SQLite says it', async (t) => {
  const { name } = open(t)
  const missing = copyInThread(`${name}.missing`, `${name}.copy`)
  t.match(await missing.catch((e: unknown) => e), { code: 'SQLITE_CANTOPEN' })
  t.notOk(existsSync(`${name}.copy`))
  const nowhere = copyInThread(name, path.join(name, 'copy'))
  t.match(await nowhere.catch((e: unknown) => e), { code: 'SQLITE_CANTOPEN' })
})
