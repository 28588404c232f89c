/** Who may: a route declares it or does not register; the 403 and 404 of JupyterHub; cookies and XSRF (contract §0.5, §5.9, §9.1–9.9). */
import { type RouteOptions } from 'fastify'
import t from 'tap'
import { checkDeclaration } from '../../src/api/guard.ts'
import { startApi } from '../support/api.ts'

const route = (method: string, url: string, config?: RouteOptions['config']): RouteOptions => ({
  method,
  url,
  handler: () => undefined,
  ...(config ? { config } : {}),
})

t.test('a route that does not say who may use it is refused when the hub starts', (t) => {
  const refused = [
    route('GET', '/hub/api/forgot'),
    route('GET', '/hub/api/users/:name', { scope: 'read:users' }),
    route('GET', '/hub/api/users/:name', { scope: 'read:users', target: 'listed' }),
    route('GET', '/hub/api/info', { scope: 'read:hub', target: 'user' }),
    route('POST', '/hub/api/users', { scope: 'admin:users', target: 'listed' }),
  ]
  for (const one of refused)
    t.throws(
      () => checkDeclaration(one),
      /^Error: route |^route /,
      `${String(one.method)} ${one.url}`,
    )
  const good = [
    route('GET', '/hub/api', { scope: 'anyone' }),
    route('GET', '/hub/api/user', { scope: 'any-credential' }),
    route('GET', '/hub/api/users', { scope: 'list:users', target: 'listed' }),
    route('POST', '/hub/api/users', { scope: 'admin:users' }),
    route('DELETE', '/hub/api/users/:name', { scope: ['delete:users'], target: 'user' }),
  ]
  for (const one of good) t.doesNotThrow(() => checkDeclaration(one))
  t.end()
})

t.test('nobody, somebody without the right, and somebody with it for others', async (t) => {
  const { nobody, as, addUser } = await startApi(t)
  const [ana, admin] = [addUser('ana'), addUser('admin')]
  addUser('bob')
  const asked = ['GET', '/hub/api/users/bob'] as const
  t.match(await nobody(...asked), {
    status: 403,
    json: { message: 'Missing or invalid credentials.' },
  })
  t.match(await as(ana)('GET', '/hub/api/users'), {
    status: 403,
    json: { message: 'Action is not authorized with current scopes; requires any of [list:users]' },
  })
  const hidden = { status: 404, json: { message: 'No access to resources or resources not found' } }
  t.match(await as(ana)(...asked), hidden)
  t.match(await as(ana)('GET', '/hub/api/users/nobody-at-all'), hidden, 'told apart by nothing')
  t.match(await as(admin, ['read:users:name!user=ana'])(...asked), hidden, '§9.27')
  t.match(await as(admin)(...asked), { status: 200, json: { name: 'bob' } })
  t.match(await as(admin)('GET', '/hub/api/users/nobody-at-all'), { status: 404 })
})

t.test('the right is asked for before the body is looked at', async (t) => {
  const { nobody, as, addUser } = await startApi(t)
  const ana = as(addUser('ana'))
  t.match(await nobody('POST', '/hub/api/users', '{'), { status: 403 })
  t.match(await ana('POST', '/hub/api/users', '{'), { status: 403 })
})

// §9.9
t.test('what is no token is none', async (t) => {
  const { nobody, context, addUser } = await startApi(t)
  const { secret } = context.tokens.issue({ user: addUser('ana'), note: '' })
  const ask = (authorization: string) =>
    nobody('GET', '/hub/api/user', undefined, { authorization })
  for (const good of [
    `token ${secret}`,
    `Token  ${secret}`,
    `bearer ${secret}`,
    `BEARER ${secret}`,
  ])
    t.equal((await ask(good)).status, 200, good.slice(0, 9))
  for (const bad of [`token: ${secret}`, secret, `basic ${secret}`, `token ${secret}x`, 'token '])
    t.match(await ask(bad), { status: 403, json: { message: /Missing or invalid/ } })
})

// §9.10 §9.114
t.test('an expired or revoked token is a 403, never a 401: servers depend on it', async (t) => {
  const { withToken, context, addUser, clock } = await startApi(t)
  const ana = addUser('ana')
  const short = context.tokens.issue({ user: ana, note: '', expiresInSeconds: 60 })
  const gone = context.tokens.issue({ user: ana, note: '' })
  t.equal((await withToken(short.secret)('GET', '/hub/api/user')).status, 200)
  clock.advance(60_000)
  context.tokens.revoke(gone.token)
  t.equal((await withToken(short.secret)('GET', '/hub/api/user')).status, 403)
  t.equal((await withToken(gone.secret)('GET', '/hub/api/user')).status, 403)
})

