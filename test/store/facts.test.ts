/** Facts that outlive a restart. */
import t from 'tap'
import { openStore } from '../support/database.ts'

t.test('a fact is kept, and the newest one counts', async (t) => {
  const { store, database, file } = openStore(t)
  t.equal(store.facts.find('port'), undefined)
  store.facts.set('port', '1')
  store.facts.set('port', '2')
  database.close()
  t.equal(openStore(t, file).store.facts.find('port'), '2')
})
