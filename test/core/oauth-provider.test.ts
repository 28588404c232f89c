/** The hub as OAuth provider: from the request of a server to its token (contract §2, §9.101–115). */
import { createHash } from 'node:crypto'
import { type Test } from 'tap'
import t from 'tap'
import { type Principal } from '../../src/core/access.ts'
import { type AuthorizeRequest } from '../../src/core/oauth-provider.ts'
import { MINUTE } from '../../src/lib/time.ts'
import { type User } from '../../src/model/user.ts'
import { createParts, type Parts } from '../support/parts.ts'

const clientId = 'jupyterhub-user-ana'
const redirectUri = '/user/ana/oauth_callback'
const verifier = 'a verifier of a good length, chosen by the client'
const challenge = createHash('sha256').update(verifier).digest('base64url')

type Scene = Parts & { ana: User; bob: User; admin: User; clientSecret: string }

/** Ana's server runs. */
function createScene(t: Test): Scene {
  const parts = createParts(t)
  const [ana, bob, admin] = [parts.addUser('ana'), parts.addUser('bob'), parts.addUser('admin')]
  const clientSecret = parts.tokens.issueForServer(parts.serverOf(ana))
  parts.tokens.issueForServer(parts.serverOf(bob))
  return { ...parts, ana, bob, admin, clientSecret }
}

function principalOf(scene: Scene, user: User): Principal {
  const principal = scene.asSession(scene.logIn(user))
  if (!principal) throw new Error('not logged in')
  return principal
}

const queryOf = (more: Readonly<Record<string, string>> = {}): URLSearchParams =>
  new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    state: 'the state',
    ...more,
  })

function requestOf(scene: Scene, principal: Principal, more = {}) {
  const answer = scene.oauthProvider.authorize(principal, queryOf(more))
  if ('redirectTo' in answer) throw new Error(answer.redirectTo)
  return answer
}

const codeIn = (location: string): string =>
  new URL(location, 'http://hub').searchParams.get('code') ?? ''

const formOf = (scene: Scene, code: string, more: Readonly<Record<string, string>> = {}) =>
  new URLSearchParams({
    client_id: clientId,
    client_secret: scene.clientSecret,
    grant_type: 'authorization_code',
    redirect_uri: redirectUri,
    code,
    ...more,
  })

/** Everything up to the code, without anything special. */
function codeFor(scene: Scene, user: User, more = {}): string {
  const principal = principalOf(scene, user)
  return codeIn(scene.oauthProvider.approve(principal, requestOf(scene, principal, more).request))
}

/** The error, as a test expects it. */
const oauthError = (error: string, more: Readonly<Record<string, unknown>> = {}) =>
  ({ error, ...more }) as unknown as Error

t.test('the owner of a server is logged in there without being asked', (t) => {
  const scene = createScene(t)
  const principal = principalOf(scene, scene.ana)
  const { request, confirm, owner } = requestOf(scene, principal)
  t.equal(confirm, false)
  t.equal(owner, 'ana')
  const location = scene.oauthProvider.approve(principal, request)
  t.match(location, /^\/user\/ana\/oauth_callback\?code=[\w-]{43}&state=the\+state$/)
  const issued = scene.oauthProvider.exchange(formOf(scene, codeIn(location)))
  t.match(issued, { token_type: 'Bearer', expires_in: 1_209_600 })
  t.same(issued.scope.split(' ').sort(), [
    'access:servers!server=ana/',
    'read:users:groups!user=ana',
    'read:users:name!user=ana',
  ])
  const token = scene.asToken(issued.access_token)
  t.equal(token?.user.name, 'ana')
  t.same(token?.scopes.list(), issued.scope.split(' ').sort())
  t.end()
})

t.test('whoever opens the server of somebody else is asked, once', (t) => {
  const scene = createScene(t)
  const principal = principalOf(scene, scene.admin)
  const first = requestOf(scene, principal)
  t.equal(first.confirm, true)
  t.ok(first.scopeDescriptions.some((line) => line === 'Open the server of ana'))
  const code = codeIn(scene.oauthProvider.approve(principal, first.request))
  const { access_token } = scene.oauthProvider.exchange(formOf(scene, code))
  t.ok(scene.asToken(access_token)?.scopes.has('access:servers', { server: 'ana/' }))
  t.notOk(scene.asToken(access_token)?.scopes.has('access:servers', { server: 'bob/' }))
  t.notOk(scene.asToken(access_token)?.scopes.has('admin:users'))
  t.equal(requestOf(scene, principal).confirm, false)
  t.end()
})

