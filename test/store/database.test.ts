/** The database file: safe settings, transactions, two processes, a full disk, complete copies. */
import { execFile } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { openDatabase, type Database } from '../../src/store/database.ts'
import { createStore } from '../../src/store/store.ts'
import { at, openStore, silentLog } from '../support/database.ts'

const run = promisify(execFile)

function open(t: Test, file = path.join(t.testdir(), 'test.db')): Database {
  const database = openDatabase(file, { log: silentLog, migrations: [] })
  t.teardown(() => database.close())
  return database
}

t.test('it writes ahead, keeps foreign keys, and waits for others', async (t) => {
  const database = open(t)
  t.equal(database.pragma('journal_mode'), 'wal')
  t.equal(database.pragma('foreign_keys'), 1)
  t.equal(database.pragma('synchronous'), 1)
  t.ok(Number(database.pragma('busy_timeout')) >= 1000)
})

t.test('the files are for their owner only, also when they were not', async (t) => {
  const file = path.join(t.testdir({ 'old.db': '' }), 'old.db')
  chmodSync(file, 0o666)
  const database = open(t, file)
  database.execute('create table x (a)')
  for (const name of [file, `${file}-wal`, `${file}-shm`])
    t.equal(statSync(name).mode & 0o777, 0o600, name)
})

t.test('a transaction is all or nothing, also inside another', async (t) => {
  const database = open(t)
  database.execute('create table x (a integer) strict')
  const insert = database.prepare('insert into x values (?)')
  const count = database.prepare<{ n: number }>('select count(*) as n from x')
  t.throws(
    () =>
      database.transaction(() => {
        insert.run([1])
        throw new Error('mine')
      }),
    /mine/,
  )
  t.equal(count.get()?.n, 0)
  database.transaction(() => {
    insert.run([1])
    t.throws(
      () =>
        database.transaction(() => {
          insert.run([2])
          throw new Error('inner')
        }),
      /inner/,
    )
  })
  t.equal(count.get()?.n, 1)
})

t.test('a transaction that awaits is refused and undone', async (t) => {
  const database = open(t)
  database.execute('create table x (a)')
  t.throws(() =>
    database.transaction(async () => {
      database.execute('insert into x values (1)')
    }),
  )
  t.equal(database.prepare<{ n: number }>('select count(*) as n from x').get()?.n, 0)
})

t.test('every table checks its types and no relation dangles', async (t) => {
  const { database } = openStore(t)
  const tables = database
    .prepare<{ name: string; strict: number }>(
      "select name, strict from pragma_table_list where schema = 'main' and name not like 'sqlite_%'",
    )
    .all()
  t.ok(tables.length > 5)
  for (const { name, strict } of tables) t.equal(strict, 1, name)
  t.throws(() => database.execute("insert into facts (key, value) values ('a', null)"))
  t.throws(() => database.execute("insert into sessions values ('h', 99, 'p', 1, 1, 1, '', '')"), {
    code: 'Conflict',
  })
})

t.test('closing folds the log into the file, and may be done twice', async (t) => {
  const file = path.join(t.testdir(), 'x.db')
  const database = open(t, file)
  database.execute('create table x (a)')
  database.close()
  database.close()
  t.notOk(existsSync(`${file}-wal`))
})

t.test('a copy is complete, private, and never half there', async (t) => {
  const { store, database, file } = openStore(t)
  store.users.create({ name: 'ana', admin: true, at: at(0) })
  const copy = `${file}.copy`
  database.backup(copy)
  t.equal(statSync(copy).mode & 0o777, 0o600)
  t.ok(openStore(t, copy).store.users.findByName('ana')?.admin)
  t.throws(() => database.backup(path.join(file, 'below', 'a-file')), { code: 'Unavailable' })
  t.same(
    readdirSync(path.dirname(file)).filter((name) => name.endsWith('.part')),
    [],
  )
})

