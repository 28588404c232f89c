/** The token page: make, list and revoke tokens, and the programs that act for somebody. */
import t from 'tap'
import { type Browser, type Page } from '../../support/browser.ts'
import { startPages, wordsOf, type TestPages } from '../../support/pages.ts'

const make = async (browser: Browser, fields: Record<string, string>): Promise<Page> =>
  browser.submit(await browser.open('/hub/token'), /name="note"/, fields)

const secretIn = ({ text }: Page): string =>
  /data-copy="the token">([\w-]{43})</.exec(text)?.[1] ?? ''

const identify = ({ context }: TestPages, secret: string) =>
  context.access.identify({ authorization: `token ${secret}` })

t.test('a token is shown once, works, is listed without its secret, and is revoked', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const made = await make(ana, { note: 'laptop', expires_in: '3600', scopes: '' })
  const secret = secretIn(made)
  t.equal(identify(pages, secret)?.user.name, 'ana')
  const list = await ana.open('/hub/token')
  t.match(wordsOf(list), /laptop ?Made just now, used just now|laptop ?Made just now, never used/)
  t.match(wordsOf(list), /expires in (59 minutes|an hour)/)
  t.notMatch(list.text, secret)
  const revoked = await ana.submit(list, /token\/\d+\/revoke/)
  t.match(wordsOf(revoked), /The token is revoked/)
  t.equal(identify(pages, secret), undefined)
})

t.test(
  'a token without a note says where it comes from, and may do all its owner may',
  async (t) => {
    const pages = await startPages(t, { users: ['ana'] })
    const ana = await pages.browser('ana')
    const principal = identify(pages, secretIn(await make(ana, { note: ' ', expires_in: '' })))
    t.ok(principal && pages.context.access.can(principal, 'servers', { user: 'ana' }))
    t.match(wordsOf(await ana.open('/hub/token')), /Requested via token page.*does not expire/)
  },
)

t.test(
  '§9.32 §9.33: scopes are split on spaces and commas; what is not held is refused',
  async (t) => {
    const pages = await startPages(t, { users: ['ana'] })
    const ana = await pages.browser('ana')
    const narrow = await make(ana, {
      scopes: 'read:users!user, users:activity!user',
      expires_in: '',
    })
    const [token] = pages.context.store.tokens.listOf(1, pages.context.clock.now())
    t.same(token?.scopes, ['read:users!user', 'users:activity!user'])
    t.ok(secretIn(narrow))
    const refused = await make(ana, { note: 'kept', scopes: 'admin:users', expires_in: '' })
    t.equal(refused.status, 400)
    t.match(wordsOf(refused), /not held by/)
    t.match(refused.text, /value="kept"/)
    t.match(refused.text, /value="admin:users"/)
    t.match(wordsOf(await make(ana, { scopes: 'nonsense' })), /does not exist/)
  },
)

t.test('§9.34: nothing lasts longer than the cap, whatever a form says', async (t) => {
  const pages = await startPages(t, { users: ['ana'], settings: { 'tokens.max_age': '36h' } })
  const ana = await pages.browser('ana')
  const page = await ana.open('/hub/token')
  const options = [...page.text.matchAll(/<option value="(\d*)"/g)].map(([, value]) => value)
  t.same(options, ['3600', '86400', '129600'])
  t.match(wordsOf(page), /Longest \(36 hours\)/)
  for (const expires_in of ['', '604800', '-1', 'x']) {
    const refused = await make(ana, { expires_in })
    t.equal(refused.status, 400, expires_in)
    t.match(wordsOf(refused), /Choose from the list/)
  }
  t.same(pages.context.store.tokens.listOf(1, pages.context.clock.now()), [])
})

t.test('§9.37: programs are listed once each, and lose all their tokens at once', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const { store, tokens } = pages.context
  const client = { id: 'service-x', redirectUri: '/x', allowedScopes: [], serverId: undefined }
  store.oauthProvider.saveClient({ ...client, secretHash: 'x', description: 'The grader' })
  const request = { user: store.users.getByName('ana'), clientId: 'service-x', scopes: [] }
  const own = { ...request, sessionPublicId: undefined, expiresInSeconds: 1000 }
  const secrets = [tokens.issueForClient(own).secret, tokens.issueForClient(own).secret]
  const ana = await pages.browser('ana')
  const page = await ana.open('/hub/token')
  t.match(wordsOf(page), /The grader Since just now, never used, 2 tokens/)
  t.equal(page.text.match(/apps\/revoke/g)?.length, 1)
  t.match(wordsOf(await ana.submit(page, /apps\/revoke/)), /has lost its access/)
  for (const secret of secrets) t.equal(identify(pages, secret), undefined)
})

t.test('nobody revokes what is not theirs, nor a program by the door of tokens', async (t) => {
  const pages = await startPages(t, { users: ['ana', 'ben'] })
  const { store, tokens } = pages.context
  const { token } = tokens.issue({ user: store.users.getByName('ana'), note: 'hers' })
  const ben = await pages.browser('ben')
  const body = `_xsrf=${ben.cookies.get('_xsrf')?.value ?? ''}`
  for (const id of [String(token.id), '0', '99', 'x', '1e3'])
    t.equal((await ben.send(`/hub/token/${id}/revoke`, { method: 'POST', body })).status, 404)
  const app = await ben.send('/hub/token/apps/revoke', { method: 'POST', body })
  t.equal(app.status, 404)
  t.ok(store.tokens.find(token.id))
})

t.test('a form that is too old is shown again with what was typed', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const page = await make(ana, { note: 'kept', _xsrf: 'old' })
  t.equal(page.status, 403)
  t.match(wordsOf(page), /This form has expired/)
  t.match(page.text, /value="kept"/)
})
