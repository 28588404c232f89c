/** Users: names, identities, lists, and everything that goes with one who goes. */
import t from 'tap'
import { at, openStore } from '../support/database.ts'

t.test('a user is found by id, name and identity, and has a default server', async (t) => {
  const { store } = openStore(t)
  const ana = store.users.create({ name: 'ana@uni', admin: false, at: at(5) })
  t.match(ana, {
    name: 'ana@uni',
    slug: /^ana-uni--/,
    admin: false,
    disabled: false,
    createdAt: at(5),
  })
  t.same(store.users.find(ana.id), ana)
  t.same(store.users.getByName('ana@uni'), ana)
  t.same(
    store.servers.listOf(ana.id).map(({ name, state }) => [name, state]),
    [['', 'stopped']],
  )
  t.throws(() => store.users.getByName('ben'), { code: 'NotFound', message: /'ben'/ })
  t.equal(store.users.findByName('ANA@UNI'), undefined, 'names are compared as they are')
})

t.test('a name is taken once, and a refusal leaves nothing behind', async (t) => {
  const { store, database } = openStore(t)
  store.users.create({ name: 'ana', admin: false, at: at(0) })
  t.throws(() => store.users.create({ name: 'ana', admin: true, at: at(0) }), {
    code: 'Conflict',
    message: /'ana'/,
  })
  t.equal(store.users.count(), 1)
  t.equal(database.prepare<{ n: number }>('select count(*) as n from servers').get()?.n, 1)
})

t.test('an identity belongs to one user', async (t) => {
  const { store } = openStore(t)
  const [ana, ben] = ['ana', 'ben'].map((name) =>
    store.users.create({ name, admin: false, at: at(0) }),
  )
  if (!ana || !ben) throw new Error('unreachable')
  store.users.linkIdentity(ana.id, 'https://github.com', '5')
  store.users.linkIdentity(ana.id, 'https://github.com', '5')
  t.equal(store.users.findByIdentity('https://github.com', '5')?.name, 'ana')
  t.throws(() => store.users.linkIdentity(ben.id, 'https://github.com', '5'), { code: 'Conflict' })
  t.equal(store.users.findByIdentity('https://github.com', '5')?.name, 'ana')
  t.equal(store.users.findByIdentity('https://github.example', '5'), undefined)
  t.same([store.users.hasIdentity(ana.id), store.users.hasIdentity(ben.id)], [true, false])
  t.throws(() => store.users.linkIdentity(999, 'x', 'y'), { code: 'Conflict' })
})

t.test('a search finds parts of names in any spelling, and its signs are only signs', async (t) => {
  const { store } = openStore(t)
  for (const name of ['ana', 'anabel', '100%', 'a_b', 'josé', "o'neil"])
    store.users.create({ name, admin: false, at: at(0) })
  const found = (search: string): string[] =>
    store.users.list({ search, offset: 0, limit: 10, sort: 'name' }).map(({ name }) => name)
  t.same(found('ANA'), ['ana', 'anabel'])
  t.same(found('%'), ['100%'])
  t.same(found('_'), ['a_b'])
  t.same(found('JOSE\u0301'), ['josé'])
  t.same(found("'"), ["o'neil"])
  t.same(found('nobody'), [])
  t.equal(found('').length, 6)
  t.equal(store.users.count('ANA'), 2)
  t.equal(store.users.count(), 6)
})

t.test('lists are sorted and cut, the same every time', async (t) => {
  const { store } = openStore(t)
  for (const name of ['c', 'a', 'b']) store.users.create({ name, admin: false, at: at(0) })
  const names = (query: object): string =>
    store.users
      .list({ offset: 0, limit: 10, ...query })
      .map(({ name }) => name)
      .join('')
  store.users.touch(store.users.getByName('a').id, at(50))
  t.equal(names({}), 'cab')
  t.equal(names({ descending: true }), 'bac')
  t.equal(names({ sort: 'name' }), 'abc')
  t.equal(names({ sort: 'last_activity', descending: true }), 'abc')
  t.equal(names({ sort: 'name', offset: 1, limit: 1 }), 'b')
  t.equal(names({ offset: 5 }), '')
})

