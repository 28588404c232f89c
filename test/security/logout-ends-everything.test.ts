/** S-04: after a logout nothing that was open or in flight goes on, and nothing old works again. */
import t from 'tap'
import { createCore, goodPassword, origin } from '../support/core.ts'

t.test('a logout ends both tabs, what the servers got, and what is open, at once', async (t) => {
  const core = createCore(t)
  const { sessions, tokens, access, servers } = core.context
  const ana = core.addUser('ana')
  await servers.start(core.serverOf(ana))
  const login = core.logIn(ana)
  const other = core.logIn(ana)
  const { secret } = tokens.issueForClient({
    user: ana,
    clientId: 'jupyterhub-user-ana',
    scopes: ['access:servers!server=ana/'],
    sessionPublicId: login.session.publicId,
    expiresInSeconds: 3600,
  })
  t.ok(core.asSession(login), 'first tab')
  t.ok(core.asSession(login), 'second tab')
  t.ok(core.asToken(secret))

  const seenWhenTold: unknown[] = []
  access.onChange((userId) => {
    if (userId === ana.id) seenWhenTold.push(core.asSession(login), core.asToken(secret))
  })
  sessions.end(login.session)
  t.same(seenWhenTold, [undefined, undefined], 'what is open is looked at when all is over already')
  for (let turn = 0; turn < 3; turn++) t.equal(core.asSession(login), undefined)
  t.equal(core.asToken(secret), undefined)
  t.ok(core.asSession(other), 'another browser is another login')
})

t.test('a request that was under way during the logout revives nothing', async (t) => {
  const core = createCore(t)
  const { sessions, activity, users, login, store } = core.context
  const ana = core.addUser('ana')
  await users.setPassword(ana, goodPassword)
  const tab = await login.withPassword('ana', goodPassword, origin)
  const change = users.changePassword(
    ana,
    { oldPassword: goodPassword, newPassword: `${goodPassword} and newer` },
    tab.session,
  )
  core.asSession(tab)
  sessions.end(tab.session)
  activity.flush()
  await t.rejects(change)
  t.equal(core.asSession(tab), undefined)
  t.equal(store.sessions.listOf(ana.id).length, 0)
  t.ok(await login.withPassword('ana', goodPassword, origin), 'and it changed nothing')
})
