import t, { type Test } from 'tap'
import { createRights } from '../../src/core/rights.ts'
import { createShares } from '../../src/core/shares.ts'
import { HOUR, MINUTE } from '../../src/lib/time.ts'
import { createScopeSet, expandScopes, type ScopeSet } from '../../src/model/scope.ts'
import { createClock } from '../support/clock.ts'
import { openStore } from '../support/store.ts'

function setUp(t: Test) {
  const store = openStore(t)
  const clock = createClock()
  const forgotten: number[] = []
  const groupsOf = (name: string) => store.groups.listNamesOfUser(name)
  const access = { forget: (id: number) => void forgotten.push(id) }
  const shares = createShares({ store, clock, access, groupsOf })
  const rights = createRights({ store, clock })
  const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((name) => store.addUser(name))
  const staff = store.groups.create('staff', {})
  store.groups.addMember(staff.id, eve!.id)
  const may = (...scopes: string[]): ScopeSet =>
    createScopeSet(expandScopes(scopes, { user: 'ana' }), groupsOf)
  /** What ana may do in a hub that lets people share. */
  const issuer = may('self', 'shares!user', 'read:users:name', 'read:groups:name')
  const canOpen = (user: typeof ana, server = 'ana/') =>
    createScopeSet(rights.ofUser(user!).scopes, groupsOf).has('access:servers', { server })
  const people = { ana: ana!, ben: ben!, eve: eve!, staff }
  return { store, clock, forgotten, shares, may, issuer, canOpen, ...people }
}

const own = { userName: 'ana', name: '' }

t.test(
  '§9.131 sharing twice adds up, revoking a part leaves the rest, revoking the rest nothing',
  async (t) => {
    const { shares, issuer, ben, canOpen, forgotten } = setUp(t)
    const toBen = { with: { user: 'ben' }, issuer }
    t.match(shares.grant(own, toBen), {
      with: { kind: 'user', name: 'ben' },
      scopes: ['access:servers!server=ana/'],
    })
    t.same(forgotten, [ben.id])
    t.ok(canOpen(ben))
    const both = shares.grant(own, { ...toBen, scopes: ['read:servers'] })
    t.same(both.scopes, ['access:servers!server=ana/', 'read:servers!server=ana/'])
    const rest = shares.revoke(own, {
      with: { user: 'ben' },
      scopes: ['access:servers!server=ana/'],
    })
    t.same(rest?.scopes, ['read:servers!server=ana/'])
    t.notOk(canOpen(ben))
    t.equal(shares.revoke(own, { with: { user: 'ben' } }), undefined)
    t.equal(shares.revoke(own, { with: { user: 'ben' } }), undefined)
  },
)

t.test(
  '§9.131 an unknown target is an error when granting and nothing when revoking',
  async (t) => {
    const { shares, issuer } = setUp(t)
    for (const target of [{ user: 'nobody' }, { group: 'nobody' }])
      t.throws(() => shares.grant(own, { with: target, issuer }), {
        code: 'InvalidInput',
        message: /^No such (user|group): nobody$/,
      })
    t.equal(shares.revoke(own, { with: { user: 'nobody' } }), undefined)
    t.equal(shares.revoke(own, { with: { user: 'a/b' } }), undefined)
  },
)

t.test(
  '§9.131 a scope about another server, a filter or nothing known is refused before the server is looked for',
  async (t) => {
    const { shares, issuer } = setUp(t)
    const toBen = { with: { user: 'ben' }, issuer }
    for (const scope of [
      'access:servers!server=ben/',
      'access:servers!user=ana',
      'no:such',
      'self',
    ])
      t.throws(
        () => shares.grant({ userName: 'ana', name: 'none' }, { ...toBen, scopes: [scope] }),
        {
          code: 'InvalidInput',
        },
      )
    t.throws(() => shares.grant(own, { ...toBen, scopes: [] }), { code: 'InvalidInput' })
    t.throws(() => shares.grant({ userName: 'ana', name: 'none' }, toBen), { code: 'NotFound' })
    t.throws(() => shares.grant({ userName: 'none', name: '' }, toBen), { code: 'NotFound' })
  },
)

t.test('nobody shares what they may not do themselves', async (t) => {
  const { shares, may, canOpen, ben } = setUp(t)
  const names = ['read:users:name', 'read:groups:name']
  const grant = (issuer: ScopeSet, scopes?: string[]) =>
    shares.grant(own, { with: { user: 'ben' }, scopes, issuer })
  t.throws(() => grant(may('read:servers!user', ...names)), { code: 'Forbidden' })
  t.throws(() => grant(may('access:servers!server=ben/', ...names)), { code: 'Forbidden' })
  t.throws(() => grant(may('read:servers!user', ...names), ['servers']), { code: 'Forbidden' })
  t.throws(() => grant(may('self', ...names), ['admin:servers']), { code: 'Forbidden' })
  t.throws(() => grant(may('self')), { code: 'Forbidden', message: /share with user ben/ })
  t.notOk(canOpen(ben))
  t.ok(grant(may('access:servers!server=ana/', 'read:users:name!user=ben')))
})