t.test(
  'nobody gets into a server that they may not open, not by approving either (§9.104)',
  (t) => {
    const scene = createScene(t)
    const [bob, ana] = [principalOf(scene, scene.bob), principalOf(scene, scene.ana)]
    t.throws(() => scene.oauthProvider.authorize(bob, queryOf()), { code: 'Forbidden' })
    const { request } = requestOf(scene, ana)
    t.throws(() => scene.oauthProvider.approve(bob, request), { code: 'Forbidden' })
    t.end()
  },
)

// §9.110
t.test('what is wrong with the application itself is never answered by a redirect', (t) => {
  const scene = createScene(t)
  const principal = principalOf(scene, scene.ana)
  const repeated = queryOf()
  repeated.append('state', 'another')
  const queries = [
    repeated,
    queryOf({ client_id: '' }),
    queryOf({ client_id: 'jupyterhub' }),
    queryOf({ client_id: 'nobody', response_type: 'token' }),
    queryOf({ redirect_uri: 'https://evil.example/' }),
    queryOf({ redirect_uri: '/user/bob/oauth_callback' }),
    queryOf({ redirect_uri: `${redirectUri}/` }),
  ]
  for (const query of queries)
    t.throws(
      () => scene.oauthProvider.authorize(principal, query),
      { code: 'InvalidInput' },
      query.toString(),
    )
  t.end()
})

t.test('what is wrong with the request is told to the application', (t) => {
  const scene = createScene(t)
  const principal = principalOf(scene, scene.ana)
  const rows: [more: Record<string, string>, error: string][] = [
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ scope: 'admin:users' }, 'invalid_scope'],
    [{ scope: 'inherit' }, 'invalid_scope'],
    [{ scope: 'self' }, 'invalid_scope'],
    [{ scope: 'nosuch' }, 'invalid_scope'],
    [{ scope: 'read:users!user=' }, 'invalid_scope'],
    [{ scope: 'access:servers!user=ana' }, 'invalid_scope'],
    [{ code_challenge: 'x', code_challenge_method: 'S1' }, 'invalid_request'],
  ]
  for (const [more, error] of rows) {
    const answer = scene.oauthProvider.authorize(principal, queryOf(more))
    const expected = new RegExp(`^/user/ana/oauth_callback\\?error=${error}&.*state=the\\+state$`)
    t.match('redirectTo' in answer ? answer.redirectTo : 'no redirect', expected)
  }
  t.end()
})

t.test('the old name identify asks for nothing more (§9.102)', (t) => {
  const scene = createScene(t)
  const { request } = requestOf(scene, principalOf(scene, scene.ana), { scope: 'identify' })
  t.same(
    [...request.scopes],
    ['access:servers!server=ana/', 'read:users:groups!user=ana', 'read:users:name!user=ana'],
  )
  t.end()
})

t.test('approving cannot widen what the application may have', (t) => {
  const scene = createScene(t)
  const principal = principalOf(scene, scene.ana)
  const { request } = requestOf(scene, principal)
  const wider: AuthorizeRequest = { ...request, scopes: ['inherit', 'servers!user', 'self'] }
  const code = codeIn(scene.oauthProvider.approve(principal, wider))
  const { scope } = scene.oauthProvider.exchange(formOf(scene, code))
  t.same(scope.split(' ').sort(), [
    'access:servers!server=ana/',
    'read:users:groups!user=ana',
    'read:users:name!user=ana',
  ])
  t.end()
})

t.test('a code cannot be had with a token instead of a login', (t) => {
  const scene = createScene(t)
  const { request } = requestOf(scene, principalOf(scene, scene.ana))
  const byToken = scene.asToken(scene.tokens.issue({ user: scene.ana, note: '' }).secret)
  if (!byToken) throw new Error('no principal')
  t.throws(() => scene.oauthProvider.approve(byToken, request), { code: 'Forbidden' })
  t.end()
})

t.test('a code works once (§9.111)', (t) => {
  const scene = createScene(t)
  const form = formOf(scene, codeFor(scene, scene.ana))
  t.ok(scene.oauthProvider.exchange(form).access_token)
  t.throws(() => scene.oauthProvider.exchange(form), oauthError('invalid_grant', { status: 400 }))
  t.end()
})

