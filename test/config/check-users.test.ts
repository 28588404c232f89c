import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { pluginSchemas } from '../../src/context.ts'

const load = (flags: Record<string, string>) => loadConfig({ env: {}, flags }, pluginSchemas)

t.test('administrators may be named under either name', (t) => {
  t.same(load({ admin_users: 'ana', 'users.admin': 'ana,ben' }).admin_users, ['ana', 'ben'])
  t.end()
})

t.test('nobody blocks an administrator, or a name that nobody can have', (t) => {
  const message = /users\.blocked\[1\]: is an administrator/
  t.throws(() => load({ admin_users: 'Ana', 'users.blocked': 'eve,ana' }), { message })
  t.throws(() => load({ 'users.admin': 'ana', 'users.blocked': 'eve,ana' }), { message })
  t.throws(() => load({ 'users.allowed': 'a/b' }), { message: /users\.allowed\[0\].*slash/ })
  t.end()
})
