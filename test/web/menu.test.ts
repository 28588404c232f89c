/** The menu of services and the parts of the administration. */
import t from 'tap'
import { serviceOf } from '../support/services.ts'
import { startPages, type TestPages } from '../support/pages.ts'

const give = ({ context }: TestPages, userName: string, scopes: string[]): void => {
  const role = { name: 'given', description: '', scopes }
  const { id } = context.store.users.getByName(userName)
  const stored = context.store.roles.save(role, { fromConfig: true })
  context.store.roles.assign(stored.id, { kind: 'user', id })
  context.access.forget(id)
}

t.test('§9.97: the menu has what is displayed, has an address, and may be opened', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana', 'ben'] })
  const { services } = pages.context.store
  const url = 'http://127.0.0.1:9000'
  services.save(serviceOf('board', { url }))
  services.save(serviceOf('grader', { url }))
  services.save(serviceOf('hidden', { url, display: false }))
  services.save(serviceOf('robot'))
  give(pages, 'ana', ['access:services!service=board', 'access:services!service=hidden'])
  const menuOf = async (name: string): Promise<string[]> => {
    const { text } = await (await pages.browser(name)).open('/hub/home')
    return [...text.matchAll(/href="\/services\/(\w+)\/"/g)].map(([, found]) => found ?? '')
  }
  t.same(await menuOf('ana'), ['board'])
  t.same(await menuOf('admin'), ['board', 'grader'])
  t.same(await menuOf('ben'), [])
  t.notMatch((await (await pages.browser('ben')).open('/hub/home')).text, />Services</)
})

t.test('§9.86: `admin-ui` opens the page and shows nobody; each part wants its own', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const ana = await pages.browser('ana')
  t.equal((await ana.open('/hub/admin')).status, 403)
  give(pages, 'ana', ['admin-ui'])
  const page = await ana.open('/hub/admin')
  t.equal(page.status, 200)
  t.match(page.text, /does not let you list the people/)
  t.notMatch(page.text, />admin</, 'no name of anybody')
  t.notMatch(page.text, /admin\/(groups|services|users)/)
})
