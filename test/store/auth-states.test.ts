/** Auth states: one of each user, gone with them. */
import t from 'tap'
import { openStore, scansAbout } from '../support/store.ts'

t.test('a user has one or none, and the newest counts', async (t) => {
  const { authStates, addUser } = openStore(t)
  const [ana, bob] = [addUser('ana'), addUser('bob')]
  authStates.save(ana.id, 'old')
  authStates.save(ana.id, 'new')
  t.equal(authStates.find(ana.id), 'new')
  t.equal(authStates.find(bob.id), undefined)
  authStates.remove(ana.id)
  authStates.remove(bob.id)
  t.equal(authStates.find(ana.id), undefined)
  t.throws(() => authStates.save(999, 'of nobody'))
})

t.test('it goes with its user', async (t) => {
  const { authStates, users, addUser } = openStore(t)
  const ana = addUser('ana')
  authStates.save(ana.id, 'sealed')
  users.remove(ana.id)
  t.same(authStates.listAfter(0, 10), [])
})

t.test('they are listed piece by piece, and no statement reads the whole table', async (t) => {
  const { authStates, addUser, database } = openStore(t)
  const ids = ['ana', 'bob', 'cleo'].map((name) => addUser(name).id)
  for (const id of ids) authStates.save(id, `state ${id}`)
  const [first = 0, second = 0, third = 0] = ids
  t.same(
    authStates.listAfter(0, 2).map(({ userId }) => userId),
    [first, second],
  )
  t.same(authStates.listAfter(second, 2), [{ userId: third, sealed: `state ${third}` }])
  t.same(scansAbout(database, 'auth_states'), [])
})