t.test(
  'a copy beside the hub is of one moment, whatever is written meanwhile, and never half there',
  async (t) => {
    const { store, database, file } = openStore(t)
    for (let index = 0; index < 500; index++)
      store.users.create({ name: `user${index}`, admin: false, at: at(0) })
    const copied = database.backupBeside(`${file}.copy`)
    for (let index = 0; index < 20; index++) {
      await new Promise((resolve) => setImmediate(resolve))
      store.transaction(() => {
        for (const name of [`one${index}`, `two${index}`])
          store.users.create({ name, admin: false, at: at(0) })
      })
    }
    await copied
    t.equal(statSync(`${file}.copy`).mode & 0o777, 0o600)
    const copiedNames = openStore(t, `${file}.copy`).store.users.count()
    t.ok(copiedNames >= 500 && copiedNames % 2 === 0, 'no half of a transaction')
    t.equal(store.users.count(), 540, 'the hub went on')
    const nowhere = database.backupBeside(path.join(file, 'below', 'a-file'))
    t.match(await nowhere.catch((e: unknown) => e), { code: 'Unavailable' })
    t.notOk(readdirSync(path.dirname(file)).some((name) => name.endsWith('.part')))
  },
)

t.test('what cannot be opened is said to be so, and what is no database too', async (t) => {
  const dir = t.testdir({ folder: {}, 'junk.db': 'x'.repeat(5000) })
  for (const file of [path.join(dir, 'folder'), path.join(dir, 'missing', 'x.db')])
    t.throws(() => openDatabase(file, { log: silentLog }), { code: 'Unavailable' }, file)
  const junk = path.join(dir, 'junk.db')
  t.throws(() => openDatabase(junk, { log: silentLog }), {
    name: 'ConfigError',
    message: /junk\.db/,
  })
  t.equal(readFileSync(junk, 'utf8'), 'x'.repeat(5000), 'and it is left as it was')
})

t.test(
  'a full disk is an honest refusal: nothing is lost, and all is well when there is room',
  async (t) => {
    const { store, database } = openStore(t)
    const user = store.users.create({ name: 'ana', admin: false, at: at(0) })
    const session = (hash: string, userAgent: string) => ({
      hash,
      userId: user.id,
      publicId: `p${hash}`,
      createdAt: at(0),
      seenAt: at(0),
      expiresAt: at(1e9),
      address: '',
      userAgent,
    })
    store.sessions.create(session('before', ''))
    database.pragma(`max_page_count = ${Number(database.pragma('page_count'))}`)
    let refused: unknown
    for (let index = 0; index < 100 && refused === undefined; index++)
      try {
        store.sessions.create(session(`full${index}`, 'x'.repeat(4000)))
      } catch (thrown) {
        refused = thrown
      }
    t.match(refused, { code: 'Unavailable', status: 503, message: /disk/ })
    t.ok(store.sessions.findByHash('before'), 'reading goes on')
    t.ok(store.users.findByName('ana'))
    t.throws(
      () =>
        store.transaction(() => {
          store.users.setAdmin(user.id, true)
          store.sessions.create(session('in', 'x'.repeat(100_000)))
        }),
      { code: 'Unavailable' },
    )
    t.equal(store.users.find(user.id)?.admin, false, 'half a change is none')
    t.equal(database.pragma('integrity_check'), 'ok')
    database.pragma('max_page_count = 1000000')
    store.sessions.create(session('after', 'x'.repeat(4000)))
    t.ok(store.sessions.findByHash('after'))
  },
)

/** A file system of 2 MB; undefined where this machine does not allow one. */
async function smallDisk(t: Test): Promise<string | undefined> {
  const dir = mkdtempSync(path.join(tmpdir(), 'littlehub-disk-'))
  t.teardown(() => rm(dir, { recursive: true }))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', dir])
  } catch {
    return undefined
  }
  t.teardown(() => run('umount', [dir]))
  return dir
}