t.test('a code that was presented wrongly by its client is gone', (t) => {
  const scene = createScene(t)
  const challenged = { code_challenge: challenge, code_challenge_method: 'S256' }
  const code = codeFor(scene, scene.ana, challenged)
  t.throws(
    () => scene.oauthProvider.exchange(formOf(scene, code, { code_verifier: 'guess' })),
    oauthError('invalid_grant'),
  )
  t.throws(
    () => scene.oauthProvider.exchange(formOf(scene, code, { code_verifier: verifier })),
    oauthError('invalid_grant'),
  )
  t.end()
})

t.test('a challenge has to be answered', (t) => {
  const scene = createScene(t)
  const challenged = { code_challenge: challenge, code_challenge_method: 'S256' }
  t.throws(
    () => scene.oauthProvider.exchange(formOf(scene, codeFor(scene, scene.ana, challenged))),
    oauthError('invalid_request'),
  )
  const code = codeFor(scene, scene.ana, challenged)
  t.ok(scene.oauthProvider.exchange(formOf(scene, code, { code_verifier: verifier })).access_token)
  t.end()
})

t.test('a code is no use to another client, and is not used up by its trying', (t) => {
  const scene = createScene(t)
  const code = codeFor(scene, scene.ana)
  const bobsSecret = scene.tokens.issueForServer(scene.serverOf(scene.bob))
  const stolen = formOf(scene, code, {
    client_id: 'jupyterhub-user-bob',
    client_secret: bobsSecret,
  })
  t.throws(() => scene.oauthProvider.exchange(stolen), oauthError('invalid_grant'))
  t.ok(scene.oauthProvider.exchange(formOf(scene, code)).access_token)
  t.end()
})

t.test('a client that cannot prove itself gets nothing, and the code stays', (t) => {
  const scene = createScene(t)
  const code = codeFor(scene, scene.ana)
  const wrong = [
    { client_secret: 'wrong' },
    { client_secret: '' },
    { client_id: 'nobody' },
    { client_id: 'jupyterhub', client_secret: '' },
  ]
  for (const more of wrong)
    t.throws(
      () => scene.oauthProvider.exchange(formOf(scene, code, more)),
      oauthError('invalid_client', { status: 401 }),
    )
  t.ok(scene.oauthProvider.exchange(formOf(scene, code)).access_token)
  t.end()
})

t.test('a code is good for five minutes', (t) => {
  const scene = createScene(t)
  const [early, late] = [codeFor(scene, scene.ana), codeFor(scene, scene.ana)]
  scene.clock.advance(5 * MINUTE - 1)
  t.ok(scene.oauthProvider.exchange(formOf(scene, early)).access_token)
  scene.clock.advance(1)
  t.throws(() => scene.oauthProvider.exchange(formOf(scene, late)), oauthError('invalid_grant'))
  t.end()
})

t.test('what is missing or different is told apart', (t) => {
  const scene = createScene(t)
  const exchange = (more: Record<string, string>) => () =>
    scene.oauthProvider.exchange(formOf(scene, codeFor(scene, scene.ana), more))
  t.throws(exchange({ code: '' }), oauthError('invalid_request'))
  t.throws(exchange({ code: 'made up' }), oauthError('invalid_grant'))
  t.throws(exchange({ redirect_uri: '/user/bob/oauth_callback' }), oauthError('invalid_request'))
  t.throws(exchange({ grant_type: 'client_credentials' }), oauthError('unsupported_grant_type'))
  t.end()
})

t.test('after logout neither the code nor the token of that login works (S-04)', (t) => {
  const scene = createScene(t)
  const login = scene.logIn(scene.ana)
  const principal = scene.asSession(login)
  if (!principal) throw new Error('not logged in')
  const approve = (): string =>
    codeIn(scene.oauthProvider.approve(principal, requestOf(scene, principal).request))
  const token = scene.oauthProvider.exchange(formOf(scene, approve())).access_token
  const other = scene.oauthProvider.exchange(formOf(scene, codeFor(scene, scene.ana))).access_token
  const code = approve()
  t.ok(scene.asToken(token))
  scene.sessions.end(login.session)
  t.notOk(scene.asToken(token))
  t.throws(() => scene.oauthProvider.exchange(formOf(scene, code)), oauthError('invalid_grant'))
  t.ok(scene.asToken(other), 'another login of the same person goes on')
  t.end()
})

