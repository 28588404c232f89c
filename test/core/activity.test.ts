/** Activity: noted in memory, written down, never moved back, never lost. */
import t from 'tap'
import { HOUR, MINUTE } from '../../src/lib/time.ts'
import { createCore, fillDisk } from '../support/core.ts'

const at = (ms: number): Date => new Date(ms)

t.test('what was seen last counts, in memory and on disk', async (t) => {
  const core = createCore(t)
  const { activity, store } = core.context
  const ana = core.addUser('ana')
  const server = core.serverOf(ana)
  t.equal(activity.ofServer(core.again(server)), undefined)
  activity.sawServer(server.id, at(2000))
  activity.sawServer(server.id, at(1000))
  t.same(activity.ofServer(core.again(server)), at(2000))
  activity.flush()
  activity.sawServer(server.id, at(1500))
  t.same(activity.ofServer(core.again(server)), at(2000), 'the stored one is newer')
  activity.flush()
  t.same(store.servers.find(server.id)?.lastActivityAt, at(2000))
  activity.sawUser(ana.id, at(9000))
  t.same(activity.ofUser(ana.id), at(9000), 'noted, and not written down yet')
  activity.flush()
  t.equal(activity.ofUser(ana.id), undefined)
  activity.sawUser(ana.id, at(8000))
  activity.flush()
  t.same(store.users.find(ana.id)?.lastActivityAt, at(9000))
})

t.test('what was deleted meanwhile does no harm', async (t) => {
  const core = createCore(t)
  const { activity, store, tokens, sessions } = core.context
  const [ana, ben] = [core.addUser('ana'), core.addUser('ben')]
  const server = core.serverOf(ana)
  const { token } = tokens.issue({ user: ana, note: '' })
  const login = core.logIn(ben)
  activity.sawUser(ana.id)
  activity.sawServer(server.id, core.clock.now())
  activity.sawToken(token.id)
  activity.sawSession(login.session.hash, core.clock.now())
  activity.sawUser(ben.id)
  store.users.remove(ana.id)
  sessions.end(login.session)
  activity.flush()
  t.same(store.users.find(ben.id)?.lastActivityAt, core.clock.now())
  t.equal(core.asSession(login), undefined, 'a session that ended stays so')
})

t.test('a full disk loses nothing: it is written when there is room', async (t) => {
  const core = createCore(t)
  const { activity, store } = core.context
  const ana = core.addUser('ana')
  const { session } = core.logIn(ana)
  const seenAt = at(core.clock.now().getTime() + MINUTE)
  activity.sawUser(ana.id, seenAt)
  activity.sawSession(session.hash, seenAt)
  const free = fillDisk(core)
  t.throws(() => activity.flush(), { code: 'Unavailable' })
  t.same(activity.ofSession(session.hash), seenAt)
  free()
  activity.flush()
  t.same(store.users.find(ana.id)?.lastActivityAt, seenAt)
  t.same(store.sessions.findByHash(session.hash)?.seenAt, seenAt)
  t.equal(activity.ofSession(session.hash), undefined, 'written down')
})

t.test('a report is taken whole or refused whole', async (t) => {
  const core = createCore(t)
  const { activity, store } = core.context
  const ana = core.addUser('ana')
  const server = core.serverOf(ana)
  const now = core.clock.now()
  const reported = (name: string, time: Date) =>
    new Map([
      ['', now],
      [name, time],
    ])
  const future = at(now.getTime() + HOUR)
  t.throws(() => activity.report(ana.id, now, reported('lab', now)), {
    code: 'InvalidInput',
    message: "No such server 'lab' for user ana",
  })
  t.throws(() => activity.report(ana.id, future, new Map([['', now]])), { code: 'InvalidInput' })
  t.throws(() => activity.report(ana.id, at(NaN), new Map([['', now]])), { code: 'InvalidInput' })
  t.throws(() => activity.report(ana.id, now, new Map([['', at(NaN)]])), { code: 'InvalidInput' })
  t.equal(activity.ofServer(core.again(server)), undefined)
  activity.flush()
  t.equal(store.users.find(ana.id)?.lastActivityAt, undefined)

  activity.report(ana.id, at(future.getTime() - 2 * MINUTE), new Map([['', now]]))
  t.same(activity.ofServer(core.again(server)), now)
  activity.report(ana.id, undefined, new Map([['', at(5)]]))
  t.same(activity.ofServer(core.again(server)), now, 'older ones are taken and change nothing')
})