t.test('activity only moves forward', async (t) => {
  const { store } = openStore(t)
  const { id } = store.users.create({ name: 'ana', admin: false, at: at(0) })
  store.users.touch(id, at(100))
  store.users.touch(id, at(50))
  t.same(store.users.find(id)?.lastActivityAt, at(100))
})

t.test('admins who cannot log in do not count', async (t) => {
  const { store } = openStore(t)
  const { id } = store.users.create({ name: 'ana', admin: true, at: at(0) })
  t.equal(store.users.countAdmins(), 1)
  store.users.setDisabled(id, true)
  t.equal(store.users.countAdmins(), 0)
  store.users.setDisabled(id, false)
  store.users.setAdmin(id, false)
  t.equal(store.users.countAdmins(), 0)
})

t.test('the password hash is in no list', async (t) => {
  const { store } = openStore(t)
  const { id } = store.users.create({ name: 'ana', admin: false, at: at(0) })
  t.equal(store.users.findPasswordHash(id), undefined)
  store.users.setPasswordHash(id, 'the-hash')
  t.equal(store.users.findPasswordHash(id), 'the-hash')
  t.notMatch(
    JSON.stringify([store.users.find(id), store.users.list({ offset: 0, limit: 1 })]),
    /the-hash/,
  )
})

t.test('with a user goes all that was theirs, and their number never comes back', async (t) => {
  const { store, database } = openStore(t)
  const { id } = store.users.create({ name: 'ana', admin: false, at: at(0) })
  store.users.linkIdentity(id, 'i', 's')
  store.sessions.create({
    hash: 'h',
    userId: id,
    publicId: 'p',
    createdAt: at(0),
    seenAt: at(0),
    expiresAt: at(1),
    address: '',
    userAgent: '',
  })
  store.links.create({ hash: 'l', kind: 'invite', userId: id, at: at(0), expiresAt: at(1) })
  const serverId = store.servers.findByName(id, '')?.id ?? 0
  store.oauthProvider.saveClient({
    id: 'c',
    secretHash: '',
    redirectUri: '',
    description: '',
    allowedScopes: [],
    serverId,
  })
  store.tokens.create({
    hash: 'h' as never,
    userId: id,
    note: '',
    scopes: [],
    clientId: 'c',
    serverId,
    sessionPublicId: undefined,
    createdAt: at(0),
    expiresAt: undefined,
  })
  store.users.remove(id)
  for (const table of [
    'identities',
    'sessions',
    'one_time_links',
    'servers',
    'oauth_clients',
    'tokens',
  ])
    t.equal(
      database.prepare<{ n: number }>(`select count(*) as n from ${table}`).get()?.n,
      0,
      table,
    )
  t.not(store.users.create({ name: 'ana', admin: false, at: at(0) }).id, id)
})

t.test('who was active lately is counted', async (t) => {
  const { store } = openStore(t)
  const [ana, ben] = ['ana', 'ben'].map((name) =>
    store.users.create({ name, admin: false, at: at(0) }),
  )
  store.users.touch(ana?.id ?? 0, at(10))
  t.equal(store.users.countActiveSince(at(10)), 1)
  t.equal(store.users.countActiveSince(at(11)), 0)
  store.users.touch(ben?.id ?? 0, at(12))
  t.equal(store.users.countActiveSince(at(10)), 2)
})

t.test('a new user with the name of one who was renamed gets a slug of their own', async (t) => {
  const { store } = openStore(t)
  const create = (name: string) => store.users.create({ name, admin: false, at: at(0) })
  const ana = create('ana')
  store.users.rename(ana.id, 'zoe')
  t.match(store.users.find(ana.id), { name: 'zoe', slug: 'ana' })
  const slugs = [create('ana').slug]
  store.users.rename(store.users.getByName('ana').id, 'ana-two')
  slugs.push(create('ana').slug)
  t.equal(new Set(['ana', ...slugs]).size, 3)
  t.throws(() => store.users.rename(ana.id, 'ana'), { code: 'Conflict' })
})
