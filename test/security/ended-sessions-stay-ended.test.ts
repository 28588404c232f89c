/** S-54: a cookie that was stolen is worth nothing after logout or expiry, whatever is tried with it. */
import t, { type Test } from 'tap'
import { removeExpired } from '../../src/core/housekeeping.ts'
import { DAY, HOUR } from '../../src/lib/time.ts'
import { sessionCookie } from '../../src/model/session.ts'
import { createCore, type Core } from '../support/core.ts'

const settings = { 'session.idle_timeout': '1h', 'session.max_age': '1d' }

/** Every way in which the cookie may come back. */
function replays({ context: { access } }: Core, secret: string): unknown[] {
  const pair = `${sessionCookie.plain}=${secret}`
  return [
    { cookie: pair },
    { cookie: `${sessionCookie.secure}=${secret}` },
    { cookie: `a=b; ${pair}; c=d` },
    { cookie: `${pair}; ${pair}` },
    { cookie: pair, authorization: `token ${secret}` },
    { authorization: `Bearer ${secret}` },
  ].flatMap((headers) => [access.identify(headers), access.identifySession(headers)])
}

async function staysOut(t: Test, core: Core, secret: string): Promise<void> {
  const nobody = replays(core, secret).every((principal) => principal === undefined)
  t.ok(nobody, 'at once')
  core.context.activity.flush()
  core.context.access.forgetAll()
  await removeExpired(core.context)
  t.ok(
    replays(core, secret).every((principal) => principal === undefined),
    'and later',
  )
  const restarted = await core.restart()
  t.ok(
    replays(restarted, secret).every((principal) => principal === undefined),
    'and by the next hub',
  )
}

t.test('after a logout', async (t) => {
  const core = createCore(t, { settings })
  const { secret, session } = core.logIn(core.addUser('ana'))
  t.ok(replays(core, secret)[0], 'it was good')
  core.context.sessions.end(session)
  await staysOut(t, core, secret)
})

t.test('after an hour unused', async (t) => {
  const core = createCore(t, { settings })
  const { secret } = core.logIn(core.addUser('ana'))
  t.ok(replays(core, secret)[0], 'it was good')
  core.clock.advance(HOUR)
  await staysOut(t, core, secret)
})

t.test('after a day, however busy', async (t) => {
  const core = createCore(t, { settings })
  const { secret } = core.logIn(core.addUser('ana'))
  for (let passedMs = 0; passedMs < DAY; passedMs += HOUR / 2) {
    if (!replays(core, secret)[0]) t.fail('ended early')
    core.clock.advance(HOUR / 2)
  }
  await staysOut(t, core, secret)
})

t.test('after its user is gone, and another has the name', async (t) => {
  const core = createCore(t, { settings })
  const ana = core.addUser('ana')
  const { secret } = core.logIn(ana)
  t.ok(replays(core, secret)[0], 'it was good')
  await core.context.users.remove(ana)
  core.addUser('ana')
  await staysOut(t, core, secret)
})

t.test('what is stored opens nothing', async (t) => {
  const core = createCore(t, { settings })
  const { session } = core.logIn(core.addUser('ana'))
  for (const value of [session.hash, session.publicId])
    t.ok(replays(core, value).every((principal) => principal === undefined))
})
