/** Which names a user may add, and how many (contract §3.7, §9.70, §9.72). */
import t from 'tap'
import { invalidInput } from '../../src/lib/errors.ts'
import { createNamedServers } from '../../src/core/named-servers.ts'
import { createParts } from '../support/parts.ts'

const spawnOptions = { require: () => undefined }

t.test('without a limit there are none', (t) => {
  const { store, addUser } = createParts(t)
  const named = createNamedServers({ store, limit: 0, spawnOptions })
  t.throws(() => named.add(addUser('ana'), 'lab'), { message: 'Named servers are not enabled.' })
  t.throws(() => named.requireEnabled(), { code: 'InvalidInput' })
  t.end()
})

t.test('the limit counts named servers of this user only', (t) => {
  const { store, addUser } = createParts(t)
  const named = createNamedServers({ store, limit: 1, spawnOptions })
  const [ana, bob] = [addUser('ana'), addUser('bob')]
  t.match(named.add(ana, 'lab'), { name: 'lab', state: 'stopped', userName: 'ana' })
  t.equal(named.add(bob, 'lab').userName, 'bob')
  t.throws(() => named.add(ana, 'two'), { code: 'InvalidInput', message: /maximum of 1 named/ })
  t.throws(() => named.add(ana, 'lab'), { code: 'Conflict' })
  t.throws(() => named.add(addUser('cleo'), 'Not A Name'), { code: 'InvalidInput' })
  t.end()
})

t.test('a stopped server gets another name, a name for people, other options', (t) => {
  const { store, addUser, serverOf } = createParts(t)
  const named = createNamedServers({ store, limit: 2, spawnOptions })
  const ana = addUser('ana')
  const lab = named.add(ana, 'lab')
  const edited = named.edit(lab, { name: 'lab2', displayName: 'Cafe\u0301', options: { a: 1 } })
  t.match(edited, { id: lab.id, name: 'lab2', displayName: 'Caf\u00e9', options: { a: 1 } })
  for (const displayName of ['', ' x', 'x  y', 'x\ny', 'x'.repeat(256)])
    t.throws(() => named.edit(edited, { displayName }), { code: 'InvalidInput' }, displayName)
  t.throws(() => named.edit(edited, { name: 'Not A Name' }), { code: 'InvalidInput' })
  t.throws(() => named.edit(edited, { name: '' }), { code: 'InvalidInput' })
  named.add(ana, 'other')
  t.throws(() => named.edit(edited, { name: 'other', displayName: 'x' }), { code: 'Conflict' })
  t.equal(store.servers.find(lab.id)?.displayName, 'Caf\u00e9', 'nothing of it happened')
  t.throws(() => named.edit(serverOf(ana), { name: 'third' }), { message: /maximum of 2 named/ })
  const running = store.servers.update(lab.id, { state: 'ready' })
  t.throws(() => named.edit(running, { displayName: 'x' }), { code: 'InvalidInput' })
  t.end()
})

t.test('where a default server gets a name there is a new default one', (t) => {
  const { store, addUser, serverOf } = createParts(t)
  const named = createNamedServers({ store, limit: 1, spawnOptions })
  const ana = addUser('ana')
  const before = serverOf(ana)
  t.equal(named.edit(before, { name: 'old' }).id, before.id)
  t.not(store.servers.findByName(ana.id, '')?.id, before.id)
  t.ok(store.servers.findByName(ana.id, ''))
  t.end()
})

t.test('options that are not for the owner are not kept for the next start', async (t) => {
  const { store, addUser, serverOf } = createParts(t)
  const refuse = {
    require: () => {
      throw invalidInput('not for you')
    },
  }
  const named = createNamedServers({ store, limit: 1, spawnOptions: refuse })
  const server = serverOf(addUser('ana'), 'lab')
  t.throws(() => named.edit(server, { options: { profile: 'x' } }), { code: 'InvalidInput' })
  t.same(store.servers.find(server.id)?.options, {})
  t.doesNotThrow(() => named.edit(server, { name: 'lab2' }), 'what is kept already is not asked')
})
