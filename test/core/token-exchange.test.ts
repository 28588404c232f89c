/** A server of somebody else's never sees a key that opens more than itself. */
import { type Test } from 'tap'
import t from 'tap'
import { createTokenExchange } from '../../src/core/token-exchange.ts'
import { hashSecret } from '../../src/lib/secret.ts'
import { HOUR } from '../../src/lib/time.ts'
import { type TokenHash } from '../../src/model/token.ts'
import { createParts } from '../support/parts.ts'
import { serviceOf } from '../support/services.ts'

/** Ana's server runs; an administrator has a token. */
function createScene(t: Test) {
  const parts = createParts(t)
  const [ana, admin] = [parts.addUser('ana'), parts.addUser('admin')]
  parts.tokens.issueForServer(parts.serverOf(ana))
  const exchange = createTokenExchange(parts)
  const owner = { user: 'ana', userId: ana.id, server: '' }
  const ask = (secret: string): string | undefined => {
    const principal = parts.asToken(secret)
    if (!principal) throw new Error('this token does not work')
    return exchange.authorizationFor(principal, owner)
  }
  return { ...parts, ana, admin, exchange, owner, ask }
}

const secretIn = (header = ''): string => header.replace(/^token /, '')

t.test('a token of somebody else is changed for one that opens this server only', (t) => {
  const { tokens, admin, ask, asToken } = createScene(t)
  const { secret } = tokens.issue({ user: admin, note: '' })
  const header = ask(secret)
  t.match(header, /^token [\w-]{43}$/)
  t.not(header, `token ${secret}`)
  const scopes = asToken(secretIn(header))?.scopes
  t.same(scopes?.list(), [
    'access:servers!server=ana/',
    'read:users:groups!user=admin',
    'read:users:name!user=admin',
  ])
  t.equal(asToken(secretIn(header))?.user.name, 'admin')
  t.end()
})

t.test('the owner’s own token passes, and so does one that was issued for this server', (t) => {
  const { tokens, ana, admin, ask } = createScene(t)
  t.equal(ask(tokens.issue({ user: ana, note: '' }).secret), undefined)
  const issued = tokens.issueForClient({
    user: admin,
    clientId: 'jupyterhub-user-ana',
    scopes: ['access:servers!server=ana/'],
    sessionPublicId: 's',
    expiresInSeconds: 60,
  })
  t.equal(ask(issued.secret), undefined)
  t.end()
})

t.test('a login cookie needs no exchange, since it never goes upstream', (t) => {
  const { asSession, logIn, admin, exchange, owner } = createScene(t)
  const principal = asSession(logIn(admin))
  if (!principal) throw new Error('not logged in')
  t.equal(exchange.authorizationFor(principal, owner), undefined)
  t.end()
})

t.test('the same caller gets the same key again, until half of its time is over', (t) => {
  const { tokens, admin, ask, asToken, clock, store } = createScene(t)
  const { secret } = tokens.issue({ user: admin, note: '' })
  const first = ask(secret)
  t.equal(ask(secret), first)
  t.equal(store.tokens.listOf(admin.id, clock.now()).length, 2, 'their own and one more')
  clock.advance(HOUR / 2)
  const second = ask(secret)
  t.not(second, first)
  t.ok(asToken(secretIn(second)))
  t.end()
})

t.test('after the server was started again the old key is not sent any more', (t) => {
  const { tokens, admin, ana, ask, asToken, serverOf } = createScene(t)
  const { secret } = tokens.issue({ user: admin, note: '' })
  const first = ask(secret)
  tokens.revokeForServer(serverOf(ana))
  t.notOk(asToken(secretIn(first)))
  tokens.issueForServer(serverOf(ana))
  const second = ask(secret)
  t.not(second, first)
  t.ok(asToken(secretIn(second)))
  t.end()
})

t.test('the key ends with the login that the caller’s token came from', (t) => {
  const { tokens, admin, bobServer, ask, asToken, logIn, sessions } = createSceneWithBob(t)
  const login = logIn(admin)
  tokens.issueForServer(bobServer)
  const { secret } = tokens.issueForClient({
    user: admin,
    clientId: 'jupyterhub-user-bob',
    scopes: ['access:servers'],
    sessionPublicId: login.session.publicId,
    expiresInSeconds: 60,
  })
  const header = ask(secret)
  t.ok(asToken(secretIn(header)))
  sessions.end(login.session)
  t.notOk(asToken(secretIn(header)))
  t.end()
})

function createSceneWithBob(t: Test) {
  const scene = createScene(t)
  return { ...scene, bobServer: scene.serverOf(scene.addUser('bob')) }
}

t.test('a service’s token is changed as well, for one that opens this server only', (t) => {
  const { store, access, exchange, owner, clock } = createScene(t)
  const service = store.services.save(serviceOf('grader', { admin: true }))
  const token = { serviceId: service.id, note: '', scopes: ['inherit'], createdAt: clock.now() }
  const identify = (secret: string) => access.identifyService({ authorization: `token ${secret}` })
  store.serviceTokens.create({ ...token, hash: hashSecret('its-own') as TokenHash })
  const caller = identify('its-own')
  if (!caller) throw new Error('this token does not work')
  const header = exchange.authorizationFor(caller, owner)
  t.match(header, /^token [\w-]{43}$/)
  const lent = identify(secretIn(header))
  t.equal(lent?.service.name, 'grader')
  t.same(lent?.scopes.list(), ['access:servers!server=ana/'])
  t.equal(exchange.authorizationFor(caller, owner), header)
  if (lent) t.equal(exchange.authorizationFor(lent, owner), undefined, 'it passes itself')
  clock.advance(HOUR)
  t.equal(identify(secretIn(header)), undefined)
  const again = exchange.authorizationFor(caller, owner)
  access.forgetServices()
  t.not(exchange.authorizationFor(caller, owner), again, 'nothing is kept over a change')
  store.serviceTokens.removeOf(service.id)
  t.equal(identify(secretIn(again)), undefined)
  t.end()
})

t.test('a program that anybody may use gets no key of the hub, whatever that opens', (t) => {
  const { tokens, exchange, admin, store, clock } = createScene(t)
  const { secret } = tokens.issue({ user: admin, note: '' })
  const forProgram = (authorization?: string) => exchange.authorizationForProgram(authorization)
  for (const scheme of ['token', 'Token', 'bearer', 'Bearer ', ' token'])
    t.equal(forProgram(`${scheme} ${secret}`), '', scheme)
  for (const own of [undefined, 'Basic YTpi', 'Bearer of-the-program', 'Digest username="a"'])
    t.equal(forProgram(own), undefined, String(own))
  t.equal(forProgram('token that-opens-nothing'), '')
  const { id: serviceId } = store.services.save(serviceOf('grader'))
  const token = { serviceId, note: '', scopes: ['inherit'], createdAt: clock.now() }
  store.serviceTokens.create({ ...token, hash: hashSecret('its-own') as TokenHash })
  t.equal(forProgram('Bearer its-own'), '')
  t.end()
})
