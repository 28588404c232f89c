/** Housekeeping: traffic is written down, and only what is over is removed. */
import t from 'tap'
import { removeExpired, writeActivity, writeActivityInTurns } from '../../src/core/housekeeping.ts'
import { DAY, HOUR, MINUTE } from '../../src/lib/time.ts'
import { createCore } from '../support/core.ts'

t.test('traffic to a server is written down as use of the server and of its owner', async (t) => {
  const core = createCore(t)
  const { routes, store, servers } = core.context
  const ana = core.addUser('ana')
  const server = await servers.start(core.serverOf(ana))
  core.clock.advance(MINUTE)
  writeActivity(core.context)
  t.same(core.again(server).lastActivityAt, server.startedAt, 'no traffic yet')
  const route = routes.match('/user/ana/')
  if (route) routes.touch(route)
  writeActivity(core.context)
  t.same(core.again(server).lastActivityAt, core.clock.now())
  t.same(store.users.find(ana.id)?.lastActivityAt, core.clock.now())
})

t.test('what is past its end is removed, what is in use stays', async (t) => {
  const settings = { 'session.idle_timeout': '1h', 'session.max_age': '1d' }
  const core = createCore(t, { settings })
  const { store, tokens, links } = core.context
  const ana = core.addUser('ana')
  const [idle, busy] = [core.logIn(ana), core.logIn(ana)]
  const kept = tokens.issue({ user: ana, note: 'kept' })
  tokens.issue({ user: ana, note: 'short', expiresInSeconds: 60 })
  const invitation = links.invite(ana).split('/').at(-1) ?? ''
  core.clock.advance(50 * MINUTE)
  t.ok(core.asSession(busy))
  core.clock.advance(50 * MINUTE)
  await removeExpired(core.context)
  t.equal(store.sessions.findByHash(idle.session.hash), undefined)
  t.ok(core.asSession(busy), 'used since, although that was not yet written down')
  t.same(
    store.tokens.listOf(ana.id, new Date(0)).map(({ id }) => id),
    [kept.token.id],
  )
  t.ok(links.look(invitation))
  core.clock.advance(30 * DAY)
  await removeExpired(core.context)
  t.equal(store.sessions.listOf(ana.id).length, 0)
  t.notOk(store.links.hasOpen(ana.id, new Date(0)))
  t.ok(core.asToken(kept.secret))
})

t.test('what is only noted is not written down as long as no session has expired', async (t) => {
  const core = createCore(t, { settings: { 'session.idle_timeout': '1h' } })
  const { activity } = core.context
  const ana = core.addUser('ana')
  core.logIn(ana)
  activity.sawUser(ana.id)
  await removeExpired(core.context)
  t.ok(activity.ofUser(ana.id))
  core.clock.advance(2 * HOUR)
  await removeExpired(core.context)
  t.equal(activity.ofUser(ana.id), undefined)
})

t.test('what there is much of is written and removed in pieces, and all of it', async (t) => {
  const core = createCore(t)
  const { store, activity, clock, sessions, links } = core.context
  const users = Array.from({ length: 450 }, (_, index) => core.addUser(`user-${index}`))
  for (const user of users) {
    sessions.begin(user, { address: '127.0.0.1', userAgent: '' })
    activity.sawUser(user.id)
    links.invite(user)
  }
  let turns = 0
  const count = (): void => {
    turns += 1
    next = setImmediate(count)
  }
  let next = setImmediate(count)
  t.teardown(() => clearImmediate(next))
  await writeActivityInTurns(core.context)
  t.ok(turns >= 2, `${turns} turns`)
  t.equal(store.users.countActiveSince(clock.now()), users.length)
  core.clock.advance(400 * DAY)
  turns = 0
  await removeExpired(core.context)
  t.ok(turns >= 2, `${turns} turns`)
  t.same(
    users.flatMap(({ id }) => store.sessions.listOf(id)),
    [],
  )
  const rows = core.database.prepare<{ count: number }>(
    'select count(*) as count from one_time_links',
  )
  t.equal(rows.get()?.count, 0)
})
