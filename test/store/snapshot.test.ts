import { statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { copyDatabase, knownSchema, schemaOf, peopleOf } from '../../src/store/snapshot.ts'
import { at, openStore } from '../support/database.ts'

t.test('beside the hub that has it open, all of it is copied, for its owner only', async (t) => {
  const { store, file } = openStore(t)
  const ana = store.users.create({ name: 'ana', admin: true, at: at(0) })
  const copy = `${file}.copy`
  copyDatabase(file, copy)
  t.equal(statSync(copy).mode & 0o777, 0o600)
  t.equal(schemaOf(copy), knownSchema())
  t.same([...peopleOf(copy)], [['ana', { id: ana.id, slug: 'ana', disabled: false }]])
  t.throws(() => copyDatabase(file, copy), Error, 'nothing is written over')
})

t.test('what cannot be read is said to be so', async (t) => {
  const dir = t.testdir()
  t.throws(() => schemaOf(path.join(dir, 'none.db')), { code: 'Unavailable' })
  writeFileSync(path.join(dir, 'junk.db'), 'x'.repeat(5000))
  t.throws(() => schemaOf(path.join(dir, 'junk.db')))
})