t.test('the code of somebody who was disabled meanwhile is refused', (t) => {
  const scene = createScene(t)
  const code = codeFor(scene, scene.ana)
  scene.store.users.setDisabled(scene.ana.id, true)
  t.throws(() => scene.oauthProvider.exchange(formOf(scene, code)), oauthError('invalid_grant'))
  t.end()
})

t.test('when the right to open a server ends, the token for it is worth nothing', (t) => {
  const scene = createScene(t)
  const { access_token } = scene.oauthProvider.exchange(formOf(scene, codeFor(scene, scene.admin)))
  t.ok(scene.asToken(access_token)?.scopes.has('access:servers', { server: 'ana/' }))
  scene.store.users.setAdmin(scene.admin.id, false)
  scene.access.forget(scene.admin.id)
  t.notOk(scene.asToken(access_token)?.scopes.has('access:servers', { server: 'ana/' }))
  t.equal(scene.asToken(access_token)?.user.name, 'admin', 'it still tells whose it is')
  t.end()
})

t.test('neither code nor token is stored as it is', (t) => {
  const scene = createScene(t)
  const code = codeFor(scene, scene.ana)
  t.equal(scene.store.oauthProvider.takeCode(code), undefined)
  t.end()
})

/** A service that people may use and that may ask them for `allowed`. */
function addService(scene: Scene, allowed: readonly string[]) {
  const { store, clock } = scene
  const { id } = store.services.save({
    ...{ name: 'grader', url: undefined, admin: false, command: [], info: {}, display: true },
    ...{ access: 'public', fromConfig: false, createdAt: clock.now() },
  })
  const role = { name: 'graded', description: '', scopes: ['access:services!service=grader'] }
  const { id: roleId } = store.roles.save(role, { fromConfig: false })
  store.roles.assign(roleId, { kind: 'user', id: scene.ana.id })
  scene.access.forget(scene.ana.id)
  const redirectUri = '/services/grader/oauth_callback'
  store.oauthProvider.saveClient({
    ...{ id: 'service-grader', secretHash: '', redirectUri, description: 'grader' },
    ...{ allowedScopes: allowed, serverId: undefined, serviceId: id },
  })
  return (scope?: string) => {
    const more = { client_id: 'service-grader', redirect_uri: redirectUri }
    const query = queryOf(scope === undefined ? more : { ...more, scope })
    return scene.oauthProvider.authorize(principalOf(scene, scene.ana), query)
  }
}

const always = [
  'access:services!service=grader',
  'read:users:groups!user=ana',
  'read:users:name!user=ana',
]

t.test('a service that asks for more than it may is told so, and never fails (§9.101)', (t) => {
  const ask = addService(createScene(t), ['read:users!user'])
  for (const scope of ['admin:users', 'no:such:scope', 'read:users!user=', 'read:users!x=y', '!'])
    t.match(ask(scope), { redirectTo: /grader\/oauth_callback\?error=invalid_scope&/ }, scope)
  t.end()
})

t.test('a service gets what it asks for, or all it may have (§9.102)', (t) => {
  const ask = addService(createScene(t), ['read:users!user', 'read:servers!user'])
  const all = ['read:servers!user=ana', 'read:users!user=ana']
  t.match(ask(), { request: { scopes: [always[0], all[0], ...always.slice(1), all[1]].sort() } })
  t.match(ask('identify'), { request: { scopes: always } })
  t.match(ask('read:servers!user identify'), { request: { scopes: [...always, all[0]].sort() } })
  t.end()
})

t.test('roles stand for their scopes, own ones too (§9.102)', (t) => {
  const scene = createScene(t)
  const ask = addService(scene, ['read:servers!user'])
  const role = { name: 'looking', description: '', scopes: ['read:servers!user'] }
  scene.store.roles.save(role, { fromConfig: false })
  t.match(ask('looking'), { request: { scopes: [...always, 'read:servers!user=ana'].sort() } })
  t.match(ask('admin'), { redirectTo: /error=invalid_scope/ })
  t.end()
})

t.test('what the person lacks is left out silently (§9.103)', (t) => {
  const ask = addService(createScene(t), ['admin:groups', 'read:servers!user'])
  t.match(ask(), { request: { scopes: [...always, 'read:servers!user=ana'].sort() } })
  t.end()
})
