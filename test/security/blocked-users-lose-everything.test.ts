/** S-13: who is disabled is out: sessions, tokens, servers, links and logins, at once. */
import t from 'tap'
import { createCore, goodPassword, origin } from '../support/core.ts'

// §9.139
t.test('disabling ends whatever a user has, before it waits for anything', async (t) => {
  const core = createCore(t)
  const { users, servers, tokens, links, login, access, routes } = core.context
  const ana = core.addUser('ana')
  await users.setPassword(ana, goodPassword)
  const running = await servers.start(core.serverOf(ana))
  core.spawner.behaviour = 'stays silent'
  const starting = servers.start(core.serverOf(ana, 'lab2')).catch((error: unknown) => error)
  const browser = core.logIn(ana)
  const { secret } = tokens.issue({ user: ana, note: '' })
  const own = core.spawner.programs()[0]?.environment['JUPYTERHUB_API_TOKEN'] ?? ''
  const link = links.reset(ana).split('/').at(-1) ?? ''
  for (const known of [core.asSession(browser), core.asToken(secret), core.asToken(own)])
    t.ok(known)
  const told: number[] = []
  access.onChange((userId) => told.push(userId))

  const { promise: gate, resolve: open } = Promise.withResolvers<undefined>()
  core.spawner.stopWaitsFor = gate
  const disabled = users.setDisabled(ana, true)
  t.equal(core.asSession(browser), undefined)
  t.equal(core.asToken(secret), undefined)
  t.equal(core.asToken(own), undefined, 'the key of a server that still runs')
  t.ok(told.includes(ana.id), 'open sockets are told')
  t.throws(() => links.look(link))
  await t.rejects(login.withPassword('ana', goodPassword, origin), { code: 'Forbidden' })
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(routes.match('/user/ana/lab'), 'no way leads to the server any more')

  open(undefined)
  await disabled
  t.match(await starting, { code: 'Conflict' })
  t.same(core.spawner.programs(), [])
  t.equal(core.again(running).state, 'stopped')
  await t.rejects(servers.start(running), { code: 'Conflict' })

  const restarted = await core.restart()
  t.equal(restarted.asSession(browser), undefined)
  t.equal(restarted.asToken(secret), undefined)
})
