/** Groups in the administration. */
import t from 'tap'
import { startPages, wordsOf } from '../../support/pages.ts'

t.test('§9.127: a group is made, filled, described and deleted', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana', 'ben'] })
  const { store } = pages.context
  const admin = await pages.browser('admin')
  t.match(wordsOf(await admin.open('/hub/admin/groups')), /There are no groups yet/)
  const group = await admin.submit(await admin.open('/hub/admin/groups'), /name="name"/, {
    name: 'Class <A>',
  })
  t.match(group.address, /^\/hub\/admin\/groups\/\d+$/)
  const filled = await admin.submit(group, /\/members"/, { names: 'ana\r\nBEN, ana' })
  t.match(wordsOf(filled), /They are in the group.*Members 2 ana ?Remove ana ben ?Remove ben/)
  const less = await admin.submit(filled, /value="ana"/)
  t.match(wordsOf(less), /Members 1 ben/)
  const saved = await admin.submit(less, /\/properties"/, { properties: ' {"memory": "2G"} ' })
  t.match(wordsOf(saved), /The properties are saved/)
  t.same(store.groups.getByName('Class <A>').properties, { memory: '2G' })
  t.match(wordsOf(await admin.open('/hub/admin/groups')), /Class <A> ?1 member, 1 property/)
  const asked = await admin.open(`${group.address}/delete`)
  t.match(wordsOf(await admin.submit(asked, /delete/)), /The group is deleted/)
  t.equal(store.groups.count(), 0)
  t.equal(store.users.count(), 3)
  t.equal((await admin.open(group.address)).status, 404)
})

t.test('§9.127 §9.128: what is refused is shown again as it was typed', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const { store, groups } = pages.context
  groups.createMany(['a'])
  const admin = await pages.browser('admin')
  const list = await admin.open('/hub/admin/groups')
  for (const [name, status] of [
    ['', 400],
    ['a', 409],
    ['x/y', 400],
  ] as const)
    t.equal((await admin.submit(list, /name="name"/, { name })).status, status, name)
  const group = await admin.open('/hub/admin/groups/1')
  const unknown = await admin.submit(group, /\/members"/, { names: 'ana\nzoe' })
  t.equal(unknown.status, 400)
  t.match(unknown.text, />ana\nzoe<\/textarea>/)
  t.match(wordsOf(unknown), /No such user: zoe/)
  t.same(store.groups.listMembers(1), [])
  for (const properties of ['{"a": }', '[1]', '"x"', '1', 'null']) {
    const page = await admin.submit(group, /\/properties"/, { properties })
    t.equal(page.status, 400, properties)
    t.match(wordsOf(page), /This is not JSON|must be a JSON object/, properties)
    t.match(page.text, `>${properties.replaceAll('"', '&quot;')}</textarea>`)
  }
  t.equal((await admin.submit(group, /\/members"/, { names: 'ana', _xsrf: 'old' })).status, 403)
})

t.test('nobody else sees or changes groups; whoever reads one group sees that one', async (t) => {
  const pages = await startPages(t, { users: ['admin', 'ana'] })
  const { store, groups, access } = pages.context
  groups.createMany(['a', 'b'])
  const ana = await pages.browser('ana')
  for (const path of ['', '/1', '/1/delete'])
    t.equal((await ana.open(`/hub/admin/groups${path}`)).status, 403, path)
  const role = { name: 'tutor', description: '', scopes: ['read:groups!group=a'] }
  const { id } = store.users.getByName('ana')
  store.roles.assign(store.roles.save(role, { fromConfig: true }).id, { kind: 'user', id })
  access.forget(id)
  const page = await ana.open('/hub/admin/groups/1')
  t.equal(page.status, 200)
  t.match(page.text, /<textarea id="properties"[^>]* readonly/)
  t.notMatch(page.text, /action="[^"]*\/(members|remove|delete)"/)
  t.equal((await ana.open('/hub/admin/groups/2')).status, 404)
  const body = `names=ana&name=x&properties={}&_xsrf=${ana.cookies.get('_xsrf')?.value ?? ''}`
  for (const path of ['', '/1/members', '/1/remove', '/1/properties', '/1/delete'])
    t.equal(
      (await ana.send(`/hub/admin/groups${path}`, { method: 'POST', body })).status,
      403,
      path,
    )
  t.same(store.groups.listMembers(1), [])
})

t.test('a long list comes page by page', async (t) => {
  const pages = await startPages(t, { users: ['admin'] })
  pages.context.groups.createMany(Array.from({ length: 51 }, (_, index) => `group ${index}`))
  const admin = await pages.browser('admin')
  const first = await admin.open('/hub/admin/groups')
  t.match(wordsOf(first), /1–50 of 51 Next/)
  t.match(wordsOf(await admin.open('/hub/admin/groups?page=2')), /group 50.*51–51 of 51 Previous/)
  t.match(wordsOf(await admin.open('/hub/admin/groups?page=99')), /51–51 of 51/)
})

t.test(
  'a teacher starts the servers of a group, sees how far they are, and stops them',
  async (t) => {
    const settings = { 'spawner.active_server_limit': '2' }
    const pages = await startPages(t, { users: ['admin', 'ana', 'ben', 'cleo'], settings })
    const { store, groups } = pages.context
    groups.createMany(['class'], ['ana', 'ben'])
    const admin = await pages.browser('admin')
    const group = await admin.open('/hub/admin/groups/1')
    t.match(wordsOf(group), /Servers 0 running, 2 stopped/)
    const started = await admin.submit(group, /\/start"/)
    t.match(wordsOf(started), /Servers start in the background/)
    t.equal(store.servers.countActive(), 2)
    const asked = await admin.open('/hub/admin/groups/1/stop')
    t.match(wordsOf(asked), /Stop the servers of everybody in class\?/)
    await admin.submit(asked, /\/stop"/)
    t.equal(store.servers.countActive(), 0)
    groups.addUsers({ ...store.groups.getByName('class') }, ['cleo'])
    const refused = await admin.submit(await admin.open('/hub/admin/groups/1'), /\/start"/)
    t.match(wordsOf(refused), /Not all of them start. cleo: Active user limit exceeded/)
    const ana = await pages.browser('ana')
    for (const verb of ['start', 'stop'])
      t.not((await ana.open(`/hub/admin/groups/1/${verb}`)).status, 200)
  },
)
