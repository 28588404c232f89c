/** Who a request is from: known quickly, forgotten at once. */
import t from 'tap'
import { createAccess } from '../../src/core/access.ts'
import { HOUR, MINUTE } from '../../src/lib/time.ts'
import { sessionCookie } from '../../src/model/session.ts'
import { createCore, origin, type Core } from '../support/core.ts'

const day = { 'session.idle_timeout': '1h', 'session.max_age': '1d' }

/** How often the store is asked for a session while `work` runs. */
function countLookUps({ context: { store } }: Core, work: () => void): number {
  const find = store.sessions.findByHash
  let count = 0
  store.sessions.findByHash = (hash) => {
    count += 1
    return find(hash)
  }
  work()
  store.sessions.findByHash = find
  return count
}

t.test('a session is looked up once, a stranger every time', async (t) => {
  const core = createCore(t)
  const login = core.logIn(core.addUser('ana'))
  const known = countLookUps(core, () => {
    for (let turn = 0; turn < 5; turn++) t.equal(core.asSession(login)?.user.name, 'ana')
  })
  t.equal(known, 1)
  const unknown = countLookUps(core, () => {
    for (let turn = 0; turn < 5; turn++)
      t.equal(core.asSession({ ...login, secret: 'guessed' }), undefined)
  })
  t.equal(unknown, 5, 'what a stranger sends is not remembered')
})

t.test('a valid token wins over the cookie, an invalid one does not', async (t) => {
  const core = createCore(t)
  const { access, tokens } = core.context
  const { secret } = core.logIn(core.addUser('ana'))
  const bens = tokens.issue({ user: core.addUser('ben'), note: '' })
  const cookie = `${sessionCookie.plain}=${secret}`
  t.equal(access.identify({ cookie, authorization: `token ${bens.secret}` })?.user.name, 'ben')
  t.equal(access.identify({ cookie, authorization: `BEARER  ${bens.secret}` })?.user.name, 'ben')
  t.equal(access.identify({ cookie, authorization: 'token wrong' })?.user.name, 'ana')
  t.equal(access.identify({ authorization: 'token wrong' }), undefined)
  const both = { cookie, authorization: `token ${bens.secret}` }
  t.equal(access.identifySession(both)?.user.name, 'ana', 'pages see the browser only')
})

t.test('whatever ends a right ends it for the next request', async (t) => {
  const core = createCore(t)
  const { sessions, tokens, users, store } = core.context
  core.addUser('admin')
  const ana = core.addUser('ana')
  const heard: number[] = []
  core.context.access.onChange((userId) => heard.push(userId))

  const first = core.logIn(ana)
  t.ok(core.asSession(first))
  sessions.end(first.session)
  t.equal(core.asSession(first), undefined, 'logout')

  const second = core.logIn(ana)
  t.ok(core.asSession(second))
  sessions.endAllOf(ana.id)
  t.equal(core.asSession(second), undefined, 'logout everywhere')

  const { token, secret } = tokens.issue({ user: ana, note: '' })
  t.ok(core.asToken(secret))
  tokens.revoke(token)
  t.equal(core.asToken(secret), undefined, 'revoked token')

  const other = tokens.issue({ user: ana, note: '' })
  t.notOk(core.asToken(other.secret)?.scopes.has('admin:users'))
  users.setAdmin(ana, true)
  t.ok(core.asToken(other.secret)?.scopes.has('admin:users'), 'made an administrator')
  users.setAdmin(ana, false)
  t.notOk(core.asToken(other.secret)?.scopes.has('admin:users'), 'and no more')

  const third = core.logIn(ana)
  t.ok(core.asSession(third))
  await users.setDisabled(ana, true)
  t.equal(core.asSession(third), undefined, 'disabled')
  t.equal(core.asToken(other.secret), undefined)
  t.equal(store.users.find(ana.id)?.disabled, true)
  t.ok(heard.filter((id) => id === ana.id).length >= 6, 'and each time it was told')
})

t.test('a session ends by disuse and by age, a token at its time', async (t) => {
  const core = createCore(t, { settings: day })
  const ana = core.addUser('ana')
  const idle = core.logIn(ana)
  t.ok(core.asSession(idle))
  core.clock.advance(HOUR)
  t.equal(core.asSession(idle), undefined, 'an hour unused')

  const busy = core.logIn(ana)
  const { secret } = core.context.tokens.issue({ user: ana, note: '', expiresInSeconds: 7200 })
  for (let minutes = 0; minutes < 24 * 60; minutes += 40) {
    t.ok(core.asSession(busy), `used after ${minutes} minutes`)
    t.equal(core.asToken(secret) !== undefined, minutes < 120)
    core.clock.advance(40 * MINUTE)
  }
  t.equal(core.asSession(busy), undefined, 'a day old, although in use')
})

