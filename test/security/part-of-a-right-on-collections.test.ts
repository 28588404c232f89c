/** S-10: a right about some users opens no route about all of them. */
import t from 'tap'
import { startApi } from '../support/api.ts'

t.test('filtered scopes on every changing route without a name in it', async (t) => {
  const api = await startApi(t)
  const admin = api.addUser('admin')
  api.addUser('ana')
  const staff = api.as(admin, [
    'admin:users!user=ana',
    'admin:users!group=course',
    'shutdown!user=ana',
    'read:hub!user=ana',
  ])
  const collections = api.routes.filter(
    ({ method, path }) =>
      !path.includes(':') &&
      !['GET', 'HEAD', 'OPTIONS'].includes(method) &&
      !path.includes('oauth2') &&
      // Nothing is done there for anybody.
      !path.includes('/authorizations/'),
  )
  t.ok(collections.length >= 2, 'the routes were found')
  for (const { method, path } of collections) {
    const { status } = await staff(method, path, { usernames: ['eve'] })
    t.equal(status, 403, `${method} ${path}`)
  }
  t.equal((await staff('GET', '/hub/api/info')).status, 403)
  t.equal(api.context.store.users.findByName('eve'), undefined)
  t.same(api.stops, [])
})

t.test('a list shows no more than the right is about', async (t) => {
  const api = await startApi(t)
  const admin = api.addUser('admin')
  for (const name of ['ana', 'bob']) api.addUser(name)
  const list = async (scopes: string[], query = ''): Promise<unknown> =>
    (await api.as(admin, scopes)('GET', `/hub/api/users${query}`)).json
  t.match(await list(['list:users!user=ana']), [{ name: 'ana' }])
  t.same(await list(['list:users!user=ana'], '?name_filter=bob'), [])
  t.same(await list(['list:users!user=ana'], '?offset=1'), [])
  t.same(await list(['list:users!group=course']), [])
})