t.test('a cookie counts for requests of our own pages (§9.4, §9.6)', async (t) => {
  const { inBrowser, addUser, logIn, xsrfOf } = await startApi(t)
  const ana = addUser('ana')
  const [session, other] = [logIn(ana), logIn(ana)]
  const mode = { 'sec-fetch-mode': 'cors' }
  const bare = inBrowser(session, '')
  const ask = (headers = {}, path = '/hub/api/user') => bare('GET', path, undefined, headers)
  t.equal((await ask()).status, 200, 'a client that is no browser')
  t.equal((await ask({ 'sec-fetch-mode': 'navigate' })).status, 200)
  t.match(await ask(mode), { status: 403, json: { message: /'_xsrf' argument missing/ } })
  const withArgument = (token: string) => `/hub/api/user?_xsrf=${encodeURIComponent(token)}`
  t.equal((await ask(mode, withArgument(xsrfOf(session)))).status, 200)
  t.match(await ask(mode, withArgument(xsrfOf(other))), { status: 403, json: { message: /_xsrf/ } })
  t.match(await ask(mode, withArgument('2|1|2|3')), { status: 403 }, '§9.5')
  t.equal((await ask({ ...mode, 'x-xsrftoken': xsrfOf(session) })).status, 200)
  const noCors = { 'sec-fetch-mode': 'no-cors' }
  t.equal((await ask({ ...noCors, 'sec-fetch-site': 'same-origin' })).status, 200)
  for (const site of ['cross-site', 'same-site', 'none'])
    t.equal((await ask({ ...noCors, 'sec-fetch-site': site })).status, 403, site)
})

t.test('a stranger’s page hears of credentials, not of XSRF (§9.3)', async (t) => {
  const { nobody } = await startApi(t)
  const answer = await nobody('GET', '/hub/api/users', undefined, { 'sec-fetch-mode': 'cors' })
  t.match(answer, { status: 403, json: { message: /Missing or invalid credentials/ } })
  t.notMatch(answer.text, /xsrf/)
})

t.test('what any form could post is nothing that a cookie vouches for (§9.1)', async (t) => {
  const { inBrowser, addUser, logIn } = await startApi(t)
  const admin = inBrowser(logIn(addUser('admin')))
  const post = (type: string) => admin('POST', '/hub/api/users', '{}', { 'content-type': type })
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
    t.match(await post(type), { status: 403, json: { message: /Missing or invalid/ } }, type)
  t.match(await post('application/json; charset=UTF-8'), { status: 400 })
})

t.test('a token needs no XSRF, and no particular content type', async (t) => {
  const { as, addUser } = await startApi(t)
  const ana = as(addUser('ana'))
  const body = { last_activity: '2026-01-31T11:00:00Z' }
  for (const type of [
    'application/octet-stream',
    'text/plain',
    'application/x-www-form-urlencoded',
  ])
    t.match(
      await ana('POST', '/hub/api/users/ana/activity', body, {
        'content-type': type,
        origin: 'https://elsewhere.example',
        'sec-fetch-site': 'cross-site',
      }),
      { status: 200 },
      type,
    )
})

t.test('a token that fails leaves the cookie’s word, with its conditions', async (t) => {
  const { inBrowser, addUser, logIn } = await startApi(t)
  const session = logIn(addUser('ana'))
  const headers = { authorization: 'token dead', 'sec-fetch-mode': 'cors' }
  t.match(await inBrowser(session)('GET', '/hub/api/user', undefined, headers), { status: 200 })
  t.match(await inBrowser(session, '')('GET', '/hub/api/user', undefined, headers), { status: 403 })
})

t.test('names in the path are found however they are written (§9.13)', async (t) => {
  const { as, addUser } = await startApi(t)
  const admin = as(addUser('admin'))
  for (const name of ['has@x', 'has~x', 'has%x', 'has%40x', 'with space', '秀樹']) {
    addUser(name)
    const answer = await admin('GET', `/hub/api/users/${encodeURIComponent(name)}`)
    t.match(answer, { status: 200, json: { name } }, name)
  }
  t.match(await admin('GET', '/hub/api/users/ADMIN'), { status: 200, json: { name: 'admin' } })
})
