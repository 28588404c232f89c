/** Which names a user may add, and how many (contract §3.7, §9.70, §9.72). */
import t from 'tap'
import { createNamedServers } from '../../src/core/named-servers.ts'
import { createParts } from '../support/parts.ts'

t.test('without a limit there are none', (t) => {
  const { store, addUser } = createParts(t)
  const named = createNamedServers({ store, limit: 0 })
  t.throws(() => named.add(addUser('ana'), 'lab'), { message: 'Named servers are not enabled.' })
  t.throws(() => named.requireEnabled(), { code: 'InvalidInput' })
  t.end()
})

t.test('the limit counts named servers of this user only', (t) => {
  const { store, addUser } = createParts(t)
  const named = createNamedServers({ store, limit: 1 })
  const [ana, bob] = [addUser('ana'), addUser('bob')]
  t.match(named.add(ana, 'lab'), { name: 'lab', state: 'stopped', userName: 'ana' })
  t.equal(named.add(bob, 'lab').userName, 'bob')
  t.throws(() => named.add(ana, 'two'), { code: 'InvalidInput', message: /maximum of 1 named/ })
  t.throws(() => named.add(ana, 'lab'), { code: 'Conflict' })
  t.throws(() => named.add(addUser('cleo'), 'Not A Name'), { code: 'InvalidInput' })
  t.end()
})
