/** Sessions: begun with a new secret each time, ended for good. */
import t from 'tap'
import { HOUR } from '../../src/lib/time.ts'
import { createCore, fillDisk, origin } from '../support/core.ts'

t.test(
  'every login has a secret and a public id of its own, and only the hash is kept',
  async (t) => {
    const core = createCore(t)
    const ana = core.addUser('ana')
    const logins = [core.logIn(ana), core.logIn(ana), core.logIn(ana)]
    t.equal(new Set(logins.map(({ secret }) => secret)).size, 3)
    t.equal(new Set(logins.map(({ session }) => session.publicId)).size, 3)
    for (const { secret, session } of logins) {
      t.equal(Buffer.from(secret, 'base64url').length, 32, '256 bits')
      t.notMatch(JSON.stringify(core.context.store.sessions.findByHash(session.hash)), secret)
    }
    const { session } = core.context.sessions.begin(ana, { ...origin, userAgent: 'x'.repeat(9999) })
    t.equal(session.userAgent.length, 200)
  },
)

t.test('a logout ends this browser and the tokens it got, no other', async (t) => {
  const core = createCore(t)
  const { sessions, tokens } = core.context
  const ana = core.addUser('ana')
  const [here, there] = [core.logIn(ana), core.logIn(ana)]
  tokens.issueForServer(core.serverOf(ana))
  const issue = (sessionPublicId: string): string =>
    tokens.issueForClient({
      user: ana,
      clientId: 'jupyterhub-user-ana',
      scopes: ['access:servers!server=ana/'],
      sessionPublicId,
      expiresInSeconds: 3600,
    }).secret
  const [mine, other] = [issue(here.session.publicId), issue(there.session.publicId)]
  const plain = tokens.issue({ user: ana, note: 'a program' }).secret
  for (const secret of [mine, other, plain]) t.ok(core.asToken(secret))
  sessions.end(here.session)
  sessions.end(here.session)
  t.equal(core.asSession(here), undefined)
  t.equal(core.asToken(mine), undefined)
  t.ok(core.asSession(there))
  t.ok(core.asToken(other))
  t.ok(core.asToken(plain))
  sessions.endAllOf(ana.id)
  t.same([core.asSession(there), core.asToken(other)], [undefined, undefined])
  t.ok(core.asToken(plain), 'a program is no browser')
})

t.test('logging out everywhere else keeps this one', async (t) => {
  const core = createCore(t)
  const ana = core.addUser('ana')
  const [here, there] = [core.logIn(ana), core.logIn(ana)]
  core.context.sessions.endAllOf(ana.id, here.session)
  t.ok(core.asSession(here))
  t.equal(core.asSession(there), undefined)
})

t.test('what expired is removed with its tokens', async (t) => {
  const core = createCore(t, { settings: { 'session.idle_timeout': '1h' } })
  const { sessions, store } = core.context
  const login = core.logIn(core.addUser('ana'))
  core.clock.advance(HOUR - 1)
  sessions.expire(9)
  t.ok(store.sessions.findByHash(login.session.hash))
  core.clock.advance(1)
  sessions.expire(9)
  t.notOk(store.sessions.findByHash(login.session.hash))
})

t.test('a disk that fills up while a session is written is an honest 503', async (t) => {
  const core = createCore(t)
  const ana = core.addUser('ana')
  const before = core.logIn(ana)
  const free = fillDisk(core)
  t.throws(() => core.logIn(ana), { code: 'Unavailable', status: 503, message: /disk/ })
  t.throws(() => core.context.sessions.end(before.session), { code: 'Unavailable' })
  t.ok(core.asSession(before), 'who was in stays in')
  free()
  t.ok(core.asSession(core.logIn(ana)))
  t.equal(core.context.store.sessions.listOf(ana.id).length, 2)
})

t.test('a database that is really full says the same, and goes on when it may grow', async (t) => {
  const core = createCore(t)
  const ana = core.addUser('ana')
  core.database.pragma(`max_page_count = ${String(core.database.pragma('page_count'))}`)
  let begun = 0
  t.throws(
    () => {
      for (; begun < 1000; begun++) core.logIn(ana)
    },
    { code: 'Unavailable', message: /disk of this hub is full/ },
  )
  t.equal(core.context.store.sessions.listOf(ana.id).length, begun, 'whole ones only')
  core.database.pragma('max_page_count = 100000')
  t.ok(core.asSession(core.logIn(ana)))
})
