import t from 'tap'
import { at, later, openStore, scansAbout } from '../support/store.ts'

const grader = {
  name: 'grader',
  admin: true,
  url: 'http://127.0.0.1:9000',
  command: ['grader', '--fast'],
  info: { contact: { mail: 'staff' } },
  display: false,
  access: 'members',
  fromConfig: true,
  createdAt: at,
} as const

t.test('a service comes back as it was written', async (t) => {
  const { services } = openStore(t)
  const saved = services.save(grader)
  t.same(saved, { ...grader, id: 1 })
  t.same(services.find(1), saved)
  t.same(services.getByName('grader'), saved)
  t.throws(() => services.getByName('other'), { code: 'NotFound', message: /'other'/ })
})

t.test('a service that is written anew stays the same one', async (t) => {
  const { services, roles } = openStore(t)
  const { id } = services.save(grader)
  const role = roles.save({ name: 'auto', description: '', scopes: [] }, { fromConfig: true })
  roles.assign(role.id, { kind: 'service', id })
  const changed = {
    ...grader,
    url: undefined,
    command: [],
    access: 'public',
    admin: false,
  } as const
  const again = services.save({ ...changed, createdAt: later(1000) })
  t.same(again, { ...changed, id })
  t.equal(roles.listOf({ kind: 'service', id }).length, 1)
  services.setAdmin(id, true)
  t.equal(services.find(id)?.admin, true)
})

t.test('services are listed by name, and gone when removed', async (t) => {
  const { services } = openStore(t)
  for (const name of ['b', 'a']) services.save({ ...grader, name })
  t.same(
    services.list().map(({ name }) => name),
    ['a', 'b'],
  )
  services.remove(services.getByName('a').id)
  t.equal(services.findByName('a'), undefined)
})

t.test('an access that is neither of the two is refused', async (t) => {
  const { services } = openStore(t)
  t.throws(() => services.save({ ...grader, access: 'anybody' as 'public' }), /CHECK/)
})

t.test('only what lists all services reads all services', async (t) => {
  const { database } = openStore(t)
  t.same(scansAbout(database, 'services'), ['select * from services order by name'])
})