t.test('the same on a disk that is really full', async (t) => {
  const dir = await smallDisk(t)
  if (dir === undefined) {
    t.comment('no file system can be mounted here: not tried')
    return
  }
  const file = path.join(dir, 'littlehub.db')
  const { store, database } = openStore(t, file)
  store.users.create({ name: 'ana', admin: false, at: at(0) })
  let written = 0
  t.throws(
    () => {
      for (; written < 10_000; written++) store.facts.set(`key ${written}`, 'x'.repeat(10_000))
    },
    { code: 'Unavailable' },
  )
  t.ok(written > 5)
  t.equal(store.facts.find('key 0'), 'x'.repeat(10_000))
  t.equal(store.users.findByName('ana')?.name, 'ana')
  t.throws(() => database.backup(`${file}.copy`), { code: 'Unavailable' })
  t.notOk(existsSync(`${file}.copy`))
  database.close()
  await run('mount', ['-o', 'remount,size=20m', dir])
  const again = openStore(t, file)
  t.equal(
    again.store.facts.find(`key ${written - 1}`),
    'x'.repeat(10_000),
    'all that was confirmed',
  )
  again.store.facts.set('more', 'x')
  t.equal(again.database.pragma('integrity_check'), 'ok')
})

t.test('a read-only disk is a refusal, too', async (t) => {
  const dir = await smallDisk(t)
  if (dir === undefined) {
    t.comment('no file system can be mounted here: not tried')
    return
  }
  const file = path.join(dir, 'littlehub.db')
  openStore(t, file).database.close()
  await run('mount', ['-o', 'remount,ro', dir])
  t.throws(() => openDatabase(file, { log: silentLog }), {
    code: 'Unavailable',
    message: /cannot be written/,
  })
})

const writer = path.join(import.meta.dirname, '..', 'support', 'write-facts.ts')

t.test('two processes write at the same time, and neither loses anything', async (t) => {
  const { store, file } = openStore(t)
  const children = ['a', 'b'].map((name) => run(process.execPath, [writer, file, name, '300']))
  for (let index = 0; index < 300; index++) {
    store.transaction(() => {
      const before = Number(store.facts.find('sum') ?? '0')
      store.facts.set('sum', String(before + 1))
    })
    if (index % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(children)
  t.equal(store.facts.find('sum'), '900')
})

t.test('a process that is killed while it writes loses nothing that was confirmed', async (t) => {
  const { file, database } = openStore(t)
  database.close()
  const child = execFile(process.execPath, [writer, file, 'a', '1000000'])
  let last = 0
  await new Promise<void>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      last = Number(/(\d+)\n[^\n]*$/.exec(String(chunk))?.[1] ?? last)
      if (last > 200) resolve()
    })
  })
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('close', resolve))
  const { store, database: again } = openStore(t, file)
  t.ok(Number(store.facts.find('sum')) >= last, `${store.facts.find('sum')} of ${last}`)
  t.equal(again.pragma('integrity_check'), 'ok')
})

t.test('two processes that make the database at once make one', async (t) => {
  const file = path.join(t.testdir(), 'new.db')
  await Promise.all(['a', 'b', 'c'].map((name) => run(process.execPath, [writer, file, name, '5'])))
  t.equal(openStore(t, file).store.facts.find('sum'), '15')
})

t.test(
  'somebody who writes for too long gets us a refusal to try again, not a crash',
  async (t) => {
    const { store, database, file } = openStore(t)
    const other = openStore(t, file)
    database.pragma('busy_timeout = 20')
    other.database.execute('begin immediate')
    t.throws(() => store.facts.set('a', '1'), {
      code: 'Unavailable',
      message: /busy/,
      retryAfterSeconds: 2,
    })
    other.database.execute('commit')
    store.facts.set('a', '2')
    t.equal(createStore(other.database).facts.find('a'), '2')
  },
)

t.test('nothing that was there is overwritten by opening', async (t) => {
  const file = path.join(t.testdir(), 'x.db')
  writeFileSync(file, '')
  openStore(t, file).store.facts.set('a', '1')
  t.equal(openStore(t, file).store.facts.find('a'), '1')
})

t.test(
  'who has read inside a transaction may also write: others wait from its beginning',
  async (t) => {
    const { store, file } = openStore(t)
    const other = openStore(t, file)
    other.database.pragma('busy_timeout = 20')
    store.transaction(() => {
      const seen = store.facts.find('sum') ?? '0'
      t.throws(() => other.store.facts.set('sum', '5'), { code: 'Unavailable' })
      store.facts.set('sum', String(Number(seen) + 1))
    })
    t.equal(other.store.facts.find('sum'), '1')
  },
)
