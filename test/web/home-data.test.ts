/** What home shows of the servers of others. */
import t from 'tap'
import { allowSharing } from '../support/sharing.ts'
import { startPages, wordsOf } from '../support/pages.ts'

t.test('a server that is shared in two ways is on home once, and opens when it runs', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana', 'ben'] })
  const { store, groups, servers } = pages.context
  allowSharing(pages.context, 'ana')
  groups.createMany(['class-a'], ['ben', 'ana'])
  const ana = await pages.browser('ana')
  const form = await ana.open('/hub/share/ana')
  await ana.submit(form, /id="user"/, { user: 'ben' })
  await ana.submit(form, /id="group"/, { group: 'class-a' })
  const server = store.servers.findByName(store.users.getByName('ana').id, '')
  if (server) await servers.start(server)
  const home = await (await pages.browser('ben')).open('/hub/home')
  t.match(wordsOf(home), /Shared with you 1 ana Through the group class-a\. Running\. Open/)
  t.match(home.text, /href="\/user\/ana\/"/)
  t.notMatch(wordsOf(await ana.open('/hub/home')), /Shared with you/, 'nobody is shown their own')
})

t.test('whoever may start a shared server is offered it', async (t) => {
  const pages = await startPages(t, { users: ['ana', 'ben'] })
  const { store, shares } = pages.context
  const { id } = store.users.getByName('ben')
  const name = { userName: 'ana', name: '' }
  const scopes = ['access:servers', 'servers']
  const issuer = { has: () => true, holdsAny: () => true, list: () => [] }
  shares.grant(name, { with: { user: 'ben' }, scopes, issuer: issuer as never })
  t.equal(store.shares.countWithUser(id, new Date()), 1)
  const ben = await pages.browser('ben')
  const page = await ben.submit(await ben.open('/hub/home'), /spawn\/ana"/)
  t.match(page.address, /^\/user\/ana\//)
})
