/** What an OAuth client is for whom. */
import t, { type Test } from 'tap'
import { placeOf } from '../../src/core/oauth-place.ts'
import { type User } from '../../src/model/user.ts'
import { createParts } from '../support/parts.ts'

const client = {
  ...{ id: 'service-x', secretHash: '', redirectUri: '/', description: '', allowedScopes: [] },
  serverId: undefined,
}

function createScene(t: Test) {
  const parts = createParts(t)
  const asked = (user: User) => {
    const principal = parts.asSession(parts.logIn(user))!
    return { principal, store: parts.store, access: parts.access }
  }
  return { ...parts, asked, ana: parts.addUser('ana'), admin: parts.addUser('admin') }
}

t.test('a service is open to whoever may use it, and asks unless it is trusted', async (t) => {
  const { store, clock, asked, ana, admin } = createScene(t)
  const { id: serviceId } = store.services.save({
    ...{ name: 'x', url: undefined, admin: false, command: [], info: {}, display: true },
    ...{ access: 'public', fromConfig: false, createdAt: clock.now() },
  })
  t.throws(() => placeOf({ ...client, serviceId }, asked(ana)), { code: 'Forbidden' })
  const holder = { user: 'admin', service: 'x' }
  const asks = placeOf({ ...client, serviceId }, asked(admin))
  t.same(asks, { holder, owner: '', isTrusted: false })
  const trusted = placeOf({ ...client, serviceId, noConfirm: true }, asked(admin))
  t.same(trusted, { holder, owner: '', isTrusted: true })
})

t.test('a server asks everybody but its owner', async (t) => {
  const { serverOf, asked, ana, admin } = createScene(t)
  const serverId = serverOf(ana).id
  const own = { holder: { user: 'ana', server: 'ana/' }, owner: 'ana', isTrusted: true }
  t.same(placeOf({ ...client, serverId }, asked(ana)), own)
  t.match(placeOf({ ...client, serverId }, asked(admin)), { owner: 'ana', isTrusted: false })
  const foreign = { ...client, serverId: serverOf(admin).id }
  t.throws(() => placeOf(foreign, asked(ana)), { code: 'Forbidden' })
})

t.test('what is gone can be authorized by nobody', async (t) => {
  const { asked, admin } = createScene(t)
  t.throws(() => placeOf(client, asked(admin)), { code: 'InvalidInput' })
  t.throws(() => placeOf({ ...client, serviceId: 99 }, asked(admin)), { code: 'InvalidInput' })
})
