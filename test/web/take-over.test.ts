/** From one hub to the next. */
import t from 'tap'
import { sessionCookie } from '../../src/model/session.ts'
import { createUpgrader } from '../../src/proxy/upgrade.ts'
import { createAdmissions } from '../../src/web/admissions.ts'
import { leaveToKeeper, takeOver } from '../../src/web/take-over.ts'
import { createCore } from '../support/core.ts'
import { temporaryFolder } from '../support/hub.ts'
import { until } from '../support/keeping.ts'

t.test('the next hub watches what one has left, by its own routes and rights', async (t) => {
  const core = createCore(t, { dataDir: `${temporaryFolder(t)}/data` })
  const { context } = core
  const { routes } = context
  const [ana, ben] = [core.addUser('ana'), core.addUser('ben')]
  for (const user of [ana, ben]) {
    const owner = { user: user.name, server: '', serverId: core.serverOf(user).id, userId: user.id }
    routes.add(`/user/${user.name}/`, { host: 'h', port: 1 }, owner)
  }
  const hubOf = () => {
    const admissions = createAdmissions(context)
    return { ...context, admissions, upgrader: createUpgrader({ routes }) }
  }
  const before = hubOf()
  t.equal(await leaveToKeeper(before), undefined, 'nothing is open')
  for (const user of [ana, ben]) {
    const headers = { cookie: `${sessionCookie.plain}=${core.logIn(user).secret}` }
    const route = routes.match(`/user/${user.name}/`)!
    const caller = before.admissions.callerOf(headers, route)
    const admission = before.admissions.admit({ headers, route, caller })
    admission.right.onEnd = () => before.admissions.release(admission)
  }
  const keeper = await leaveToKeeper(before)
  t.ok(keeper)
  const left = () => before.admissions.list().map(({ tunnel }) => tunnel.prefix)

  const next = hubOf()
  const kept = takeOver(next)
  await until(() => kept.size === 2)
  t.equal(next.upgrader.size, 2)
  routes.remove('/user/ben/')
  await until(() => left().length === 1)
  t.same(left(), ['/user/ana/'], 'a server that is stopped takes its tunnels with it')
  context.sessions.endAllOf(ana.id)
  await keeper?.ended
  t.same(left(), [])
  await until(() => next.upgrader.size === 0)
  t.same(next.admissions.list(), [])
  await kept.close()
})

t.test('what cannot be kept ends', async (t) => {
  const { context, ...core } = createCore(t)
  const admissions = createAdmissions(context)
  const ana = core.addUser('ana')
  const owner = { user: 'ana', server: '', serverId: core.serverOf(ana).id, userId: ana.id }
  context.routes.add('/user/ana/', { host: 'h', port: 1 }, owner)
  const route = context.routes.match('/user/ana/')!
  const { right } = admissions.admit({ headers: {}, route, caller: undefined })
  const config = {
    ...context.config,
    data_dir: import.meta.filename,
    upgrade: { keep_connections: 1000 },
  }
  const upgrader = createUpgrader(context)
  t.equal(await leaveToKeeper({ ...context, config, admissions, upgrader }), undefined)
  t.ok(right.hasEnded)
})
