/** The page on which a person lets a program act for them. */
import t from 'tap'
import { startPages, wordsOf, type TestPages } from '../../support/pages.ts'

async function startServerOf({ context }: TestPages, name: string): Promise<void> {
  const user = context.store.users.getByName(name)
  const server = context.store.servers.findByName(user.id, '')
  if (server) await context.servers.start(server)
}

const asking = (user: string): string =>
  `/hub/api/oauth2/authorize?${new URLSearchParams({
    client_id: `jupyterhub-user-${user}`,
    redirect_uri: `/user/${user}/oauth_callback`,
    response_type: 'code',
    state: 'a state',
  }).toString()}`

t.test('the owner of a server is led through without being asked', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  await startServerOf(pages, 'ana')
  const ana = await pages.browser('ana')
  const page = await ana.send(asking('ana'), { stay: true })
  t.equal(page.status, 302)
  t.match(page.headers.location, /^\/user\/ana\/oauth_callback\?code=[\w-]+&state=a(\+|%20)state$/)
})

t.test('a stranger logs in first and comes back', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const page = await (await pages.browser()).send(asking('ana'), { stay: true })
  t.equal(
    page.headers.location,
    `/hub/login?${new URLSearchParams({ next: asking('ana') }).toString()}`,
  )
})

t.test('an administrator who opens the server of another is asked', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  await startServerOf(pages, 'ana')
  const admin = await pages.browser('admin')
  const page = await admin.open(asking('ana'))
  t.equal(page.status, 200)
  t.match(wordsOf(page), /Allow access\?/)
  const token = admin.cookies.get('_xsrf')?.value ?? ''
  const without = await admin.send(asking('ana'), { method: 'POST', body: '', stay: true })
  t.equal(without.status, 403)
  const allowed = await admin.send(asking('ana'), {
    method: 'POST',
    body: `_xsrf=${token}`,
    stay: true,
  })
  t.match(allowed.headers.location, /^\/user\/ana\/oauth_callback\?code=/)
})

t.test('a service gets what the person leaves it, and always who they are (§9.107)', async (t) => {
  const pages = await startPages(t, { users: ['admin'] })
  const { context } = pages
  const apiToken = 'the secret of the dashboard'
  const oauthClientAllowedScopes = ['read:servers!user', 'read:groups']
  context.services.declare([{ name: 'board', command: [], apiToken, oauthClientAllowedScopes }])
  const admin = await pages.browser('admin')
  const client = { client_id: 'service-board', response_type: 'code' }
  const address = `/hub/api/oauth2/authorize?${new URLSearchParams(client).toString()}`
  const page = await admin.open(address)
  const offered = [...page.text.matchAll(/name="scopes" value="([^"]*)"/g)].map(([, name]) => name)
  const always = [
    'access:services!service=board',
    'read:users:groups!user=admin',
    'read:users:name!user=admin',
  ]
  t.same(offered.sort(), [...always, 'read:groups', 'read:servers!user=admin'].sort())

  const grantedFor = async (scopes: readonly string[]): Promise<string> => {
    const token = admin.cookies.get('_xsrf')?.value ?? ''
    const body = new URLSearchParams({ _xsrf: token })
    for (const scope of scopes) body.append('scopes', scope)
    const sent = { method: 'POST', body: body.toString(), stay: true }
    const { location = '' } = (await admin.send(address, sent)).headers
    const code = new URL(location, 'http://hub').searchParams.get('code') ?? ''
    const form = { client_id: 'service-board', client_secret: apiToken, code }
    const grant = new URLSearchParams({ ...form, grant_type: 'authorization_code' })
    return context.oauthProvider.exchange(grant).scope
  }
  t.equal(await grantedFor([]), always.join(' '))
  t.equal(
    await grantedFor(['admin:users', 'read:groups']),
    `${[always[0], 'read:groups'].join(' ')} ${always.slice(1).join(' ')}`,
  )
})

t.test('the form of the consent page may lead to the client, and nowhere else', async (t) => {
  const pages = await startPages(t, { users: ['admin'] })
  pages.context.services.declare([
    { name: 'near', command: [], oauthClientAllowedScopes: ['read:groups'] },
    { name: 'far', command: [], oauthRedirectUri: 'https://far.test:8443/callback?a=b' },
  ])
  const admin = await pages.browser('admin')
  const policyOf = async (name: string): Promise<string> => {
    const client = new URLSearchParams({ client_id: `service-${name}`, response_type: 'code' })
    const page = await admin.open(`/hub/api/oauth2/authorize?${client.toString()}`)
    t.match(wordsOf(page), /Allow access\?/)
    return String(page.headers['content-security-policy'])
  }
  t.match(await policyOf('near'), /form-action 'self';/)
  t.match(await policyOf('far'), /form-action 'self' https:\/\/far\.test:8443;/)
})

t.test('a client that nobody knows is refused on a page, never by a redirect', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  for (const query of ['', '?client_id=x&redirect_uri=https://evil.example/&response_type=code']) {
    const page = await ana.send(`/hub/api/oauth2/authorize${query}`, { stay: true })
    t.equal(page.status, 400)
    t.match(page.headers['content-type'], /text\/html/)
  }
})
