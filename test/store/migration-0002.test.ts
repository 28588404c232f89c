import path from 'node:path'
import t from 'tap'
import { createLog } from '../../src/lib/log.ts'
import { openDatabase } from '../../src/store/database.ts'
import { readMigrations } from '../../src/store/migrate.ts'
import { createStore } from '../../src/store/store.ts'
import { type TokenHash } from '../../src/model/token.ts'
import { at } from '../support/store.ts'

const log = createLog({ level: 'silent' })

t.test('tokens of before go on, with the ids of deleted ones left unused', async (t) => {
  const file = path.join(t.testdir(), 'littlehub.db')
  const old = openDatabase(file, { log, migrations: readMigrations().slice(0, 1) })
  old.execute(`
    insert into users (id, name, slug, created_at) values (1, 'ana', 'ana', 0);
    insert into tokens (id, hash, user_id, note, scopes, created_at, expires_at) values
      (1, 'kept', 1, 'mine', '["inherit"]', 5, null), (9, 'gone', 1, '', '[]', 0, null);
    delete from tokens where id = 9;`)
  old.close()

  const database = openDatabase(file, { log })
  t.teardown(() => database.close())
  const { tokens, users } = createStore(database)
  const kept = tokens.findByHash('kept' as TokenHash, at)
  t.match(kept, { id: 1, userName: 'ana', note: 'mine', scopes: ['inherit'] })
  const added = tokens.create({
    ...{ hash: 'new' as TokenHash, userId: 1, note: '', scopes: [], clientId: undefined },
    ...{ serverId: undefined, sessionPublicId: undefined, createdAt: at, expiresAt: undefined },
  })
  t.equal(added.id, 10)
  users.remove(1)
  t.equal(tokens.find(1), undefined)
})
