/** S-38: no spelling of a name reaches a second account, from its first edge to the database. */
import t from 'tap'
import { normaliseName } from '../../src/model/user.ts'
import { at, openStore } from '../support/database.ts'

const spellings = ['José', 'JOSE\u0301', ' josé ', 'ｊｏｓｅ\u0301', '𝐉osé', 'jose\u0301\n']

t.test('every spelling of a name meets the account that is there', async (t) => {
  const { store } = openStore(t)
  const owner = store.users.create({ name: normaliseName('josé'), admin: true, at: at(0) })
  for (const spelling of spellings) {
    const name = normaliseName(spelling)
    t.equal(store.users.findByName(name)?.id, owner.id, encodeURIComponent(spelling))
    t.throws(() => store.users.create({ name, admin: false, at: at(0) }), { code: 'Conflict' })
  }
  t.equal(store.users.count(), 1)
})

t.test('what cannot be seen makes no second name', async (t) => {
  const unseen = [
    '\u200b',
    '\u200d',
    '\u00ad',
    '\u2060',
    '\ufeff',
    '\u034f',
    '\u3164',
    '\ufe0f',
    '\u2800',
    '\u{e0061}',
    '\0',
    '\u202e',
  ]
  for (const char of unseen)
    for (const raw of [`jo${char}sé`, `josé${char}`, `${char}josé`]) {
      const shown = encodeURIComponent(raw)
      let name: string | undefined
      try {
        name = normaliseName(raw)
      } catch {
        name = undefined
      }
      t.ok(name === undefined || name === 'josé', shown)
    }
})