t.test('nobody is logged out at work, whatever is written down when', async (t) => {
  const core = createCore(t, { settings: { ...day, 'session.idle_timeout': '1m' } })
  const { access, activity } = core.context
  const ana = core.addUser('ana')
  const login = core.logIn(ana)
  for (let turn = 0; turn < 12; turn++) {
    t.ok(core.asSession(login))
    if (turn % 3 === 1) access.forget(ana.id)
    if (turn % 3 === 2) activity.flush()
    if (turn % 4 === 3) access.forgetAll()
    core.clock.advance(50_000)
  }
  core.clock.advance(20_000)
  t.equal(core.asSession(login), undefined)
})

t.test('what another process changed is seen after everybody was forgotten', async (t) => {
  const core = createCore(t)
  const { access, store } = core.context
  const [ana, ben] = [core.addUser('ana'), core.addUser('ben')]
  const logins = [core.logIn(ana), core.logIn(ben)]
  const { secret } = core.context.tokens.issue({ user: ben, note: '' })
  for (const login of logins) t.ok(core.asSession(login))
  t.ok(core.asToken(secret))
  const heard = new Set<number>()
  access.onChange((userId) => heard.add(userId))
  store.sessions.removeAllOf(ana.id)
  store.users.remove(ben.id)
  access.forgetAll()
  t.same(
    logins.map((login) => core.asSession(login)),
    [undefined, undefined],
  )
  t.equal(core.asToken(secret), undefined)
  await core.context.schedule.stop()
  t.ok(heard.has(ana.id) && heard.has(ben.id), 'what is open of theirs is looked at again')
})

t.test(
  'when everybody is forgotten, looking again at what is open lets others go first',
  async (t) => {
    const core = createCore(t)
    const { access, store, schedule } = core.context
    const users = ['ana', 'ben', 'cleo'].map((name) => core.addUser(name))
    const logins = users.map((user) => core.logIn(user))
    for (const login of logins) t.ok(core.asSession(login))
    for (const { id } of users) store.sessions.removeAllOf(id)
    const seen: (number | string)[] = []
    access.onChange((userId) => {
      seen.push(userId)
      for (const endMs = performance.now() + 6; performance.now() < endMs;);
    })
    setImmediate(() => seen.push('somebody else'))
    access.forgetAll()
    t.ok(seen.length < users.length)
    t.same(
      logins.map((login) => core.asSession(login)),
      [undefined, undefined, undefined],
      'nobody who has not been looked at gets in meanwhile',
    )
    await schedule.stop()
    t.same(
      seen.filter((one) => one !== 'somebody else'),
      users.map(({ id }) => id),
    )
    t.ok(seen.indexOf('somebody else') < users.length)
  },
)

t.test('memory is bounded, and whoever was pushed out of it is still known', async (t) => {
  const core = createCore(t)
  const { store, clock, activity, tokens } = core.context
  const access = createAccess({
    store,
    clock,
    activity,
    idleTimeoutMs: HOUR,
    groupsOf: () => [],
    isShutOut: () => false,
    schedule: core.context.schedule,
    cacheSize: 3,
  })
  const who = (secret = ''): string | undefined =>
    access.identify({ authorization: `token ${secret}` })?.user.name
  const users = ['a', 'b', 'c', 'd'].map((name) => core.addUser(name))
  const secrets = users.map((user) => tokens.issue({ user, note: '' }).secret)
  t.same(secrets.map(who), ['a', 'b', 'c', 'd'])
  t.equal(who(secrets[0]), 'a')
  const heard: number[] = []
  access.onChange((userId) => heard.push(userId))
  store.tokens.removeAllOf(users[1]?.id ?? 0)
  access.forgetAll()
  t.same(
    heard,
    users.map(({ id }) => id),
    'although they were pushed out of memory',
  )
  t.same(secrets.map(who), ['a', undefined, 'c', 'd'])
})

// §9.138
t.test('a request is a sign of life of its person and token, a server’s own is not', async (t) => {
  const core = createCore(t)
  const { store, activity, tokens } = core.context
  const ana = core.addUser('ana')
  const own = tokens.issueForServer(core.serverOf(ana))
  core.asToken(own)
  activity.flush()
  t.equal(store.users.find(ana.id)?.lastActivityAt, undefined)
  const { token, secret } = tokens.issue({ user: ana, note: '' })
  core.asToken(secret)
  activity.flush()
  t.same(store.users.find(ana.id)?.lastActivityAt, core.clock.now())
  t.same(store.tokens.find(token.id)?.lastActivityAt, core.clock.now())
})

