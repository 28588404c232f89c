/** One-time links: once, for a while, the newest only. */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { at, openStore } from '../support/database.ts'

function setUp(t: Parameters<typeof openStore>[0]) {
  const { store, database, file } = openStore(t)
  const ana = store.users.create({ name: 'ana', admin: false, at: at(0) }).id
  const create = (hash: string, kind: 'claim' | 'invite' | 'reset', userId?: number) =>
    store.links.create({ hash, kind, userId, at: at(0), expiresAt: at(1000) })
  const rows = database.prepare<{ kind: string; user_id: number | null }>(
    'select kind, user_id from one_time_links order by id',
  )
  return { links: store.links, ana, create, file, listKept: () => rows.all() }
}

t.test('a link is looked at often and taken once, before its end', async (t) => {
  const { links, ana, create } = setUp(t)
  create('h', 'invite', ana)
  t.match(links.findByHash('h', at(0)), { kind: 'invite', userId: ana, userName: 'ana' })
  t.equal(links.findByHash('h', at(1000)), undefined)
  t.equal(links.take('h', at(1000)), undefined)
  t.match(links.take('h', at(999)), { userId: ana })
  t.equal(links.take('h', at(0)), undefined)
})

t.test('a newer one of its kind and user replaces it; others stay', async (t) => {
  const { links, ana, create, listKept } = setUp(t)
  create('old claim', 'claim')
  create('claim', 'claim')
  create('old', 'invite', ana)
  create('reset', 'reset', ana)
  create('new', 'invite', ana)
  t.same(
    listKept().map(({ kind, user_id }) => [kind, user_id]),
    [
      ['claim', null],
      ['reset', ana],
      ['invite', ana],
    ],
  )
  for (const dead of ['old claim', 'old']) t.equal(links.findByHash(dead, at(0)), undefined)
  t.ok(links.hasOpen(ana, at(999)))
  t.notOk(links.hasOpen(ana, at(1000)))
  links.removeAllOf(ana)
  t.notOk(links.hasOpen(ana, at(0)))
  t.same(
    listKept().map(({ kind }) => kind),
    ['claim'],
  )
  links.removeOfKind('claim')
  t.same(listKept(), [])
})

t.test('what is past its end goes', async (t) => {
  const { links, create, listKept } = setUp(t)
  create('h', 'claim')
  links.removeExpired(at(999), 9)
  t.equal(listKept().length, 1)
  links.removeExpired(at(1000), 9)
  t.equal(listKept().length, 0)
})

t.test('of four processes that take at the same time one gets the link', async (t) => {
  const { ana, create, file } = setUp(t)
  create('last', 'reset', ana)
  const script = path.join(import.meta.dirname, '..', 'support', 'take-links.ts')
  const takers = await Promise.all(
    Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, [script, file, 'last'])),
  )
  t.equal(takers.filter(({ stdout }) => stdout === 'taken').length, 1)
  t.equal(takers.filter(({ stdout }) => stdout === 'nothing').length, 3)
})