t.test('a group has what is shared with it, live', async (t) => {
  const { shares, issuer, store, canOpen, forgotten, ben, eve, staff } = setUp(t)
  shares.grant(own, { with: { group: 'staff' }, issuer })
  t.same(forgotten, [eve.id])
  t.ok(canOpen(eve))
  t.notOk(canOpen(ben))
  store.groups.removeMember(staff.id, eve.id)
  t.notOk(canOpen(eve))
  store.groups.addMember(staff.id, ben.id)
  shares.revokeAll(own)
  t.notOk(canOpen(ben))
  t.ok(forgotten.includes(ben.id))
})

t.test('what somebody was given they can give back', async (t) => {
  const { shares, issuer, canOpen, ben } = setUp(t)
  const share = shares.grant(own, { with: { user: 'ben' }, issuer })
  shares.leave(share)
  t.notOk(canOpen(ben))
})

t.test('§9.132 whoever has a code can open this server and no other', async (t) => {
  const { shares, issuer, store, clock, canOpen, ana, ben, eve } = setUp(t)
  store.servers.create(ana.id, 'lab')
  const { code, secret } = shares.createCode(own, { issuer })
  t.match(code, { exchangeCount: 0, expiresAt: new Date(clock.now().getTime() + 24 * HOUR) })
  t.equal(shares.lookAtCode(ben, secret).id, code.id)
  t.notOk(canOpen(ben))
  t.match(shares.acceptCode(ben, secret), { with: { name: 'ben' }, server: { userName: 'ana' } })
  t.ok(canOpen(ben))
  t.notOk(canOpen(ben, 'ana/lab'))
  shares.acceptCode(eve, secret)
  t.match(store.shareCodes.find(code.id, clock.now()), {
    exchangeCount: 2,
    lastExchangedAt: clock.now(),
  })
})

t.test('§9.132 a code for oneself, an expired one and an unknown one', async (t) => {
  const { shares, issuer, clock, ana, ben, canOpen } = setUp(t)
  const { secret } = shares.createCode(own, { issuer, expiresInSeconds: 60 })
  t.throws(() => shares.lookAtCode(ana, secret), { code: 'Forbidden' })
  t.throws(() => shares.acceptCode(ana, secret), { code: 'InvalidInput' })
  for (const wrong of ['', `${secret}x`, 'x'.repeat(10_000)]) {
    t.throws(() => shares.lookAtCode(ben, wrong), { code: 'NotFound', message: /or expired$/ })
    t.throws(() => shares.acceptCode(ben, wrong), { code: 'InvalidInput' })
  }
  clock.advance(MINUTE)
  t.throws(() => shares.lookAtCode(ben, secret), { code: 'NotFound' })
  t.throws(() => shares.acceptCode(ben, secret), { code: 'InvalidInput' })
  t.notOk(canOpen(ben))
})

t.test('§9.132 how long a code may last, and what it may give', async (t) => {
  const { shares, issuer, may } = setUp(t)
  for (const expiresInSeconds of [59, 31_536_001, 60.5])
    t.throws(() => shares.createCode(own, { issuer, expiresInSeconds }), { code: 'InvalidInput' })
  t.throws(() => shares.createCode(own, { issuer: may('read:servers!user') }), {
    code: 'Forbidden',
  })
  t.throws(() => shares.createCode({ userName: 'ana', name: 'none' }, { issuer }), {
    code: 'NotFound',
  })
})

t.test('codes are revoked one by one or all, but only by their own server', async (t) => {
  const { shares, issuer, store, clock, ana, ben } = setUp(t)
  store.servers.create(ana.id, 'lab')
  const [one, two] = [shares.createCode(own, { issuer }), shares.createCode(own, { issuer })]
  const other = { userName: 'ana', name: 'lab' }
  t.throws(() => shares.revokeCodes(other, { id: one.code.id }), { code: 'NotFound' })
  t.throws(() => shares.revokeCodes(own, { secret: 'unknown' }), { code: 'NotFound' })
  shares.revokeCodes(own, { secret: one.secret })
  t.throws(() => shares.acceptCode(ben, one.secret), { code: 'InvalidInput' })
  shares.revokeCodes(own, { id: two.code.id })
  t.throws(() => shares.revokeCodes(own, { id: two.code.id }), { code: 'NotFound' })
  shares.createCode(own, { issuer })
  shares.revokeCodes(own)
  t.equal(store.shareCodes.countOfServer(two.code.server.id, clock.now()), 0)
})

t.test('what has expired is removed, and who had it is known anew', async (t) => {
  const { shares, issuer, store, clock, ben, forgotten } = setUp(t)
  shares.grant(own, { with: { user: 'ben' }, issuer })
  shares.createCode(own, { issuer, expiresInSeconds: 60 })
  store.database.prepare('update shares set expires_at = ?').run([clock.now().getTime() + HOUR])
  forgotten.splice(0)
  clock.advance(HOUR)
  t.equal(shares.expire(9), false)
  t.same(forgotten, [ben.id])
  const rows = store.database.prepare<{ count: number }>(
    'select (select count(*) from shares) + (select count(*) from share_codes) as count',
  )
  t.equal(rows.get()?.count, 0)
})
