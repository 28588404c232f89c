/** S-35: a person is issuer and subject; an equal name never opens somebody else's account. */
import t from 'tap'
import { createCore, goodPassword, origin } from '../support/core.ts'

const taken = { code: 'Forbidden', message: /belongs to another account/ }

t.test('a name with a password, or of another issuer, is nobody else’s', async (t) => {
  const core = createCore(t)
  const { login, users, store } = core.context
  const ana = core.addUser('ana')
  await users.setPassword(ana, goodPassword)
  const ofGithub = (subject: string, name: string) =>
    login.withIdentity({ issuer: 'https://github.com', subject, name }, origin)
  for (const name of ['ana', 'ANA', ' ana ', 'ａｎａ']) t.throws(() => ofGithub('7', name), taken)

  const ben = ofGithub('8', 'ben').user
  t.throws(() => ofGithub('9', 'ben'), taken, 'another subject')
  t.throws(
    () =>
      login.withIdentity({ issuer: 'https://other.example', subject: '8', name: 'ben' }, origin),
    taken,
    'the same subject of another issuer',
  )
  t.equal(ofGithub('8', 'somebody').user.id, ben.id, 'the same person under a new name')
  t.equal(store.users.count(), 2)
  t.equal(store.users.findByIdentity('https://github.com', '9'), undefined)
})

t.test(
  'a name that an administrator prepared goes to the first who comes, and no further',
  async (t) => {
    const core = createCore(t)
    const { login } = core.context
    const cem = core.addUser('cem')
    const first = login.withIdentity(
      { issuer: 'https://a.example', subject: '1', name: 'cem' },
      origin,
    )
    t.equal(first.user.id, cem.id)
    t.throws(
      () => login.withIdentity({ issuer: 'https://b.example', subject: '1', name: 'cem' }, origin),
      taken,
    )
  },
)

t.test('a redirect login cannot pass for a native account by its number', async (t) => {
  const core = createCore(t)
  const ana = core.addUser('ana')
  const { login, store } = core.context
  const sly = { issuer: 'https://github.com', subject: String(ana.id), name: 'eve' }
  t.not(login.withIdentity(sly, origin).user.id, ana.id)
  t.equal(store.users.count(), 2)
})
