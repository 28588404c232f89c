import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { Type } from 'typebox'

const plugins = { auth: { native: Type.Object({}) }, spawner: { process: Type.Object({}) } }
const load = (env: Record<string, string>) => loadConfig({ env, flags: {} }, plugins)

t.test('nothing is declared unless somebody does', async (t) => {
  const { groups, roles, custom_scopes, services, admin_users } = load({})
  t.same(
    { groups, roles, custom_scopes, services, admin_users },
    {
      ...{ groups: {}, roles: [], custom_scopes: {}, services: [], admin_users: [] },
    },
  )
})

t.test('an entry is complete but for what it may leave out', async (t) => {
  const { groups, roles, services } = load({
    LITTLEHUB_GROUPS: '{"staff": {}, "class": {"properties": {"a": null}}}',
    LITTLEHUB_ROLES: '[{"name": "teacher", "users": []}]',
    LITTLEHUB_SERVICES: '[{"name": "grader", "timeout": "1m"}]',
  })
  t.strictSame(groups, { staff: { users: [] }, class: { users: [], properties: { a: null } } })
  t.strictSame(roles, [{ name: 'teacher', users: [] }])
  t.match(services, [{ name: 'grader', timeout: 60_000, access: 'public', display: true, url: '' }])
})

t.test('an access that is neither of the two is refused with both', async (t) => {
  t.throws(() => load({ LITTLEHUB_SERVICES: '[{"name": "a", "access": "all"}]' }), {
    message: /expected one of public, members, found 'all'/,
  })
})
