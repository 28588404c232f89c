/** What others share with somebody, and giving it back (contract §3.10). */
import t from 'tap'
import { startApi } from '../support/api.ts'

t.test('somebody sees what is shared with them and their groups, and gives it back', async (t) => {
  const { as, addUser } = await startApi(t)
  for (const name of ['ana', 'cleo']) addUser(name)
  const bob = as(addUser('bob'))
  const admin = as(addUser('admin'))
  await admin('POST', '/hub/api/groups/course', { users: ['bob'] })
  await admin('POST', '/hub/api/shares/ana/', { user: 'bob' })
  await admin('POST', '/hub/api/shares/cleo/', { group: 'course' })
  const shared = '/hub/api/users/bob/shared'
  t.match((await bob('GET', shared)).json, {
    items: [
      { kind: 'user', server: { user: { name: 'ana' } } },
      { kind: 'group', server: { user: { name: 'cleo' } } },
    ],
    _pagination: { total: 2, next: null },
  })
  t.match(await bob('GET', `${shared}/ana/`), { status: 200, json: { user: { name: 'bob' } } })
  t.equal((await bob('GET', `${shared}/cleo/`)).status, 404, 'only what is shared directly')
  t.equal((await bob('GET', '/hub/api/users/ana/shared')).status, 404, 'somebody else’s')
  t.equal((await bob('GET', '/hub/api/groups/course/shared')).status, 403)
  t.equal((await bob('DELETE', `${shared}/ana/`)).status, 204)
  t.equal((await bob('DELETE', `${shared}/ana/`)).status, 404)

  const ofGroup = '/hub/api/groups/course/shared'
  t.match((await admin('GET', ofGroup)).json, { items: [{ kind: 'group' }] })
  t.equal((await admin('GET', `${ofGroup}/cleo/`)).status, 200)
  t.equal((await admin('DELETE', `${ofGroup}/cleo/`)).status, 204)
  t.match((await bob('GET', shared)).json, { items: [], _pagination: { total: 0 } })
})
