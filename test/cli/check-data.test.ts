import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { checkDatabase, checkDataDir } from '../../src/cli/check-data.ts'
import { prepareDataDir } from '../../src/config/data-dir.ts'
import { readKey } from '../../src/config/secrets.ts'
import { createLog } from '../../src/lib/log.ts'
import { openDatabase } from '../../src/store/database.ts'

const log = createLog({ level: 'silent' })

t.test('a folder as the hub makes it is fine', async (t) => {
  const dir = path.join(t.testdir(), 'data')
  t.match(checkDataDir(dir), { level: 'ok', found: /will be made/ })
  prepareDataDir(dir)
  openDatabase(path.join(dir, 'littlehub.db'), { log }).close()
  readKey(path.join(dir, 'signing-key'))
  t.match(checkDataDir(dir), { level: 'ok', found: dir })
})

t.test('what others may read is named, with the command that ends it', async (t) => {
  const dir = t.testdir()
  prepareDataDir(dir)
  for (const name of ['signing-key', 'littlehub.db']) {
    const file = path.join(dir, name)
    writeFileSync(file, '', { mode: 0o600 })
    chmodSync(file, 0o640)
    t.match(checkDataDir(dir), { level: 'fail', advice: `Run: chmod go-rwx ${file}` })
    chmodSync(file, 0o600)
  }
  chmodSync(path.join(dir, 'logs'), 0o755)
  t.match(checkDataDir(dir), { level: 'fail', found: /logs/ })
})

t.test('a file in the folder’s place is no folder', async (t) => {
  const dir = t.testdir({ data: '' })
  t.match(checkDataDir(path.join(dir, 'data')), { level: 'fail', found: /no folder/ })
})

t.test('the database is whole, newer, damaged or none', async (t) => {
  const dir = t.testdir()
  mkdirSync(dir, { recursive: true })
  t.match(checkDatabase(dir), { level: 'ok', found: 'none yet' })
  const file = path.join(dir, 'littlehub.db')
  openDatabase(file, { log }).close()
  t.match(checkDatabase(dir), { level: 'ok', found: 'whole, 0 users' })
  const db = new DatabaseSync(file)
  db.exec('pragma user_version = 9999')
  db.close()
  t.match(checkDatabase(dir), { level: 'fail', found: /newer/ })
  writeFileSync(file, 'x'.repeat(5000))
  t.match(checkDatabase(dir), { level: 'fail', advice: /copy/ })
})