t.test(
  'a refusal says 403, or 404 where the right is held for others (contract §0.5)',
  async (t) => {
    const core = createCore(t)
    const { access } = core.context
    const ana = core.asSession(core.logIn(core.addUser('ana')))
    t.throws(() => access.require(undefined, ['read:users']), { code: 'Forbidden' })
    t.equal(access.require(ana, ['read:users'], { user: 'ana' }), ana)
    t.throws(() => access.require(ana, ['read:users'], { user: 'ben' }), { code: 'NotFound' })
    t.throws(() => access.require(ana, ['admin:users'], { user: 'ben' }), { code: 'Forbidden' })
    t.throws(() => access.require(ana, ['read:users']), { code: 'Forbidden' })
    t.notOk(access.can(undefined, 'read:users'))
  },
)

t.test('the same cookie twice with different values is nobody’s', async (t) => {
  const core = createCore(t)
  const { secret } = core.context.sessions.begin(core.addUser('ana'), origin)
  const cookie = `${sessionCookie.plain}=${secret}; ${sessionCookie.plain}=other`
  t.equal(core.context.access.identify({ cookie }), undefined)
})

t.test(
  'what is shared is looked up for the first who needs it, and ends when it does',
  async (t) => {
    const core = createCore(t)
    const { store, clock } = core.context
    const [ana, ben] = [core.addUser('ana'), core.addUser('ben')]
    const share = { serverId: core.serverOf(ben).id, scopes: ['access:servers'], at: clock.now() }
    store.shares.save({ ...share, holder: { kind: 'user', id: ana.id } })
    const end = clock.now().getTime() + MINUTE
    core.database.prepare('update shares set expires_at = ?').run([end])
    let asked = 0
    const list = store.shares.listWithUser
    store.shares.listWithUser = (...words) => {
      asked += 1
      return list(...words)
    }
    const login = core.logIn(ana)
    const mayOpen = (server: string): boolean =>
      core.context.access.can(core.asSession(login), 'access:servers', { server })
    t.ok(mayOpen('ana/'))
    t.equal(asked, 0, 'not for what is one’s own')
    t.notOk(mayOpen('cleo/'))
    t.ok(mayOpen('ben/'))
    t.equal(asked, 1, 'once')
    core.clock.advance(MINUTE)
    t.notOk(mayOpen('ben/'))
    t.ok(mayOpen('ana/'))
  },
)

t.test('steady use is noted every ten seconds, and disuse counts from the last one', async (t) => {
  const core = createCore(t, { settings: { ...day, 'session.idle_timeout': '1m' } })
  const { activity } = core.context
  const ana = core.addUser('ana')
  const login = core.logIn(ana)
  const began = core.clock.now()
  for (let turn = 0; turn < 10; turn++) {
    core.asSession(login)
    t.same(activity.ofUser(ana.id), began)
    t.same(activity.ofSession(login.session.hash), began)
    core.clock.advance(999)
  }
  core.clock.advance(10)
  core.asSession(login)
  t.same(activity.ofUser(ana.id), core.clock.now())
  core.clock.advance(9990)
  t.ok(core.asSession(login))
  core.clock.advance(59_500)
  t.ok(core.asSession(login), 'a minute after it was noted, and less since it was used')
})

t.test('a token for somebody of a group opens nothing when they have left it', async (t) => {
  const core = createCore(t)
  const { groups, roles, tokens, store } = core.context
  core.addUser('admin')
  const tina = core.addUser('tina')
  const bob = core.addUser('bob')
  const ways = {
    'taken out': () => groups.removeUsers(store.groups.getByName('class'), ['bob']),
    'by a login': () => groups.syncUser(bob, []),
    'with the group': () => groups.remove(store.groups.getByName('class')),
  }
  const scopes = ['access:servers!group=class']
  roles.declare([{ name: 'tutor', scopes, users: ['tina'] }], ['admin'])
  groups.createMany(['class'])
  for (const [name, leave] of Object.entries(ways)) {
    groups.syncUser(bob, ['class'])
    const { secret } = tokens.issue({ user: tina, note: '', scopes: ['access:servers!user=bob'] })
    const mayUse = () => core.asToken(secret)?.scopes.has('access:servers', { server: 'bob/' })
    t.equal(mayUse(), true)
    leave()
    t.equal(mayUse(), false, name)
  }
})
