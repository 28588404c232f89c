/** Sessions. */
import t from 'tap'
import { at, openStore } from '../support/database.ts'

function setUp(t: Parameters<typeof openStore>[0]) {
  const { store } = openStore(t)
  const ana = store.users.create({ name: 'ana', admin: false, at: at(0) }).id
  const ben = store.users.create({ name: 'ben', admin: false, at: at(0) }).id
  const begin = (hash: string, userId = ana, seen = 0): void =>
    store.sessions.create({
      hash,
      userId,
      publicId: `p-${hash}`,
      createdAt: at(0),
      seenAt: at(seen),
      expiresAt: at(1000),
      address: '::1',
      userAgent: "x' --",
    })
  return { sessions: store.sessions, ana, ben, begin }
}

t.test('a session is found whole, and seeing it only moves forward', async (t) => {
  const { sessions, ana, begin } = setUp(t)
  begin('h')
  t.same(sessions.findByHash('h'), {
    hash: 'h',
    userId: ana,
    publicId: 'p-h',
    createdAt: at(0),
    seenAt: at(0),
    expiresAt: at(1000),
    address: '::1',
    userAgent: "x' --",
  })
  sessions.touch('h', at(50))
  sessions.touch('h', at(20))
  t.same(sessions.findByHash('h')?.seenAt, at(50))
  t.equal(sessions.findByHash('H'), undefined)
})

t.test('the same secret begins no second session', async (t) => {
  const { begin, ben } = setUp(t)
  begin('h')
  t.throws(() => begin('h', ben), { code: 'Conflict' })
})

t.test(
  'logging out ends one, logging out everywhere all of one person, but for the one asked to stay',
  async (t) => {
    const { sessions, ana, ben, begin } = setUp(t)
    for (const hash of ['a', 'b', 'c']) begin(hash)
    begin('d', ben)
    t.equal(sessions.remove('a'), true)
    t.equal(sessions.remove('a'), false)
    t.same(
      sessions.removeAllOf(ana, 'b').map(({ hash }) => hash),
      ['c'],
    )
    t.same(
      sessions.listOf(ana).map(({ hash }) => hash),
      ['b'],
    )
    t.same(
      sessions.removeAllOf(ana).map(({ publicId }) => publicId),
      ['p-b'],
    )
    t.equal(sessions.listOf(ben).length, 1)
  },
)

t.test('what is unused or past its end is removed and told', async (t) => {
  const { sessions, begin } = setUp(t)
  begin('idle', undefined, 0)
  begin('used', undefined, 90)
  t.notOk(sessions.hasExpired(at(99), 100))
  t.ok(sessions.hasExpired(at(100), 100))
  t.same(
    sessions.removeExpired(at(100), 100, 9).map(({ hash }) => hash),
    ['idle'],
  )
  t.same(sessions.removeExpired(at(100), 100, 9), [])
  t.notOk(sessions.hasExpired(at(100), 100))
  t.ok(sessions.hasExpired(at(1000), 1e9))
  t.same(
    sessions.removeExpired(at(1000), 1e9, 9).map(({ hash }) => hash),
    ['used'],
  )
})
