/** Migrations: in order, whole or not at all, a copy before, and nothing that is not ours is touched. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { readMigrations, type Migration } from '../../src/store/migrate.ts'
import { silentLog } from '../support/database.ts'

const step = (version: number, sql: string): Migration => ({
  version,
  name: `000${version}-x.sql`,
  sql,
})
const first = step(
  1,
  'create table parents (id integer primary key) strict; create table children (id integer references parents (id) on delete cascade) strict;',
)
const second = step(2, 'alter table parents add column name text;')

function open(t: Test, file: string, migrations: Migration[]): Database {
  const database = openDatabase(file, { log: silentLog, migrations })
  t.teardown(() => database.close())
  return database
}

const backupsOf = (file: string): string[] =>
  readdirSync(path.dirname(file)).filter((name) => /\.before-[^.]*\d$/.test(name))

t.test('the steps of this version are numbered without a gap', async (t) => {
  const steps = readMigrations()
  t.same(
    steps.map(({ version }) => version),
    steps.map((_, index) => index + 1),
  )
})

t.test('other files beside the steps are not taken for steps', async (t) => {
  const dir = t.testdir({
    '0002-b.sql': 'b',
    '0001-a.sql': 'a',
    '0003-c.sql~': '',
    'README.md': '',
    '3-d.sql': '',
    '0004-E.sql': '',
  })
  t.same(
    readMigrations(dir).map(({ name }) => name),
    ['0001-a.sql', '0002-b.sql'],
  )
})

t.test('a new database gets all steps, without a copy of nothing', async (t) => {
  const file = path.join(t.testdir(), 'x.db')
  const database = open(t, file, [first, second])
  t.equal(database.pragma('user_version'), 2)
  database.execute("insert into parents (name) values ('a')")
  t.same(backupsOf(file), [])
})

t.test('an older one gets what is missing, after a complete copy', async (t) => {
  const file = path.join(t.testdir(), 'x.db')
  const before = open(t, file, [first])
  before.execute('insert into parents (id) values (7)')
  before.close()
  const after = open(t, file, [first, second])
  t.equal(after.pragma('user_version'), 2)
  t.equal(after.prepare<{ id: number }>('select id from parents').get()?.id, 7)
  const [backup = ''] = backupsOf(file)
  t.match(backup, /^x\.db\.before-2-\d{8}T\d{6}$/)
  const copy = open(t, path.join(path.dirname(file), backup), [first])
  t.equal(copy.prepare<{ id: number }>('select id from parents').get()?.id, 7)
  open(t, file, [first, second])
  t.equal(backupsOf(file).length, 1, 'and no more copies when nothing is missing')
})

t.test('a step that fails changes nothing, and says which one it was', async (t) => {
  const file = path.join(t.testdir(), 'x.db')
  open(t, file, [first]).close()
  const broken = step(2, 'alter table parents add column name text; select nonsense;')
  t.throws(() => openDatabase(file, { log: silentLog, migrations: [first, broken] }))
  const database = open(t, file, [first])
  t.equal(database.pragma('user_version'), 1)
  t.throws(() => database.prepare('select name from parents'))
})

t.test('a step may rebuild a table without losing what hangs on it', async (t) => {
  const file = path.join(t.testdir(), 'x.db')
  const before = open(t, file, [first])
  before.execute('insert into parents values (1); insert into children values (1)')
  before.close()
  const rebuild = step(
    2,
    `create table new_parents (id integer primary key, name text) strict;
    insert into new_parents (id) select id from parents; drop table parents;
    alter table new_parents rename to parents;`,
  )
  const after = open(t, file, [first, rebuild])
  t.equal(after.prepare<{ n: number }>('select count(*) as n from children').get()?.n, 1)
  t.equal(after.pragma('foreign_keys'), 1, 'and they are guarded again')
})

t.test('a step that leaves children without parents is undone', async (t) => {
  const file = path.join(t.testdir(), 'x.db')
  const before = open(t, file, [first])
  before.execute('insert into parents values (1); insert into children values (1)')
  before.close()
  t.throws(
    () =>
      openDatabase(file, { log: silentLog, migrations: [first, step(2, 'delete from parents;')] }),
    /parents are missing/,
  )
  const database = open(t, file, [first])
  t.equal(database.prepare<{ n: number }>('select count(*) as n from parents').get()?.n, 1)
})

t.test('a newer database is refused with advice, and left byte for byte', async (t) => {
  const file = path.join(t.testdir(), 'x.db')
  open(t, file, [first, second]).close()
  const before = readFileSync(file)
  t.throws(() => openDatabase(file, { log: silentLog, migrations: [first] }), {
    name: 'ConfigError',
    message: /x\.db: database: was written by a newer version.*schema is 2.*knows 1.*backup/,
  })
  t.same(readFileSync(file), before)
  t.same(backupsOf(file), [])
})

t.test('the database of another program is refused, and left alone', async (t) => {
  const file = path.join(t.testdir(), 'x.db')
  const other = new DatabaseSync(file)
  other.exec('create table theirs (a)')
  other.close()
  t.throws(() => openDatabase(file, { log: silentLog, migrations: [first] }), {
    name: 'ConfigError',
    message: /another program/,
  })
  const again = new DatabaseSync(file)
  t.match(again.prepare('select name from sqlite_schema').all(), [{ name: 'theirs' }])
  again.close()
})
