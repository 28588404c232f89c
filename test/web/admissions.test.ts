/** What is open, and whether it still may be. */
import t, { type Test } from 'tap'
import { sessionCookie } from '../../src/model/session.ts'
import { createAdmissions } from '../../src/web/admissions.ts'
import { createCore } from '../support/core.ts'

function setUp(t: Test) {
  const core = createCore(t)
  const { access, routes } = core.context
  const ana = core.addUser('ana')
  const owner = { user: 'ana', server: '', serverId: core.serverOf(ana).id, userId: ana.id }
  routes.add('/user/ana/', { host: 'h', port: 1 }, owner)
  const route = routes.match('/user/ana/')!
  const session = core.logIn(ana)
  const headers = { cookie: `${sessionCookie.plain}=${session.secret}` }
  const admissions = createAdmissions({ access })
  return { ...core, ana, route, session, headers, admissions }
}

t.test('what was let in ends with its right, and is not watched once it is over', async (t) => {
  const { admissions, headers, route, context, ana } = setUp(t)
  const caller = admissions.callerOf(headers, route)
  t.ok(admissions.mayUse(caller, route))
  const [open, over] = [1, 2].map(() => admissions.admit({ headers, route, caller }))
  let ends = 0
  admissions.list()[1]?.onEnd(() => (ends += 1))
  admissions.release(over!)
  t.equal(ends, 1)
  context.sessions.endAllOf(ana.id)
  t.ok(open!.right.hasEnded)
  t.notOk(over!.right.hasEnded)
})

t.test(
  'another hub goes on with what the same person still may, and with nothing else',
  async (t) => {
    const { admissions, headers, route, context, ana } = setUp(t)
    admissions.admit({ headers, route, caller: admissions.callerOf(headers, route) })
    const { tunnel } = admissions.list()[0]!
    t.same(tunnel, { prefix: '/user/ana/', caller: `session ${ana.id}`, headers })

    const next = createAdmissions(context)
    const again = next.readmit(tunnel, route)
    t.ok(again)
    t.equal(next.readmit({ ...tunnel, caller: 'token 1' }, route), undefined, 'by something else')
    t.equal(next.readmit({ ...tunnel, headers: {} }, route), undefined)
    const service = { service: 'x', access: 'public' as const }
    const open = { ...route, owner: service }
    t.ok(next.readmit({ prefix: '/services/x/', caller: '', headers: {} }, open), 'open to anybody')
    context.sessions.endAllOf(ana.id)
    t.ok(again?.right.hasEnded)
    t.equal(next.readmit(tunnel, route), undefined, 'too late')
  },
)

t.test('what was allowed is asked again where it may have changed without a word', async (t) => {
  const { admissions, headers, route, context, ana, addUser, logIn } = setUp(t)
  const { roles, groups, store } = context
  const ben = addUser('ben')
  groups.createMany(['class'], ['ana'])
  roles.declare([{ name: 'aide', scopes: ['access:servers!group=class'], users: ['ben'] }], [])
  const other = { cookie: `${sessionCookie.plain}=${logIn(ben).secret}` }
  const [own, through] = [headers, other].map((sent) => admissions.callerOf(sent, route))
  for (const caller of [own, own, through, through]) t.ok(admissions.mayUse(caller, route))
  store.groups.removeMember(store.groups.getByName('class').id, ana.id)
  t.notOk(admissions.mayUse(through, route), 'who is in a group now counts')
  t.ok(admissions.mayUse(own, route))
  const owner = { user: 'ben', server: '', serverId: 9, userId: ben.id }
  context.routes.add(route.prefix, route.target, owner)
  const next = context.routes.match(route.prefix)!
  t.notOk(admissions.mayUse(own, next), 'another server in its place')
  t.ok(admissions.mayUse(through, next))
})
