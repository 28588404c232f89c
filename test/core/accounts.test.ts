import t from 'tap'
import { HOUR } from '../../src/lib/time.ts'
import { createCore, goodPassword, origin } from '../support/core.ts'

t.test('new limits hold for the next session, link and password', async (t) => {
  const { context, addUser, clock, asSession } = createCore(t)
  const { settings, sessions, links, users, store } = context
  const ana = addUser('ana')
  const { session } = context.config
  settings.replace({
    ...context.config,
    session: { ...session, idle_timeout: HOUR, max_age: 2 * HOUR },
    links: { ...context.config.links, reset_valid: 3 * HOUR },
    password: { ...context.config.password, min_length: 40 },
  })
  const login = sessions.begin(ana, origin)
  t.same(login.session.expiresAt, new Date(clock.now().getTime() + 2 * HOUR))
  const secret = links.reset(ana).split('/').at(-1)
  t.same(links.look(secret ?? '').expiresAt, new Date(clock.now().getTime() + 3 * HOUR))
  await t.rejects(users.setPassword(ana, goodPassword), { code: 'InvalidInput' })
  clock.advance(HOUR + 1)
  t.equal(asSession(login), undefined)
  sessions.expire(9)
  t.equal(store.sessions.findByHash(login.session.hash), undefined)
})
