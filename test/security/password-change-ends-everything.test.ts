/** S-27: a new password ends whatever was given out under the old one, and a restart brings nothing back. */
import t from 'tap'
import { createCore, goodPassword, origin, type Core } from '../support/core.ts'
import { type NewSession } from '../../src/core/sessions.ts'
import { type User } from '../../src/model/user.ts'

const newer = `${goodPassword} and newer`

/** Each sets `newer`; `keeps` tells whether the session that asked for it stays. */
const ways = {
  'a change by the user': {
    keeps: true,
    run: ({ context }: Core, ana: User, { session }: NewSession) =>
      context.users.changePassword(ana, { oldPassword: goodPassword, newPassword: newer }, session),
  },
  'a reset link': {
    keeps: false,
    run: ({ context: { links } }: Core, ana: User) =>
      links.redeemPassword(links.reset(ana).split('/').at(-1) ?? '', newer, origin),
  },
  'an administrator': {
    keeps: false,
    run: ({ context: { users } }: Core, ana: User) => users.setPassword(ana, newer),
  },
}

for (const [name, { keeps, run }] of Object.entries(ways))
  t.test(`${name} ends all other sessions and tokens, for good`, async (t) => {
    const core = createCore(t)
    const { users, tokens, links, servers } = core.context
    const ana = core.addUser('ana')
    await users.setPassword(ana, goodPassword)
    await servers.start(core.serverOf(ana))
    const [own, stolen] = [core.logIn(ana), core.logIn(ana)]
    const plain = tokens.issue({ user: ana, note: '' }).secret
    const ofServer = tokens.issueForClient({
      user: ana,
      clientId: 'jupyterhub-user-ana',
      scopes: ['access:servers!server=ana/'],
      sessionPublicId: stolen.session.publicId,
      expiresInSeconds: 3600,
    }).secret
    const invitation = links.invite(ana).split('/').at(-1) ?? ''
    for (const known of [core.asSession(stolen), core.asToken(plain), core.asToken(ofServer)])
      t.ok(known)
    const inFlight = core.context.login.withPassword('ana', goodPassword, origin)
    await Promise.all([run(core, ana, own), inFlight.catch(() => undefined)])

    const hub = await core.restart()
    t.equal(hub.asSession(own) !== undefined, keeps)
    t.equal(hub.asSession(stolen), undefined)
    t.equal(hub.asToken(plain), undefined)
    t.equal(hub.asToken(ofServer), undefined)
    t.throws(() => hub.context.links.look(invitation), { code: 'NotFound' })
    const { login } = hub.context
    await t.rejects(login.withPassword('ana', goodPassword, origin), { code: 'Forbidden' })
    t.ok(await login.withPassword('ana', newer, origin))
  })
