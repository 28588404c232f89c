/** One-time links: one winner, one use, and nothing half done. */
import t from 'tap'
import { DAY } from '../../src/lib/time.ts'
import { createCore, fillDisk, goodPassword, origin, type Core } from '../support/core.ts'

const secretOf = (path: string): string => path.split('/').at(-1) ?? ''
const account = (name: string) => ({ name, password: goodPassword })
const dead = { code: 'NotFound', message: /has been used, has expired or was replaced/ }

async function logInWith(core: Core, name: string, password = goodPassword) {
  return core.context.login.withPassword(name, password, origin)
}

t.test('of two claimers one wins, and is the owner', async (t) => {
  const core = createCore(t)
  const { links, store } = core.context
  const path = links.claim()
  t.match(path, /^\/hub\/claim\/[\w-]{43}$/)
  const claims = await Promise.allSettled(
    ['ana', 'ben', 'cem'].map((name) => links.redeemClaim(secretOf(path), account(name), origin)),
  )
  const won = claims.flatMap((claim) => (claim.status === 'fulfilled' ? [claim.value] : []))
  t.equal(won.length, 1)
  t.equal(store.users.count(), 1, 'the others left no account')
  t.equal(store.users.countAdmins(), 1)
  t.equal(core.asSession(won[0]!)?.user.name, won[0]?.user.name)
  t.throws(() => links.claim(), { code: 'Conflict' })
  t.throws(() => links.look(secretOf(path)), dead)
})

t.test('a claim dies by a newer one, with time, and when somebody else is owner', async (t) => {
  const core = createCore(t)
  const { links } = core.context
  const [older, newer] = [secretOf(links.claim()), secretOf(links.claim())]
  await t.rejects(links.redeemClaim(older, account('ana'), origin), dead)
  t.equal(links.look(newer).kind, 'claim')
  core.clock.advance(DAY)
  await t.rejects(links.redeemClaim(newer, account('ana'), origin), dead)
  const last = secretOf(links.claim())
  core.addUser('admin')
  await t.rejects(links.redeemClaim(last, account('ana'), origin), { code: 'Conflict' })
  t.equal(core.context.store.users.count(), 1)
})

t.test('a claim takes over no account, and is not used up by what is refused', async (t) => {
  const core = createCore(t)
  const { links, store } = core.context
  const ana = core.addUser('ana')
  const secret = secretOf(links.claim())
  await t.rejects(links.redeemClaim(secret, account('ANA'), origin), { code: 'Conflict' })
  await t.rejects(links.redeemClaim(secret, account('a/b'), origin), { code: 'InvalidInput' })
  const easy = { name: 'ben', password: 'password12' }
  await t.rejects(links.redeemClaim(secret, easy, origin), { code: 'InvalidInput' })
  t.equal(store.users.find(ana.id)?.admin, false)
  t.equal(store.users.findPasswordHash(ana.id), undefined)
  t.equal((await links.redeemClaim(secret, account('Ben'), origin)).user.name, 'ben')
})

t.test('a link is good for its own purpose only', async (t) => {
  const core = createCore(t)
  const { links } = core.context
  const ana = core.addUser('ana')
  const invitation = secretOf(links.invite(ana))
  await t.rejects(links.redeemClaim(invitation, account('eve'), origin), dead)
  const claim = secretOf(links.claim())
  await t.rejects(links.redeemPassword(claim, goodPassword, origin), dead)
  await t.rejects(links.redeemPassword('guessed', goodPassword, origin), dead)
  t.equal(links.look(invitation).userName, 'ana')
})

t.test('an invitation lets its user in once', async (t) => {
  const core = createCore(t)
  const { links } = core.context
  const ana = core.addUser('ana')
  const older = secretOf(links.invite(ana))
  const secret = secretOf(links.invite(ana))
  await t.rejects(links.redeemPassword(older, goodPassword, origin), dead)
  await t.rejects(links.redeemPassword(secret, 'short', origin), { code: 'InvalidInput' })
  const uses = await Promise.allSettled([
    links.redeemPassword(secret, goodPassword, origin),
    links.redeemPassword(secret, `${goodPassword} of another`, origin),
  ])
  t.same(uses.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  const won = uses.findIndex(({ status }) => status === 'fulfilled')
  const password = won === 0 ? goodPassword : `${goodPassword} of another`
  t.equal((await logInWith(core, 'ana', password)).user.id, ana.id)
})

t.test(
  'a reset ends every other session, token and link of its user (security S-27)',
  async (t) => {
    const core = createCore(t)
    const { links, users, tokens, sessions } = core.context
    const ana = core.addUser('ana')
    await users.setPassword(ana, goodPassword)
    const old = core.logIn(ana)
    const { secret } = tokens.issue({ user: ana, note: '' })
    const invitation = secretOf(links.invite(ana))
    const reset = secretOf(links.reset(ana))
    t.ok(core.asSession(old), 'asking for a reset changes nothing')
    t.ok(await logInWith(core, 'ana'))
    const login = await links.redeemPassword(reset, `${goodPassword} and new`, origin)
    t.equal(core.asSession(old), undefined)
    t.equal(core.asToken(secret), undefined)
    t.throws(() => links.look(invitation), dead)
    t.ok(core.asSession(login))
    t.equal(core.context.store.sessions.listOf(ana.id).length, 1)
    await t.rejects(logInWith(core, 'ana'), { code: 'Forbidden' })
    sessions.end(login.session)
  },
)

t.test('the links of who is disabled or removed are dead, also at the last moment', async (t) => {
  const core = createCore(t)
  const { links, users } = core.context
  const [ana, ben] = [core.addUser('ana'), core.addUser('ben')]
  const late = links.redeemPassword(secretOf(links.invite(ana)), goodPassword, origin)
  await Promise.all([t.rejects(late, dead), users.setDisabled(ana, true)])
  const gone = links.redeemPassword(secretOf(links.reset(ben)), goodPassword, origin)
  await Promise.all([t.rejects(gone, dead), users.remove(ben)])
  t.equal(core.context.store.users.findPasswordHash(ana.id), undefined)
  const since = secretOf(links.invite(ana))
  await t.rejects(links.redeemPassword(since, goodPassword, origin), dead)
})

t.test('on a full disk a link stays good and nothing has changed', async (t) => {
  const core = createCore(t)
  const { links, store } = core.context
  const secret = secretOf(links.claim())
  const create = store.sessions.create
  let free = (): void => undefined
  store.sessions.create = (session) => {
    free = fillDisk(core)
    create(session)
  }
  await t.rejects(links.redeemClaim(secret, account('ana'), origin), { code: 'Unavailable' })
  free()
  store.sessions.create = create
  t.equal(store.users.count(), 0, 'no owner without a session')
  t.equal(links.look(secret).kind, 'claim')
  t.equal((await links.redeemClaim(secret, account('ana'), origin)).user.name, 'ana')
})
