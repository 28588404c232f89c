/** S-56: without credentials nothing of the API answers but what declares that it is for anybody, however it is spelt. */
import t from 'tap'
import { forAnybody, startApi } from '../support/api.ts'

const spellings: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => `${path}/`,
  (path) => `${path}//`,
  (path) => `/${path}`,
  (path) => path.replace('/hub/', '//hub/'),
  (path) => path.replace('/hub/', '/hub//'),
  (path) => path.replace('/api/', '/api//'),
  (path) => path.replace('/api/', '/api/./'),
  (path) => path.replace('/api/', '/api/x/../'),
  (path) => path.replace('/api/', '/api/%2e/'),
  (path) => path.replace('/api/', '/api/x/%2e%2e/'),
  (path) => path.replace('/api/', '/api%2f'),
  (path) => path.replace('/api/', '/api%5c'),
  (path) => path.replace('/api/', '/api;x/'),
  (path) => path.replace('api', '%61pi'),
  (path) => path.replace('hub', '%68ub'),
  (path) => path.replace('users', 'user%73'),
  (path) => path.replace('users', 'USERS'),
  (path) => path.replace('user', '%75ser'),
  (path) => path.replace('hub', 'HUB'),
  (path) => `${path};jsessionid=1`,
  (path) => `${path}%00`,
  (path) => `${path}%20`,
  (path) => `${path}.json`,
  (path) => `${path}?x=/hub/api/health`,
  (path) => `${path}?scope=anyone`,
  (path) => `${path}%3f`,
  (path) => `${path}%23`,
  (path) => `${path}/..`,
  (path) => `/hub/api/health/..${path.slice('/hub/api'.length)}`,
  (path) => `/hub/api/health${path}`,
]

t.test('every route in thirty spellings, without credentials', async (t) => {
  const api = await startApi(t)
  api.addUser('ana')
  api.addUser('admin')
  const guarded = api.routes.filter(({ path }) => !forAnybody.has(path))
  t.ok(guarded.length > 15, 'the routes were found')
  const before = api.context.store.users.count()
  for (const { method, path } of guarded) {
    const concrete = path.replace(':name', 'ana').replace(':server', 'lab').replace(':id', 'a1')
    const open: string[] = []
    for (const spell of spellings) {
      const { status } = await api.nobody(
        method,
        spell(concrete),
        method === 'POST' ? '{}' : undefined,
      )
      if (![400, 403, 404, 405].includes(status)) open.push(`${spell(concrete)} ${status}`)
    }
    t.same(open, [], `${method} ${path}`)
  }
  t.equal(api.context.store.users.count(), before)
  t.same(api.spawner.programs(), [])
})

t.test('what is for anybody tells nothing about anybody', async (t) => {
  const { nobody, addUser } = await startApi(t)
  addUser('ana')
  for (const path of ['/hub/api', '/hub/api/health', '/hub/api/nothing'])
    t.notMatch((await nobody('GET', path)).text, /ana/)
})
