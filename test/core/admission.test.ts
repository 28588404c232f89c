import t from 'tap'
import { keepOut } from '../../src/core/admission.ts'
import { createCore, eventually } from '../support/core.ts'

t.test('who is blocked is nobody at once, and what they run is stopped', async (t) => {
  const core = createCore(t)
  const { access, servers, settings, config, tokens } = core.context
  const [ana, ben] = [core.addUser('ana'), core.addUser('ben')]
  const [session, other] = [core.logIn(ana), core.logIn(ben)]
  const { secret, token } = tokens.issue({ user: ana, note: '' })
  for (const user of [ana, ben]) await servers.start(core.serverOf(user))
  t.ok(core.asSession(session))
  t.ok(core.asToken(secret))

  keepOut(core.context)
  settings.replace({ ...config, users: { ...config.users, blocked: ['Ana'] } })
  access.forgetAll()
  t.equal(core.asSession(session), undefined)
  t.equal(core.asToken(secret), undefined)
  t.equal(access.scopesOf(token), undefined)
  t.ok(await eventually(() => core.again(core.serverOf(ana)).state === 'stopped'))
  t.equal(core.again(core.serverOf(ben)).state, 'ready')
  t.ok(core.asSession(other))
  await t.rejects(servers.start(core.serverOf(ana)), { code: 'Conflict' })

  settings.replace({ ...config, users: { ...config.users, blocked: [] } })
  t.ok(core.asSession(session), 'and may go on when that is over')
})
