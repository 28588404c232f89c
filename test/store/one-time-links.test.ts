/** One-time links: once, for a while, the newest only. */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { at, openStore } from '../support/database.ts'

function setUp(t: Parameters<typeof openStore>[0]) {
  const { store, file } = openStore(t)
  const ana = store.users.create({ name: 'ana', admin: false, at: at(0) }).id
  const create = (hash: string, kind: 'claim' | 'invite' | 'reset', userId?: number) =>
    store.links.create({ hash, kind, userId, at: at(0), expiresAt: at(1000) })
  return { links: store.links, ana, create, file }
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
  const { links, ana, create } = setUp(t)
  create('old claim', 'claim')
  create('claim', 'claim')
  create('old', 'invite', ana)
  create('reset', 'reset', ana)
  create('new', 'invite', ana)
  t.same(
    links.listOpen(at(0)).map(({ kind, userName }) => [kind, userName]),
    [
      ['claim', undefined],
      ['reset', 'ana'],
      ['invite', 'ana'],
    ],
  )
  for (const dead of ['old claim', 'old']) t.equal(links.findByHash(dead, at(0)), undefined)
  links.removeAllOf(ana)
  t.same(
    links.listOpen(at(0)).map(({ kind }) => kind),
    ['claim'],
  )
  links.removeOfKind('claim')
  t.same(links.listOpen(at(0)), [])
})

t.test('what is past its end goes', async (t) => {
  const { links, create } = setUp(t)
  create('h', 'claim')
  links.removeExpired(at(999))
  t.equal(links.listOpen(at(0)).length, 1)
  links.removeExpired(at(1000))
  t.equal(links.listOpen(at(0)).length, 0)
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
